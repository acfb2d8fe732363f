"""Which file needs which: what a change of one touches."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.bpmn.model import Element, Release


@dataclass(frozen=True, slots=True)
class Use:
    """An element of a diagram that needs a file: asks its form, calls it, or reads the table."""

    file: str
    diagram: str
    element: str
    name: str


def uses(release: Release) -> Mapping[str, Sequence[Use]]:
    """Return by file name where it is used; what is started by itself is used nowhere."""
    found: defaultdict[str, list[Use]] = defaultdict(list)
    for process in release.processes.values():
        for element in process.elements.values():
            for needed in _needs(element, release):
                use = Use(process.file, process.id, element.id, element.name or element.id)
                found[needed].append(use)
    return found


def _needs(element: Element, release: Release) -> Iterator[str]:
    if element.is_step and element.id in release.forms:
        yield f"{element.id}.json"
    if element.called is not None and element.called in release.processes:
        yield release.processes[element.called].file
    if element.decision is not None and element.decision in release.decisions:
        yield release.decisions[element.decision].file


def reached_from(release: Release, diagram: str) -> frozenset[str]:
    """Return the files that a run of `diagram` may need, its own first of all."""
    needed = {
        process.id: {
            file for element in process.elements.values() for file in _needs(element, release)
        }
        | {process.file}
        for process in release.processes.values()
    }
    by_file: defaultdict[str, set[str]] = defaultdict(set)
    for process in release.processes.values():
        by_file[process.file].add(process.id)
    reached: set[str] = set()
    waiting = {diagram} & needed.keys()
    seen: set[str] = set()
    while waiting:
        one = waiting.pop()
        seen.add(one)
        reached |= needed[one]
        waiting |= {other for file in needed[one] for other in by_file[file]} - seen
    return frozenset(reached)
