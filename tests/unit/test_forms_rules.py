"""What a form may say: everything else is refused, by name, before anybody is asked."""

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import Form, FormError, as_api_schema, finite_domains
from forms.rules import DIALECT


def _small() -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "title": "Say it",
        "description": "Say what you know.",
        "x-submit": "Send",
        "type": "object",
        "additionalProperties": False,
        "required": ["said"],
        "properties": {
            "said": {
                "type": "string",
                "title": "What do you say?",
                "oneOf": [{"const": "yes", "title": "Yes"}, {"const": "no", "title": "No"}],
            },
            "words": {"type": "string", "title": "Words", "maxLength": 100},
            "lines": {
                "type": "array",
                "title": "Lines",
                "maxItems": 5,
                "items": {
                    "title": "Line",
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"note": {"type": "string", "title": "Note", "maxLength": 9}},
                },
            },
        },
    }


def _refusal(schema: object, name: str = "say_it", reserved: tuple[str, ...] = ()) -> str:
    with pytest.raises(FormError) as refused:
        Form.parse(name, json.dumps(schema).encode(), reserved=reserved)
    return str(refused.value)


def _changed(path: str, value: object) -> dict[str, Any]:
    schema = _small()
    *way, last = path.split("/")
    at = schema
    for part in way:
        at = at[part]
    at[last] = value
    return schema


def test_a_form_within_the_rules_is_read():
    form = Form.parse("say_it", json.dumps(_small()).encode())

    assert [field.name for field in form.fields] == ["said", "words", "lines"]
    assert form.title == "Say it"
    assert finite_domains(form) == {"said": ("yes", "no")}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("$schema", "http://json-schema.org/draft-07/schema#", "$schema must be"),
        ("title", " ", "needs a title"),
        ("x-submit", None, "needs a x-submit"),
        ("type", "array", "type must be object"),
        ("additionalProperties", True, "additionalProperties must be false"),
        ("properties", {}, "1 to 40 properties"),
        ("$defs", {}, "“$defs” cannot be used here"),
        ("required", ["nobody"], "no field"),
        ("dependentRequired", {"said": ["nobody"]}, "no field"),
        ("properties/words/maxLength", 10**9, "maxLength of 1 to"),
        ("properties/words/title", "", "needs a title"),
        ("properties/words/pattern", "(a+)+$", "“pattern” cannot be used here"),
        ("properties/words/$ref", "https://example.com/x.json", "“$ref” cannot be used here"),
        ("properties/words/x-color", "red", "“x-color” cannot be used here"),
        ("properties/words/format", "telephone", "“format” must be one of"),
        ("properties/words/type", "null", "A field is a text"),
        ("properties/words/x-widget", "hidden", "Only the key of fixed rows"),
        ("properties/said/oneOf", [{"const": "yes"}], "const and a title"),
        ("properties/said/oneOf", [{"const": 1, "title": "One"}], "1 to 50 texts"),
        ("properties/said/oneOf", [{"const": "a", "title": "A"}] * 2, "offered twice"),
        ("properties/said/default", "perhaps", "not one of the choices"),
        ("properties/lines/maxItems", None, "maxItems of 1 to"),
        ("properties/lines/x-rows-label", "nobody", "names no field"),
        ("properties/lines/x-fixed-rows", True, "one hidden key"),
        ("properties/lines/x-fixed-rows", 1, "must be one of: True"),
        ("properties/lines/items/additionalProperties", True, "lines: additionalProperties"),
        ("properties/lines/items/properties/note", {"type": "array"}, "lines.note"),
        ("properties/amount", {"type": "number", "title": "Amount"}, "minimum and a maximum"),
        ("properties/typename", {"type": "boolean", "title": "Type"}, "cannot have this name"),
        ("properties/len", {"type": "boolean", "title": "Length"}, "cannot have this name"),
        ("properties/items", {"type": "boolean", "title": "Items"}, "cannot have this name"),
        ("properties/is", {"type": "boolean", "title": "Is"}, "cannot have this name"),
        ("properties/Upper", {"type": "boolean", "title": "Upper"}, "cannot have this name"),
        (
            "properties/lines/items/properties/note/readOnly",
            True,
            "Only fixed rows have fields that are readOnly",
        ),
        ("properties/said/x-worst-of", "lines.note", "x-worst-of is readOnly"),
        ("required", 5, "required names something"),
        ("allOf", [{"not": {}}], "A condition reads"),
        ("allOf", {}, "A condition reads"),
    ],
)
def test_what_pages_cannot_ask_is_refused_by_name(path: str, value: object, said: str):
    assert said in _refusal(_changed(path, value))


