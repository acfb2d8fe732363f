"""Judging files before they are a release: can the engine run them, and can they go wrong.

No database is asked, so that a process owner can verify what is only drawn yet.  A newcomer would
stop at the first thing that the engine cannot do: whatever could be read is proved all the same,
so that everything is known at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from engine.bpmn import (
    WHOLE,
    Element,
    Finding,
    Flow,
    JudgedFiles,
    Process,
    ReadFiles,
    Release,
    Severity,
    UnreadableError,
    judge_release,
    read_any,
    table_findings,
)
from engine.domain.mark import Mark
from engine.errors import DiagramRefused, InvalidAnswers
from engine.language import say
from engine.proof import After, Bound, Domains, ProofFinding, Proved, prove_release, prove_soundness
from engine.proof import Severity as Weight
from engine.runtime import Specs
from engine.usecases.form_needs import check_needs
from engine.usecases.form_rules import ReadForms, check_marks, read_forms
from engine.usecases.table_inputs import known_inputs
from engine.usecases.verified import Verified
from forms import Form, finite_domains

# what is not there may be in a file that was not given: nothing is refuted by that
_MISSING = "decision"
_CALLED = "called"
# all that its run is told of a confirmation, once the facts decide it
TOLD_OF_CONFIRMATION = "answer"


def verify_release(
    files: Mapping[str, bytes], *, after: Sequence[After] = (), bound: Bound | None = None
) -> tuple[Verified, ...]:
    """Judge `files` together, as one release; the result has one entry for each, in their order.

    Raises InvalidAnswers for an own rule about something that is not there.
    """
    begun = perf_counter()
    forms = read_forms(files)
    judged = _judged(files, forms)
    _require_known(judged.release, after)
    domains = domains_of(judged.release, forms.forms)
    proved = prove_release(judged.release, domains=domains, after=after, bound=bound)
    # reading is for all files together; a proof is for the file that holds the process
    shared_ms = (_ms_since(begun) - sum(one.elapsed_ms for one in proved)) / max(1, len(files))
    return tuple(
        _with_pools(_of_file(file, judged, proved, shared_ms), content, bound)
        for file, content in files.items()
    )


def verify_soundness(file: str, content: bytes, *, bound: Bound | None = None) -> Verified:
    """Judge a file by itself, whatever tool drew it: only its control flow counts."""
    begun = perf_counter()
    try:
        read = read_any(file, content)
    except UnreadableError as error:
        return unreadable(error.finding, _ms_since(begun))
    proved = prove_soundness(read, bound=bound)
    elapsed_ms = _ms_since(begun)
    judged = judge_release({file: content})
    return Verified(
        file,
        not judged.unreadable and not judged.refused,
        elapsed_ms,
        processes=proved,
        names=_names(read.processes.values())
        | {one.id: one.name or one.id for one in read.collaborations},
    )


def unreadable(finding: Finding, elapsed_ms: float = 0.0) -> Verified:
    """Return what there is to say of a file that cannot be read."""
    told = (_told(finding, Weight.UNKNOWN),)
    return Verified(finding.file, False, elapsed_ms, is_unreadable=True, findings=told)


def domains_of(release: Release, forms: Mapping[str, Form]) -> Domains:
    """Return what each step's answers can be, as its run is told them."""
    found = {name: finite_domains(form) for name, form in forms.items()}
    for step in release.steps():
        if step.mark == Mark.CONFIRMATION and step.id in found:
            told = {TOLD_OF_CONFIRMATION: found[step.id].get(TOLD_OF_CONFIRMATION, (None,))}
            found[step.id] = dict.fromkeys(found[step.id], (None,)) | told
    return found


def _judged(files: Mapping[str, bytes], forms: ReadForms) -> JudgedFiles:
    """Return what is read of the diagrams, with all that is wrong, forms and engine included."""
    judged = judge_release(files)
    judged = replace(
        judged,
        unreadable=(*judged.unreadable, *forms.unreadable),
        refused=(
            *judged.refused,
            *forms.refused,
            *check_marks(judged.release, forms.forms),
            *check_needs(judged.release, forms.forms, files),
        ),
        warnings=(*judged.warnings, *_of_tables(judged.release, forms)),
    )
    if judged.unreadable or judged.refused:
        return judged
    return replace(judged, refused=_engines_own(judged, files))


