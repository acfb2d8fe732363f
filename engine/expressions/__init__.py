"""The one language of diagrams: expressions over process data and facts, and nothing else.

A newcomer would reach for `eval`: a diagram editor must not be a remote shell.  Text is parsed
once, checked against an allow-list and kept; `language` says what is allowed, `evaluation`
computes it, `names` says which names nobody may take.
"""

from engine.expressions.evaluation import evaluate, execute
from engine.expressions.language import Expression, Script, expression, script
from engine.expressions.names import FACTS, FUNCTIONS, is_reserved

__all__ = [
    "FACTS",
    "FUNCTIONS",
    "Expression",
    "Script",
    "evaluate",
    "execute",
    "expression",
    "is_reserved",
    "script",
]
