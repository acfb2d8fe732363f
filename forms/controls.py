"""What a page shows of a form: controls and rows with their values, findings and hints.

All decisions are taken here, the templates only print.  A newcomer would merge `prefill` under
what the reader sent: a field that the reader has emptied would fill itself again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from markupsafe import Markup

from engine.language import say
from forms.fields import Condition, Field, Kind, is_array, is_object
from forms.given import given_rows
from forms.posting import RowsAsked
from forms.prose import markdown
from forms.sentences import needed_if, only_if, row_title
from forms.values import Choices, choices_of

RADIOS_UP_TO = 5
BOXES_UP_TO = 8
_LONG = 500


@dataclass(frozen=True)
class Pick:
    """One answer on offer as the page shows it."""

    value: str
    label: str
    help: str
    chosen: bool


@dataclass(frozen=True)
class Row:
    """One row: its heading, what is only read (label, text), what is hidden, what is asked."""

    index: int
    title: str
    name: str
    shown: Sequence[tuple[str, str]]
    hidden: Sequence[tuple[str, str]]
    controls: Sequence["Control"]
    removable: bool


@dataclass(frozen=True)
class Control:
    """One question; `kind` names the macro that prints it."""

    kind: str
    name: str
    id: str
    title: str
    help: Markup
    tag: str
    when: str
    shown_if: str
    finding: str
    value: str = ""
    required: bool = False
    half: bool = False
    examples: Sequence[str] = ()
    lines: int = 2
    picks: Sequence[Pick] = ()
    rows: Sequence[Row] = ()
    add: str = ""
    focus: bool = False

    @property
    def described_by(self) -> str:
        """Return the ids of the texts that describe it, for assistive technology."""
        parts = {"when": self.when, "help": self.help or self.examples, "error": self.finding}
        return " ".join(f"{self.id}-{part}" for part, there in parts.items() if there)


@dataclass(frozen=True)
class Showing:
    """Everything that a page knows while it shows a form."""

    values: Mapping[str, object] | None
    findings: Mapping[str, str]
    prefill: Mapping[str, object]
    choices: Choices
    tz: tzinfo
    rows: RowsAsked = field(default_factory=lambda: RowsAsked({}))
    # tells the ids of one form from those of another on the same page
    mark: str = ""

    def id_of(self, path: str) -> str:
        """Return the id of the control at a path; the same path has the same id on every page."""
        return f"f-{self.mark}" + path.replace(".", "-")


def controls_of(fields: Sequence[Field], showing: Showing) -> list[Control]:
    """Return the controls of a form, in order; computed fields have none."""
    source = showing.prefill if showing.values is None else showing.values
    return [
        _list_control(each, source, showing)
        if each.kind in (Kind.ROWS, Kind.LIST)
        else _control(each, source, "", fields, showing, is_new=showing.values is None)
        for each in fields
        if not (each.read_only or _asks_nothing(each, showing))
    ]


def given_of(fields: Sequence[Field], prefill: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return (title, text) of the read-only values that are given."""
    return [
        (each.title, each.label_of(prefill[each.name]))
        for each in fields
        if each.read_only and not each.hidden and prefill.get(each.name) not in (None, "")
    ]


def walk(controls: Sequence[Control]) -> Iterator[tuple[Control, Row | None]]:
    """Yield every control with the row it stands in."""
    for control in controls:
        yield control, None
        for row in control.rows:
            for inner in row.controls:
                yield inner, row


def _control(
    asked: Field,
    source: Mapping[str, object],
    prefix: str,
    beside: Sequence[Field],
    showing: Showing,
    *,
    is_new: bool,
    in_table: bool = False,
    focus: bool = False,
) -> Control:
    name = prefix + asked.name
    value = source.get(asked.name)
    if value is None and is_new:
        value = asked.schema.get("default")
    picks = _picks(asked, [value], showing.choices)
    return Control(
        kind=_kind(asked, picks, in_table=in_table),
        name=name,
        id=showing.id_of(name),
        value=_shown(asked, value, showing.tz),
        picks=picks,
        lines=4 if asked.schema.get("maxLength", 0) > _LONG else 2,
        finding=showing.findings.get(name, ""),
        focus=focus,
        **_words(asked, prefix, beside, showing.tz),
    )


