"""Diagrams made up to be measured: some that grow, and some that mean harm."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

_HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'


def _process(*parts: str) -> bytes:
    body = "".join(parts)
    return f'{_HEAD}<process id="made" isExecutable="true">{body}</process></definitions>'.encode()


def _nodes(tag: str, *names: str) -> str:
    return "".join(f'<{tag} id="{name}"/>' for name in names)


def _row(*names: str) -> str:
    return "".join(
        f'<sequenceFlow id="{one}_{other}" sourceRef="{one}" targetRef="{other}"/>'
        for one, other in pairwise(names)
    )


def branches(count: int, length: int) -> bytes:
    """Return a process of so many parallel branches, each of so many tasks in a row."""
    rows = [[f"task_{one}_{place}" for place in range(length)] for one in range(count)]
    return _process(
        _nodes("startEvent", "begin"),
        _nodes("endEvent", "over"),
        _nodes("parallelGateway", "split", "join"),
        *(_nodes("userTask", *row) + _row("split", *row, "join") for row in rows),
        _row("begin", "split"),
        _row("join", "over"),
    )


def blocks(count: int) -> bytes:
    """Return a process of so many choices in a row, parallel and exclusive in turns."""
    parts, before = [_nodes("startEvent", "begin"), _nodes("endEvent", "over")], "begin"
    for number in range(count):
        tag = "exclusiveGateway" if number % 2 else "parallelGateway"
        split, join = f"split_{number}", f"join_{number}"
        tasks = [f"task_{number}_{way}" for way in range(6)]
        parts += [_nodes(tag, split, join), _nodes("userTask", *tasks), _row(before, split)]
        for way in range(0, len(tasks), 2):
            parts.append(_row(split, *tasks[way : way + 2], join))
        before = join
    return _process(*parts, _row(before, "over"))


def hostile(folder: Path) -> Iterator[tuple[str, Path]]:
    """Write files that would keep a careless reader busy, and yield them by name."""
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    deep = 10_000
    contents = {
        "malformed_10_mb": _process("<text>" + "word " * 25 + "</text>") * 40_000,
        "doctype": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "entity_bomb": f'<!DOCTYPE a [<!ENTITY e0 "aa">{entities}]><a>&e9;</a>'.encode(),
        "nested_10000": _process('<subProcess id="s">' * deep, "</subProcess>" * deep),
    }
    for name, content in contents.items():
        file = folder / f"{name}.bpmn"
        file.write_bytes(content)
        yield name, file
