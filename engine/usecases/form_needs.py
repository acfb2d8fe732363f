"""What use cases read from the answers to a form, whatever its author makes of it.

A report without a title, or an impact that no rule knows, would be a fault once somebody sends it.
So what the shipped form of a page or of a mark always asks must be asked always, and in the same
way; a newcomer would compare the whole forms: what is optional there may go, and anything may be
added.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath

from engine.bpmn import Finding, Release
from engine.domain.mark import Mark
from engine.language import Said, say
from forms import Field, Form, Kind, shipped

PAGES = frozenset(
    {
        "accept_uncovered",
        "change_criteria",
        "count_harmed",
        "decide_lowering",
        "give_caller_page",
        "make_good",
        "miss_criterion",
        "move_due",
        "name_checker",
        "propose_action",
        "report_incident",
        "set_priority",
        "stand_for",
    }
)
"""Forms that pages of Putright ask, no diagram."""

_OF_MARK: Mapping[str, str] = {
    Mark.AGREEMENT: "agree_what_right_means",
    Mark.VERIFICATION: "verify_outcome",
    Mark.CONFIRMATION: "confirm_outcome",
    Mark.CLOSING_DECISION: "decide_without_answer",
}


def check_needs(
    release: Release, forms: Mapping[str, Form], files: Iterable[str]
) -> Iterator[Finding]:
    """Yield each form that does not ask what its page, or the mark of its step, reads.

    `files` are the names of the files in which they stand.
    """
    needed = {name: name for name in PAGES & forms.keys()} | {
        step.id: own
        for step in release.steps()
        if (own := _OF_MARK.get(step.mark or "")) is not None and step.id in forms
    }
    for file in sorted(files):
        path = PurePosixPath(file)
        if path.suffix == ".json" and path.stem in needed:
            shipped_form = _own(needed[path.stem])
            for field, sentence in _missing(shipped_form.fields, forms[path.stem].fields):
                mend = say("Ask it as before; its words may change.")
                yield Finding(file, field, "form_needed", sentence, mend)


def _missing(own: Sequence[Field], found: Sequence[Field]) -> Iterator[tuple[str, Said]]:
    """Yield (path, sentence) for each field that is not asked as it is needed."""
    asked = {field.name: field for field in found}
    for needed in own:
        field = asked.get(needed.name)
        if field is None:
            if needed.required:
                yield needed.path, say("Putright needs the answer “%(name)s”.", name=needed.name)
        elif field.kind is not needed.kind:
            yield (
                needed.path,
                say("Putright reads “%(name)s” as another kind of answer.", name=needed.name),
            )
        elif needed.required and not field.required:
            yield needed.path, say("“%(name)s” must always be answered.", name=needed.name)
        elif needed.kind is Kind.CHOICE and (unknown := _unknown(needed, field)):
            yield (
                needed.path,
                say(
                    "Nothing here knows the choice “%(value)s” of “%(name)s”.",
                    value=unknown,
                    name=needed.name,
                ),
            )
        else:
            yield from _missing(needed.fields, field.fields)


def _unknown(needed: Field, field: Field) -> str | None:
    known = {option.value for option in needed.options}
    return next((one.value for one in field.options if one.value not in known), None)


@cache
def _own(name: str) -> Form:
    return Form.parse(name, shipped()[name])
