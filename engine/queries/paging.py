"""Pages of a long list: by where the last one ended, so that page 1,000 costs what page 1 costs.

A cursor is opaque to whoever sends it back, and it grants nothing: it only says where to go on.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.errors import InvalidAnswers
from engine.language import say

MOST = 200


@dataclass(frozen=True)
class Page:
    """At most `size` lines (1 to 200) after the cursor `after`; None begins at the first."""

    size: int = 50
    after: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MOST:
            raise InvalidAnswers({"size": say("A page has 1 to %(most)s lines.", most=MOST)})


FIRST = Page()


def cursor(*places: object) -> str:
    """Return the cursor that stands behind the line with these values of its order."""
    texts = [at.isoformat() if isinstance(at, datetime) else str(at) for at in places]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def place_of(after: str, shapes: Sequence[Callable[[str], Any]]) -> list[Any]:
    """Return the values that `cursor` was made of, each read by its shape.

    Raises InvalidAnswers for anything that `cursor` has not made.
    """
    try:
        texts = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        return [shape(text) for shape, text in zip(shapes, texts, strict=True)]
    except (ValueError, TypeError, binascii.Error) as error:
        raise InvalidAnswers(
            {"after": say("There is no such page; start from the first.")}
        ) from error
