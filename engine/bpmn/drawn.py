"""Where things stand in a drawing.  What cannot be read as a number stands nowhere."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DD = "http://www.omg.org/spec/DD/20100524/DI"
Box = tuple[float, float, float, float]
Bends = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """By the id of what they show: boxes (x, y, width, height), and the bends of lines."""

    boxes: Mapping[str, Box]
    lines: Mapping[str, Bends]


def read_drawn(root: etree._Element) -> Drawn:
    """Return what the first drawing of a file shows, and where."""
    boxes: dict[str, Box] = {}
    for shape in root.iter(f"{{{_DI}}}BPMNShape"):
        for bounds in shape.iterchildren(f"{{{_DC}}}Bounds"):
            x, y, width, height = (_number(bounds, key) for key in ("x", "y", "width", "height"))
            boxes.setdefault(shape.get("bpmnElement", ""), (x, y, width, height))
    lines: dict[str, Bends] = {}
    for edge in root.iter(f"{{{_DI}}}BPMNEdge"):
        bends = edge.iterchildren(f"{{{_DD}}}waypoint")
        lines.setdefault(
            edge.get("bpmnElement", ""),
            tuple((_number(one, "x"), _number(one, "y")) for one in bends),
        )
    return Drawn(boxes, lines)


def moved_boxes(before: Drawn, after: Drawn) -> frozenset[str]:
    """Return what is in both and stands elsewhere; a drawing that was dragged whole has not moved.

    A box that only got larger where it stands is moved, too.
    """
    both = before.boxes.keys() & after.boxes.keys()
    changed = {one for one in both if before.boxes[one] != after.boxes[one]}
    shifts = Counter(_shift(before.boxes[one], after.boxes[one]) for one in both)
    if len(shifts) == 1 and None not in shifts:
        return frozenset()
    return frozenset(changed)


def moved_lines(before: Drawn, after: Drawn) -> frozenset[str]:
    """Return the lines in both that run another way, relative to where they begin."""
    both = before.lines.keys() & after.lines.keys()
    return frozenset(one for one in both if _way(before.lines[one]) != _way(after.lines[one]))


def _shift(before: Box, after: Box) -> tuple[float, float] | None:
    """Return how far a box was moved; None if its size is another."""
    if before[2:] != after[2:]:
        return None
    return round(after[0] - before[0], 2), round(after[1] - before[1], 2)


def _way(bends: Bends) -> Bends:
    if not bends:
        return ()
    x, y = bends[0]
    return tuple((round(one - x, 2), round(other - y, 2)) for one, other in bends)


def _number(node: etree._Element, key: str) -> float:
    try:
        found = float(node.get(key, "0")[:40])
    except ValueError:
        return 0.0
    return round(found, 2) if math.isfinite(found) and abs(found) < 1e9 else 0.0