def test_every_fault_is_named_at_once():
    schema = _changed("properties/words/pattern", ".*")
    schema["title"] = ""

    assert "needs a title" in _refusal(schema)
    assert "pattern" in _refusal(schema)


def test_names_of_expressions_are_refused_only_where_expressions_read_them():
    assert "say_it" in _refusal(_small(), reserved=("say_it",))
    assert "said" in _refusal(_small(), reserved=("said",))
    Form.parse("say_it", json.dumps(_small()).encode(), reserved=("words", "note"))


def _condition(**parts: object) -> dict[str, Any]:
    schema = _small()
    schema["allOf"] = [
        {"if": {"properties": {"said": {"const": "no"}}, "required": ["said"]}, **parts}
    ]
    return schema


def test_a_condition_says_when_a_field_is_asked_and_when_it_is_needed():
    schema = _condition(then={"required": ["words"]}, **{"else": {"properties": {"words": False}}})

    words = Form.parse("say_it", json.dumps(schema).encode()).fields[1]

    assert words.shown_if is not None
    assert words.shown_if.holds({"said": "no"})
    assert not words.shown_if.holds({"said": "yes"})
    assert not words.shown_if.holds({})
    assert words.needed_if == (words.shown_if,)


@pytest.mark.parametrize(
    "parts",
    [
        {"then": {"properties": {"words": {"minLength": 5}}}},
        {"then": {"required": ["nobody"]}},
        {"else": {"properties": {"words": {"maxLength": 0}}}},
        {"else": {"required": ["words"]}},
    ],
)
def test_a_condition_of_another_shape_is_refused(parts: dict[str, Any]):
    assert "A condition reads" in _refusal(_condition(**parts))


def test_a_condition_without_required_would_hold_for_silence_and_is_refused():
    schema = _condition(then={"required": ["words"]})
    del schema["allOf"][0]["if"]["required"]

    assert "A condition reads" in _refusal(schema)


def test_a_condition_on_an_answer_that_cannot_be_given_is_refused():
    schema = _condition(then={"required": ["words"]})
    schema["allOf"][0]["if"]["properties"]["said"] = {"const": "perhaps"}

    assert "A condition reads" in _refusal(schema)


def test_what_is_always_required_is_always_asked():
    schema = _condition(**{"else": {"properties": {"words": False}}})
    schema["required"].append("words")

    assert "always required" in _refusal(schema)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"a": NaN}',
        b'{"title": "a", "title": "b"}',
        b" " * 70_000,
        b"[]",
        b"null",
        b'"text"',
    ],
)
def test_what_is_no_form_at_all_is_refused_and_not_an_accident(content: bytes):
    with pytest.raises(FormError):
        Form.parse("say_it", content)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "title", "properties", "items", "oneOf", "const", "if", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_PLACES = [
    "title", "required", "properties", "allOf", "if", "dependentRequired", "properties/said",
    "properties/said/oneOf", "properties/words", "properties/words/examples", "properties/lines",
    "properties/lines/items", "properties/lines/items/properties", "properties/lines/items/allOf",
    "properties/said/x-worst-of", "properties/lines/x-rows-label", "properties/said/default",
]  # fmt: skip


@given(st.sampled_from(_PLACES), _JSON)
def test_any_json_anywhere_is_read_or_refused_and_nothing_else(place: str, value: object):
    schema = _changed(place, copy.deepcopy(value))
    schema.setdefault(
        "allOf", [{"if": {"properties": {"said": {"const": "no"}}, "required": ["said"]}}]
    )

    with contextlib.suppress(FormError):
        Form.parse("say_it", json.dumps(schema).encode())


def test_users_of_the_api_get_plain_json_schema():
    schema = _changed("properties/words/x-widget", "textarea")
    plain = as_api_schema(Form.parse("say_it", json.dumps(schema).encode()))

    assert "x-" not in json.dumps(plain)
    assert plain["properties"]["said"] == _small()["properties"]["said"]
