"""What of a form names a field: who must be answered, and what is asked only if something is.

A newcomer would look for a field's own `required`: JSON Schema lists those fields beside them, and
a condition names one field in its `if` and others in `then` and `else`.
"""

from collections.abc import Collection, Mapping
from typing import Any

from engine.language import Said, say
from forms.cards import Card
from forms.fields import Condition, Schema, conditional_parts, read_condition


class EditRefused(ValueError):
    """An edit cannot be made; `sentence` says why, `field` is the card's part that is wrong."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


def values_in(schema: Mapping[str, Any]) -> tuple[str | bool, ...]:
    if schema.get("type") == "boolean":
        return (True, False)
    return (*(part["const"] for part in schema.get("oneOf", ())), *schema.get("enum", ()))


def require_no_dependents(schema: Schema, name: str, still: Collection[str | bool]) -> None:
    """Refuse to lose an answer that decides what else is asked; `still` are those that stay."""
    for part in conditional_parts(schema):
        condition = read_condition(part["if"])
        if condition.field == name and not set(condition.values) <= set(still):
            others = [
                *part.get("else", {}).get("properties", {}),
                *part.get("then", {}).get("required", ()),
            ]
            raise EditRefused(_depends(schema, others[0], name), "choices")


def require_no_computed(schema: Schema, name: str) -> None:
    """Refuse to lose the rows of which an answer is computed."""
    for other, sub in schema["properties"].items():
        if str(sub.get("x-worst-of", "")).partition(".")[0] == name:
            raise EditRefused(_depends(schema, other, name))


def _depends(schema: Schema, other: str, name: str) -> Said:
    return say(
        "“%(other)s” depends on the answers to “%(title)s”: change that first.",
        other=schema["properties"][other]["title"],
        title=schema["properties"][name]["title"],
    )


def place(schema: dict[str, Any], name: str, *, required: bool, shown_if: Condition | None) -> None:
    """Note whether a field must be answered, and when it is asked."""
    if shown_if is None:
        if required:
            schema["required"] = [*schema.get("required", ()), name]
            _put_in_order(schema, name)
        return
    deciding = schema["properties"].get(shown_if.field, {})
    if (
        not shown_if.values
        or shown_if.field == name
        or not set(shown_if.values) <= set(values_in(deciding))
    ):
        raise EditRefused(say("Please choose an answer on which it depends."), "shown_if")
    part = _part(schema, shown_if)
    if required:
        part.setdefault("then", {}).setdefault("required", []).append(name)
    part.setdefault("else", {}).setdefault("properties", {})[name] = False
    for word in ("then", "else"):  # in the order in which they are read
        if word in part:
            part[word] = part.pop(word)


def _part(schema: dict[str, Any], condition: Condition) -> dict[str, Any]:
    """Return the part of the schema that holds what depends on a condition; a new one if needed."""
    for part in conditional_parts(schema):
        if read_condition(part["if"]) == condition:
            found: dict[str, Any] = part  # type: ignore[assignment]
            return found
    values = condition.values
    wanted = {"const": values[0]} if len(values) == 1 else {"enum": list(values)}
    new: dict[str, Any] = {
        "if": {"properties": {condition.field: wanted}, "required": [condition.field]}
    }
    schema.setdefault("allOf", []).append(new)
    return new


def replace_in_lists(
    schema: dict[str, Any], name: str, by: str | None, *, only_of: Card | None = None
) -> None:
    """Put another name in the place of one wherever the form names it; None: none.

    With `only_of` only where it says whether that card must be answered and when it is asked.
    """
    _rename_in(schema, "required", name, by)
    for part in conditional_parts(schema):
        condition = read_condition(part["if"])
        if by is not None and condition.field == name:
            part["if"]["properties"] = {by: part["if"]["properties"].pop(name)}
            part["if"]["required"] = [by]
        if only_of is not None and condition != only_of.shown_if:
            continue
        _rename_in(part.get("then", {}), "required", name, by)
        _rename_in(part.get("else", {}), "properties", name, by)
    if only_of is None:
        dependent = schema.get("dependentRequired", {})
        for holder in list(dependent):
            _rename_in(dependent, holder, name, by)
        _rename_in(schema, "dependentRequired", name, by)
        for sub in schema["properties"].values():
            rows, dot, column = str(sub.get("x-worst-of", "")).partition(".")
            if rows == name and by is not None:
                sub["x-worst-of"] = f"{by}{dot}{column}"
    _tidy(schema)


def _rename_in(holder: Any, word: str, name: str, by: str | None) -> None:
    """Change a name in the list or object called `word`; what is empty then goes."""
    held = holder.get(word)
    if held is None or name not in held:
        return
    if isinstance(held, list):
        holder[word] = [by if one == name else one for one in held if by or one != name]
    else:
        holder[word] = {
            (by if one == name else one): sub for one, sub in held.items() if by or one != name
        }
    if not holder[word]:
        del holder[word]


def _tidy(schema: dict[str, Any]) -> None:
    """Take away conditions on which nothing depends any more."""
    for part in [schema, *schema.get("allOf", ())]:
        for word in ("then", "else"):
            if word in part and not part[word]:
                del part[word]
    if "if" in schema and not {"then", "else"} & set(schema):
        del schema["if"]
    if "allOf" in schema:
        schema["allOf"] = [part for part in schema["allOf"] if {"then", "else"} & set(part)]
        if not schema["allOf"]:
            del schema["allOf"]


def _put_in_order(schema: dict[str, Any], added: str) -> None:
    """Let a field newly required stand among the others in the order in which they are asked."""
    order = list(schema["properties"])
    others = [one for one in schema["required"] if one != added]
    before = [one for one in others if order.index(one) < order.index(added)]
    at = others.index(before[-1]) + 1 if before else 0
    required = [*others[:at], added, *others[at:]]
    told = list(schema.items())
    schema.clear()
    for word, sub in told:
        if word == "properties":
            schema["required"] = required
        if word != "required":
            schema[word] = sub
