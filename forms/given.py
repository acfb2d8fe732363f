"""What the server gives to a form: read-only values and fixed rows, put into the answers."""

from collections.abc import Mapping, Sequence

from forms.fields import Field, is_array, is_object
from forms.sentences import LINES_CHANGED, NOT_YOURS
from forms.values import plain_text

Path = tuple[str | int, ...]


def put_in(
    fields: Sequence[Field], answers: dict[str, object], prefill: Mapping[str, object]
) -> dict[Path, str]:
    """Put what is given into `answers` (changed in place); return findings by path.

    A read-only answer that repeats the given value is fine, any other is a finding.
    """
    findings: dict[Path, str] = {}
    for field in fields:
        if field.fixed:
            _put_rows(field, answers, given_rows(field, prefill), findings)
        elif field.read_only:
            _put_value(field, answers, prefill, (), findings)
    return findings


def given_rows(field: Field, prefill: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the given rows of a field, only the columns that the form knows."""
    rows = prefill.get(field.name)
    columns = {column.name for column in field.fields}
    return [
        {name: value for name, value in row.items() if name in columns and value is not None}
        for row in (rows if is_array(rows) else ())
        if is_object(row)
    ]


def _put_rows(
    field: Field,
    answers: dict[str, object],
    given: Sequence[Mapping[str, object]],
    findings: dict[Path, str],
) -> None:
    sent = answers.get(field.name)
    if sent is None and not (field.required and given):
        if field.required:
            answers[field.name] = []
        return
    rows = [dict(row) for row in (sent if is_array(sent) else ()) if is_object(row)]
    keys = [str(row.get(field.key)) for row in rows]
    wanted = [str(row.get(field.key)) for row in given]
    if sorted(keys) != sorted(wanted) or (is_array(sent) and len(rows) != len(sent)):
        findings[(field.name,)] = LINES_CHANGED
        # whatever fits is kept, so that nobody types it again
        rows = [row for row in rows if str(row.get(field.key)) in wanted]
    by_key = {str(row.get(field.key)): row for row in rows}
    merged = []
    for index, base in enumerate(given):
        row = by_key.get(str(base.get(field.key)), {})
        for column in field.fields:
            if column.read_only:
                _put_value(column, row, base, (field.name, index), findings)
        merged.append(row)
    answers[field.name] = merged


def _put_value(
    field: Field,
    answers: dict[str, object],
    given: Mapping[str, object],
    path: Path,
    findings: dict[Path, str],
) -> None:
    sent = answers.pop(field.name, None)
    if sent is not None and not _repeats(sent, given.get(field.name)):
        findings[(*path, field.name)] = NOT_YOURS
    if given.get(field.name) is not None:
        answers[field.name] = given[field.name]


def _repeats(sent: object, given: object) -> bool:
    if isinstance(sent, str) and isinstance(given, str):
        return sent == plain_text(given)
    return type(sent) is type(given) and sent == given
