"""The demonstration: people, business processes, and incidents at every stage.

Everything happens through the real use cases, with a clock that was turned back: the ledgers and
the records are what they would be.
"""

from api.demo.furnishing import PASSWORD, SIGN_INS, furnish, link_of_somebody

__all__ = ["PASSWORD", "SIGN_INS", "furnish", "link_of_somebody"]
