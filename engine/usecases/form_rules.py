"""What the forms of a release must ask: what a step's mark means is read from its answers.

A newcomer would leave this to the form's own rules: those know no diagram.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePosixPath
from typing import NamedTuple

from engine.bpmn import Finding, Release
from engine.domain.incident import Answer, Decided, Verdict
from engine.domain.mark import Mark
from engine.expressions import FACTS, FUNCTIONS
from forms import Form, FormError, FormUnreadable, finite_domains

# mark -> what its step must ask, and in which words (None: in any)
_ASKED: Mapping[str, Mapping[str, type[StrEnum] | None]] = {
    Mark.AGREEMENT: {"criteria": None, "confirmers": None},
    Mark.VERIFICATION: {"verdict": Verdict},
    Mark.CONFIRMATION: {"criteria": None, "answer": Answer},
    Mark.CLOSING_DECISION: {"decided": Decided, "reason": None},
}


class ReadForms(NamedTuple):
    """The forms that can be asked, by step; why others cannot be read; and what is wrong."""

    forms: Mapping[str, Form]
    unreadable: Sequence[Finding]
    refused: Sequence[Finding]


def read_forms(files: Mapping[str, bytes]) -> ReadForms:
    """Return the forms among `files`, by step, and what is wrong with the others."""
    forms: dict[str, Form] = {}
    unreadable: list[Finding] = []
    refused: list[Finding] = []
    for file, content in sorted(files.items()):
        path = PurePosixPath(file)
        if path.suffix != ".json":
            continue
        try:
            forms[path.stem] = Form.parse(path.stem, content, reserved=FACTS | FUNCTIONS.keys())
        except FormError as error:
            wrong = unreadable if isinstance(error, FormUnreadable) else refused
            wrong += [
                Finding(file, one.path or None, "form", one.sentence, "Mend the form.")
                for one in error.findings
            ]
    return ReadForms(forms, unreadable, refused)


def check_marks(release: Release, forms: Mapping[str, Form]) -> Iterator[Finding]:
    """Yield each marked step whose form does not ask what the mark needs."""
    for step in release.steps():
        form = forms.get(step.id)
        if form is None:
            continue
        known = {one.name for one in form.fields}
        domains = finite_domains(form)
        for name, words in _ASKED.get(step.mark or "", {}).items():
            if name not in known or (words is not None and not _says(domains.get(name), words)):
                said = f" as one of {', '.join(words)}" if words is not None else ""
                yield Finding(
                    release.processes[step.process].file,
                    step.id,
                    "form_of_mark",
                    f"A {step.mark} needs “{name}”{said}, and its form does not ask that.",
                    f"Ask it in forms/{step.id}.json, always.",
                )


def _says(values: tuple[str | bool | None, ...] | None, words: type[StrEnum]) -> bool:
    return bool(values) and set(values or ()) <= {word.value for word in words}
