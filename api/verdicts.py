"""How what was verified is told to people on a terminal: calmly, in the diagram's own names."""

import textwrap
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from engine.proof import ProofFinding, Proved, Severity, Verdict
from engine.usecases.verified import Verified

_WIDTH = 79
_VERDICTS: Mapping[Verdict, str] = {
    Verdict.SOUND: "proved",
    Verdict.UNSOUND: "REFUTED",
    Verdict.UNKNOWN: "UNKNOWN",
}
_SEMANTICS: Mapping[str, str] = {
    "run_to_completion": "run to completion, as the engine does",
    "interleaving": "interleaving, as BPMN says",
}
_PROPERTIES: Mapping[str, str] = {
    "closure": "nothing closes without a fresh answer",
    "option_to_complete": "it can always still be completed",
    "proper_completion": "nothing is left open at the end",
    "safe": "nothing happens twice at once",
    "no_dead_elements": "everything can happen",
    "after": "your own rules hold",
}
_ANSWERS: Mapping[bool | None, str] = {True: "yes", False: "NO", None: "not known"}
_SEVERITIES: Mapping[Severity, str] = {
    Severity.REFUTED: "Wrong",
    Severity.UNKNOWN: "Not known",
    Severity.WARNING: "Warning",
    Severity.HINT: "Hint",
}


def told(verified: Verified) -> str:
    """Return what was found about one file, in lines of at most 79 characters."""
    return "\n".join(_lines(verified))


def _lines(verified: Verified) -> Iterator[str]:
    if verified.is_unreadable:
        yield f"{verified.file}: cannot be read"
    else:
        asked = verified.executable or _is_sound_only(verified)
        yield verified.file if asked else f"{verified.file}: cannot be run"
    for process in verified.processes:
        yield from _process(process, verified.names)
    for finding in verified.findings:
        yield from _finding(finding, verified.names)
    yield ""


def _is_sound_only(verified: Verified) -> bool:
    """Whether its soundness alone was asked for: then nobody meant to run it here."""
    return {one.semantics for one in verified.processes} == {"interleaving"}


def _process(process: Proved, names: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield from _wrapped(f"{names.get(process.id, process.id)}: {_VERDICTS[process.verdict]}", "  ")
    yield f"  {process.states} states, {_SEMANTICS[process.semantics]}"
    for name, says in _PROPERTIES.items():
        holds = process.properties.get(name)
        if holds is not None or _was_open(process, name):
            yield f"    {says:<40}{_ANSWERS[holds]}"
    for finding in process.findings:
        yield from _finding(finding, names)


def _was_open(process: Proved, name: str) -> bool:
    """Whether a property was asked for and not decided: it may not have been asked at all."""
    if name == "after" or (name == "closure" and process.semantics == "interleaving"):
        return False
    return process.verdict is Verdict.UNKNOWN


def _finding(finding: ProofFinding, names: Mapping[str, str]) -> Iterator[str]:
    where = f": {_called(finding.element, names)}" if finding.element else ""
    yield ""
    yield from _wrapped(f"{_SEVERITIES[finding.severity]} ({finding.rule}){where}", "  ")
    yield from _wrapped(finding.message, "    ")
    if finding.path:
        yield "    It goes like this:"
        for number, (element, answers) in enumerate(
            zip_longest(finding.path, finding.answers, fillvalue=None), start=1
        ):
            yield from _wrapped(
                f"{number:>3}. {_passed(element, answers, names)}", "    ", "         "
            )


def _passed(
    element: str | None, answers: Mapping[str, object] | None, names: Mapping[str, str]
) -> str:
    """Return an element with what was answered there, or which flow was taken from it."""
    called = names.get(element or "", element or "")
    told = dict(answers or {})
    flow = told.pop("flow", None)
    together = str(told.pop("together", "")).split()
    said = [f"{name}: {_value(value)}" for name, value in told.items()]
    if flow is not None:
        said.append(names.get(str(flow), str(flow)))
    if together:
        said.append(f"due together with {', '.join(names.get(one, one) for one in together)}")
    return f"{called} ({', '.join(said)})" if said else called


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else str(value)


def _called(element: str, names: Mapping[str, str]) -> str:
    name = names.get(element, element)
    return f"“{name}”" if name == element else f"“{name}” [{element}]"


def _wrapped(text: str, indent: str, following: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=following or indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
