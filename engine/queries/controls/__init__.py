"""Controls: what always holds, how often it applied, and every time that it did not.

`running.py` runs them, `control.py` says what one is; each subject has a module with its own.  A
newcomer would take a control without exceptions for a proof: it says what was looked for, in what,
when and by which version.
"""

from engine.queries.controls import closing, handling, releases
from engine.queries.controls.control import Control

CONTROLS: tuple[Control, ...] = (*closing.CONTROLS, *handling.CONTROLS, *releases.CONTROLS)
