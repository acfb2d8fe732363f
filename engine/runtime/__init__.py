"""The only importer of SpiffWorkflow: parse, advance, cut the past, snapshot.

No database and no clock here: a run goes in as bytes with `now`, and comes out as bytes.
"""

from engine.runtime.advance import advance, start
from engine.runtime.specs import Specs, content_hash
from engine.runtime.values import Advanced, Answered, Passage, Waiting

__all__ = [
    "Advanced",
    "Answered",
    "Passage",
    "Specs",
    "Waiting",
    "advance",
    "content_hash",
    "start",
]
