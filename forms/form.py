"""A form: one JSON Schema (2020-12), parsed, judged and ready to ask and check.

Where JSON Schema has nothing, these keywords say it:

=================  ==========================================================================
x-submit           the label of the button that sends the form (root)
x-widget           `textarea` for long texts, `lines` for a list typed one a line, `hidden` for
                   the key of fixed rows
x-fixed-rows       the rows are given (`prefill`); people fill in what is not readOnly
x-rows-label       the column that is a row's heading
x-add              the label of the button that asks for one more row
x-layout           `table`: rows stand in a table, for long lists
x-width            `half`: stands beside its neighbour where there is room
x-missing          the sentence for a reader who left the field out
x-when             `past` or `future`, for dates and instants
x-worst-of         `rows.column`: computed, the worst of the answers (best is listed first)
=================  ==========================================================================

`format` also knows `person`, `team`, `action` and `process`: ids whose readable names come as
`Choices`.  `oneOf` with `const` and `title` is a choice with labels.  A list or row field is as
deep as it goes.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from engine.language import say
from forms.fields import Field, Schema, read_fields
from forms.rules import findings_of
from forms.schemas import Finding

MAX_BYTES = 64 * 1024


class FormError(ValueError):
    """A form is refused; `findings` says everything that is wrong with it."""

    def __init__(self, name: str, findings: Collection[Finding]) -> None:
        super().__init__(f"{name}: " + " ".join(str(finding) for finding in findings))
        self.name = name
        self.findings = tuple(findings)


class FormUnreadable(FormError):
    """A form is no JSON that may be read, so that nothing else is known of it."""


@dataclass(frozen=True, eq=False)
class Form:
    """A form that has passed all rules; immutable, so threads may share it."""

    name: str
    schema: Schema
    fields: tuple[Field, ...]

    @classmethod
    def parse(cls, name: str, content: bytes, *, reserved: Collection[str] = ()) -> "Form":
        """Return the form `name` (a step's id), read from the bytes of its file.

        `reserved` are the names that expressions already use (functions, facts); the form's name
        and the fields that conditions can read must differ from them.  Raises FormError.
        """
        return _parsed(name, content, frozenset(reserved))

    @property
    def title(self) -> str:
        """Return the heading of the page that asks it."""
        return say(self.schema["title"])

    @property
    def instructions(self) -> str:
        """Return what to do, in Markdown."""
        return say(self.schema["description"])

    @property
    def submit(self) -> str:
        """Return the label of its button."""
        return say(self.schema["x-submit"])


# The same few files are read by whoever proves, publishes and runs them, and checking is costly.
@lru_cache(maxsize=256)
def _parsed(name: str, content: bytes, reserved: frozenset[str]) -> Form:
    schema = _read(name, content)
    findings = findings_of(name, schema, reserved)
    if not findings:
        findings = [*_in_dialect(name, content)]
    if findings:
        raise FormError(name, findings)
    return Form(name, schema, read_fields(schema))


# by far the most of the work, and the same whatever names are reserved
@lru_cache(maxsize=256)
def _in_dialect(name: str, content: bytes) -> tuple[Finding, ...]:
    return tuple(_dialect_findings(_read(name, content)))


def without(form: Form, *names: str) -> Form:
    """Return the form as it does not ask the fields of these names."""
    kept = {name: sub for name, sub in form.schema["properties"].items() if name not in names}
    schema = {**form.schema, "properties": kept}
    return Form(form.name, schema, read_fields(schema))


def as_api_schema(form: Form) -> dict[str, Any]:
    """Return a copy of the plain JSON Schema for users of the API, without `x-` keywords."""
    plain = _without_hints(form.schema)
    if not isinstance(plain, dict):
        raise TypeError("a form's schema is an object")
    return plain


@lru_cache
def fixed(name: str) -> Form:
    """Return one of the forms that no release holds: setting up, and the public report."""
    file = resources.files("forms") / "fixed" / f"{name}.json"
    return Form.parse(name, file.read_bytes())


def shipped() -> dict[str, bytes]:
    """Return the files of the shipped forms: form name to content, in name order."""
    files = (file for file in resources.files("forms").iterdir() if file.name.endswith(".json"))
    return {
        file.name.removesuffix(".json"): file.read_bytes()
        for file in sorted(files, key=lambda file: file.name)
    }


def _read(name: str, content: bytes) -> Any:
    if len(content) > MAX_BYTES:
        raise FormUnreadable(name, [Finding("", f"A form has at most {MAX_BYTES // 1024} kB.")])
    try:
        return json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FormUnreadable(name, [Finding("", f"This is not JSON: {error}.")]) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON value")


def _dialect_findings(schema: Schema) -> list[Finding]:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        path = ".".join(str(part) for part in error.absolute_path)
        return [Finding(path, f"This is not JSON Schema: {error.message}.")]
    return []


def _without_hints(value: object) -> object:
    if isinstance(value, Mapping):
        return {k: _without_hints(v) for k, v in value.items() if not k.startswith("x-")}
    if isinstance(value, list):
        return [_without_hints(part) for part in value]
    return value