def _words(asked: Field, prefix: str, beside: Sequence[Field], tz: tzinfo) -> dict[str, Any]:
    condition = asked.shown_if
    help_text = asked.help
    if asked.kind is Kind.INSTANT:
        zone = say("Time zone: %(zone)s", zone=tz)
        help_text = say("%(help)s (%(zone)s)", help=help_text, zone=zone) if help_text else zone
    return {
        "title": asked.title,
        "help": markdown(help_text),
        "tag": _tag(asked, beside),
        "when": only_if(condition, beside) if condition else "",
        "shown_if": f"{prefix}{condition.field}={_joined(condition)}" if condition else "",
        "required": asked.required,
        "half": asked.schema.get("x-width") == "half",
        "examples": tuple(say(one) for one in asked.schema.get("examples", ())),
    }


def _list_control(asked: Field, source: Mapping[str, object], showing: Showing) -> Control:
    words = _words(asked, "", (), showing.tz)
    name = asked.name
    finding = showing.findings.get(name, "")
    value = source.get(name)
    found = value if is_array(value) else ()
    add = say(str(asked.schema.get("x-add", "Add another")))
    own = {"name": name, "id": showing.id_of(name), **words}
    if asked.kind is Kind.ROWS:
        rows = _fixed_rows(asked, found, showing) if asked.fixed else _rows(asked, found, showing)
        kind = "table" if asked.schema.get("x-layout") == "table" else "cards"
        return Control(kind=kind, rows=rows, finding=finding, add="" if asked.fixed else add, **own)
    finding = finding or next(
        (said for path, said in showing.findings.items() if path.startswith(f"{name}.")), ""
    )
    texts = [str(each) for each in found]
    if asked.widget == "lines":
        text = "\n".join(texts)
        return Control(kind="textarea", value=text, lines=5, finding=finding, **own)
    item = asked.item or asked
    picks = _picks(item, texts, showing.choices)
    if len(picks) <= BOXES_UP_TO:
        return Control(kind="boxes", picks=picks, finding=finding, **own)
    count = max(showing.rows.counts.get(name, 0), len(texts), 1)
    selects = [
        Control(
            kind="select",
            name=f"{name}.{index}",
            id=showing.id_of(f"{name}.{index}"),
            title=f"{item.title} {index + 1}",
            help=Markup(""),
            tag="",
            when="",
            shown_if="",
            finding="",
            required=asked.required and index == 0,
            picks=_picks(item, texts[index : index + 1], showing.choices),
            focus=showing.rows.added == name and index == count - 1,
        )
        for index in range(count)
    ]
    rows = [Row(i, s.title, s.name, (), (), [s], False) for i, s in enumerate(selects)]
    return Control(kind="selects", rows=rows, finding=finding, add=add, **own)


def _rows(asked: Field, found: Sequence[object], showing: Showing) -> list[Row]:
    rows = [row if is_object(row) else {} for row in found]
    least = max(int(asked.schema.get("minItems", 0)), 1)
    count = max(showing.rows.counts.get(asked.name, 0), len(rows), least)
    return [
        _row(
            asked,
            index,
            rows[index] if index < len(rows) else {},
            {},
            showing,
            is_added=showing.rows.added == asked.name and index == count - 1,
            is_blank=index >= len(rows),
        )
        for index in range(min(count, int(asked.schema["maxItems"])))
    ]


def _fixed_rows(asked: Field, found: Sequence[object], showing: Showing) -> list[Row]:
    filled = {str(row.get(asked.key)): row for row in found if is_object(row)}
    return [
        _row(asked, index, filled.get(str(base.get(asked.key)), base), base, showing)
        for index, base in enumerate(given_rows(asked, showing.prefill))
    ]


