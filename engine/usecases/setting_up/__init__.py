"""Setting up: an organisation's people, teams, business processes, customers and calendars.

A newcomer would change a row: every change goes through `save`, which keeps who changed what.
"""

from engine.usecases.setting_up.inviting import choose_password, first_person
from engine.usecases.setting_up.saving import require_to_set_up, save

__all__ = ["choose_password", "first_person", "require_to_set_up", "save"]