def _of_tables(release: Release, forms: ReadForms) -> Iterator[Finding]:
    """Yield what is odd about tables; whether a run comes there is for the proof to say."""
    known = known_inputs(release, domains_of(release, forms.forms))
    for table in release.decisions.values():
        for finding in table_findings(table, known):
            yield replace(finding, severity=Severity.WARNING)


def _of_file(
    file: str, judged: JudgedFiles, proved: Sequence[Proved], shared_ms: float
) -> Verified:
    for finding in judged.unreadable:
        if finding.file in (file, WHOLE):
            return unreadable(replace(finding, file=file), shared_ms)
    wrong = [one for one in (*judged.refused, *judged.warnings) if one.file in (file, WHOLE)]
    known = {one.id: one for one in proved}
    processes = [
        one for one in judged.release.processes.values() if one.file == file and one.id in known
    ]
    homes: dict[str | None, list[ProofFinding]] = {}
    for one in wrong:
        if one.rule != _CALLED:  # the proof says so itself, and what that leaves open
            homes.setdefault(_home(one, processes), []).append(_told(one, _weight(one)))
    return Verified(
        file,
        all(one.severity is Severity.WARNING for one in wrong),
        shared_ms + sum(known[one.id].elapsed_ms for one in processes),
        processes=tuple(
            replace(known[one.id], findings=(*homes.get(one.id, ()), *known[one.id].findings))
            for one in processes
        ),
        findings=tuple(homes.get(None, ())),
        names=_names(judged.release.processes.values()),
    )


def _with_pools(verified: Verified, content: bytes, bound: Bound | None) -> Verified:
    """Return the file with its pools judged together, where they tell each other something."""
    if not verified.processes or b"messageFlow" not in content:
        return verified
    together = verify_soundness(verified.file, content, bound=bound)
    alone = {one.id for one in verified.processes}
    pools = tuple(one for one in together.processes if one.id not in alone)
    return replace(
        verified,
        elapsed_ms=verified.elapsed_ms + sum(one.elapsed_ms for one in pools),
        processes=(*verified.processes, *pools),
        names={**together.names, **verified.names},
    )


def _home(finding: Finding, processes: Sequence[Process]) -> str | None:
    """Return the id of the process that a finding is about; None for none or for all of them."""
    if len(processes) == 1:
        return processes[0].id
    for process in processes:
        flows = {flow.id for flow in process.flows}
        if finding.element in {process.id, *process.elements, *flows}:
            return process.id
    return None


def _told(finding: Finding, weight: Weight) -> ProofFinding:
    """Return what was found by looking in the words of what is found by proving."""
    message = f"{finding.sentence} {finding.mend}"
    return ProofFinding(finding.rule, weight, finding.element, message)


def _weight(finding: Finding) -> Weight:
    if finding.severity is Severity.WARNING:
        return Weight.WARNING
    return Weight.UNKNOWN if finding.rule == _MISSING else Weight.REFUTED


def _engines_own(judged: JudgedFiles, files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """Return what only the engine's parser finds."""
    read = ReadFiles(judged.release, judged.documents, judged.warnings)
    try:
        Specs.of(read, files)
    except DiagramRefused as error:
        return tuple(one for one in error.findings if isinstance(one, Finding))
    return ()


def _require_known(release: Release, after: Sequence[After]) -> None:
    elements = {
        name: one
        for process in release.processes.values()
        for name, one in process.elements.items()
    }
    for rule in after:
        for name in (rule.end, rule.step):
            if name not in elements:
                raise InvalidAnswers(
                    {"after": say("There is no “%(name)s” in these diagrams.", name=name)}
                )
        if elements[rule.end].type != "endEvent":
            raise InvalidAnswers({"after": say("“%(end)s” is no end event.", end=rule.end)})


def _names(processes: Iterable[Process]) -> dict[str, str]:
    """Return what processes, elements and flows are called, by id; the id where it is nothing."""
    names: dict[str, str] = {}
    for process in processes:
        parts: list[Process | Element | Flow] = [process, *process.elements.values()]
        for one in (*parts, *process.flows):
            names[one.id] = one.name or one.id
    return names


def _ms_since(begun: float) -> float:
    return (perf_counter() - begun) * 1000