def _row(
    asked: Field,
    index: int,
    values: Mapping[str, object],
    given: Mapping[str, object],
    showing: Showing,
    *,
    is_added: bool = False,
    is_blank: bool = False,
) -> Row:
    name = f"{asked.name}.{index}"
    label = asked.schema.get("x-rows-label")
    editable = [column for column in asked.fields if not column.read_only]
    columns = [column for column in asked.fields if column.name != label]
    return Row(
        index=index,
        title=row_title(asked, given if asked.fixed else {}, index),
        name=name,
        shown=given_of(columns, given),
        hidden=[(f"{name}.{asked.key}", str(given.get(asked.key, "")))] if asked.fixed else [],
        controls=[
            _control(
                column,
                values,
                f"{name}.",
                asked.fields,
                showing,
                is_new=is_blank or showing.values is None,
                in_table=asked.schema.get("x-layout") == "table",
                focus=is_added and place == 0,
            )
            for place, column in enumerate(editable)
        ],
        removable=not asked.fixed and not is_blank,
    )


def _kind(asked: Field, picks: Sequence[Pick], *, in_table: bool) -> str:
    match asked.kind:
        case Kind.BOOLEAN:
            return "box"
        case Kind.CHOICE:
            certain = asked.required or asked.needed_if or "default" in asked.schema
            return "radios" if certain and len(picks) <= RADIOS_UP_TO and not in_table else "select"
        case Kind.INTEGER | Kind.NUMBER:
            return "number"
        case Kind.DATE | Kind.INSTANT:
            return asked.kind.value
        case Kind.REFERENCE:
            return "select"
    if picks:
        return "select"
    return "textarea" if asked.widget == "textarea" else "text"


def _picks(asked: Field, chosen: Sequence[object], choices: Choices) -> list[Pick]:
    if asked.options:
        return [Pick(o.value, o.label, o.help, o.value in chosen) for o in asked.options]
    offered = choices_of(choices, asked) or ()
    return [Pick(value, label, "", value in chosen) for value, label in offered]


def _tag(asked: Field, beside: Sequence[Field]) -> str:
    """Return the small print beside a label: whether an answer may be left out."""
    if asked.required or asked.fixed or asked.kind is Kind.BOOLEAN:
        return ""
    for condition in asked.needed_if:
        if condition == asked.shown_if:
            return ""
        return needed_if(condition, beside)
    return "" if "default" in asked.schema else say("optional")


def _joined(condition: Condition) -> str:
    words = {True: "true", False: ""}
    return "|".join(words[v] if isinstance(v, bool) else v for v in condition.values)


def _shown(asked: Field, value: object, tz: tzinfo) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    if asked.kind is Kind.INSTANT:
        return _local(str(value), tz)
    return format(value, "f") if _is_tiny(value) else str(value)


def _is_tiny(value: object) -> bool:
    # 1e-05 is what Python prints, and nothing that a person would type
    return isinstance(value, float) and "e" in str(value)


def _local(text: str, tz: tzinfo) -> str:
    """Return an instant as the reader's clock shows it, to the minute; other text as it is."""
    try:
        instant = datetime.fromisoformat(text)
        aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
        return aware.astimezone(tz).replace(tzinfo=None).isoformat(timespec="minutes")
    except (ValueError, OverflowError):
        return text


def _asks_nothing(asked: Field, showing: Showing) -> bool:
    """Say whether there is nothing to ask: no given rows, or nobody and nothing to choose."""
    if asked.fixed:
        return not given_rows(asked, showing.prefill)
    if asked.kind is Kind.LIST and asked.item is not None and asked.item.kind is Kind.REFERENCE:
        return not asked.required and not choices_of(showing.choices, asked.item)
    # choices are known, and this is not among what can be chosen here
    is_unknown = bool(showing.choices) and choices_of(showing.choices, asked) is None
    return asked.kind is Kind.REFERENCE and not asked.required and is_unknown
