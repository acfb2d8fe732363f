"""The editor of a decision table: its page without a script, and what its script asks."""

from collections.abc import Callable
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from engine.queries.drafts import draft_files
from engine.usecases.drafting import begin_draft, discard_draft, save_file
from engine.usecases.publish import require_publishable
from tests.machine import Machine
from tests.visitor import Visitor, words_of
from tests.world import World, shipped_files

Visit = Callable[[str | None], Visitor]
Start = Callable[[str | None], Machine]
NAME = "priority.dmn"
TEXT = shipped_files()[NAME].decode()
WITHOUT = (
    TEXT[: TEXT.index('<rule id="priority_low_low">')] + TEXT[TEXT.index("</decisionTable>") :]
)


@pytest.fixture
def draft(world: World) -> UUID:
    return begin_draft(world.handling, "Other priorities", actor=world.actor("dora"))


def address(draft: UUID, name: str = NAME) -> str:
    return f"/studio/drafts/{draft}/tables/{name}"


def check(
    machine: Machine, draft: UUID, content: str, values: Any = None, status: int = 200
) -> Any:
    sent = {"content": content, "values": values}
    return machine.post(f"/drafts/{draft}/tables/{NAME}/check", sent, status=status)


def test_the_page_shows_the_rows_and_what_is_wrong(
    dora: Visitor, world: World, draft: UUID
) -> None:
    assert "Every case has its row." in words_of(dora.get(address(draft)))
    content, owner = WITHOUT.encode(), world.actor("dora")
    save_file(world.handling, draft, NAME, content, revision=0, actor=owner)

    said = words_of(dora.get(address(draft)))

    assert "No row answers where Impact is “low” and Urgency is “low”." in said
    assert "8 “low” “medium” P4" in said


def test_inputs_are_tried_without_a_script(dora: Visitor, draft: UUID) -> None:
    said = words_of(dora.get(f'{address(draft)}?value="high"&value="medium"'))

    assert "priority P2 By row 2" in said
    assert "an incident would stop there" in words_of(
        dora.get(f"{address(draft)}?value=no+json&value=[1]")
    )
    assert "By row" not in words_of(dora.get(f'{address(draft)}?value="high"'))


def test_only_this_page_lets_the_library_write_style_attributes(dora: Visitor, draft: UUID) -> None:
    here = dora.client.get(address(draft)).headers["Content-Security-Policy"]
    elsewhere = dora.client.get(f"/studio/drafts/{draft}").headers["Content-Security-Policy"]

    assert here == f"{elsewhere}; style-src-attr 'unsafe-inline'"
    assert "script-src 'self';" in here


def test_a_table_is_looked_at_by_row_and_rule(machine: Start, draft: UUID) -> None:
    told = check(machine("dora"), draft, WITHOUT.replace('"medium"', '"high"'))

    assert {one["severity"] for one in told["findings"]} == {"refused", "warning"}
    first = told["findings"][0]
    assert (first["element"], first["row"], first["rule"]) == (
        "priority_high_medium",
        2,
        "table_overlap",
    )
    assert first["message"].startswith("Rows 1 and 2 both answer where Impact is “high”")
    assert [one["label"] for one in told["inputs"]] == ["Impact", "Urgency"]
    assert told["inputs"][0]["offered"][0] == {"value": "high", "words": "“high”"}
    assert told["inputs"][0]["is_known"] is True
    assert told["tried"] is None


def test_a_cell_that_cannot_be_read_is_told_with_its_row(machine: Start, draft: UUID) -> None:
    told = check(machine("dora"), draft, TEXT.replace('>"P4"<', ">P4<"))

    found = [(one["element"], one["row"]) for one in told["findings"]]
    assert found == [
        ("priority_medium_low", 6),
        ("priority_low_medium", 8),
        ("priority_low_low", 9),
    ]


def test_values_are_tried_on_what_is_not_saved(machine: Start, draft: UUID) -> None:
    dora = machine("dora")

    assert check(dora, draft, TEXT.replace("P4", "P3"), ["low", "low"])["tried"] == {
        "rules": ["priority_low_low"],
        "rows": [9],
        "outputs": {"priority": "P3"},
        "why_not": None,
    }
    assert "No row" in check(dora, draft, WITHOUT, ["low", "low"])["tried"]["why_not"]
    # the columns have changed since they were asked
    assert check(dora, draft, TEXT, ["low"])["tried"] is None


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("", "not_xml"),
        ("<definitions/>", "one_decision"),
        ('<!DOCTYPE x [<!ENTITY a "a">]><definitions/>', "doctype"),
        ("<a>" * 100 + "</a>" * 100, "too_deep"),
        ("<a/>" * 50_000, "too_large"),
        (TEXT.replace('"UNIQUE"', '"COLLECT"'), "hit_policy"),
        (TEXT.replace(">impact<", ">().__class__<"), "table_input"),
        (TEXT.replace('>"high"<', ">__import__('os').getcwd()<"), "table_cell"),
        (TEXT.replace('name="priority"', 'name="gate"'), "table_output"),
        ("x" * 900_000, "not_xml"),
    ],
)
def test_hostile_tables_are_refused_by_name_and_soon(
    machine: Start, draft: UUID, content: str, rule: str
) -> None:
    begun = perf_counter()

    told = check(machine("dora"), draft, content, [1])

    assert rule in {one["rule"] for one in told["findings"]}
    assert (told["inputs"], told["tried"]) == ([], None)
    assert perf_counter() - begun < 5


@pytest.mark.parametrize("values", [[{}], [[1]], "x", list(range(200))])
def test_only_plain_values_are_tried(machine: Start, draft: UUID, values: Any) -> None:
    assert check(machine("dora"), draft, TEXT, values, status=422)["code"] == "invalid_answers"


def test_auditors_look_and_nobody_else(visit: Visit, machine: Start, draft: UUID) -> None:
    assert check(machine("egon"), draft, TEXT)["findings"] == []
    page = visit("egon").get(address(draft))
    assert '"canChange": false' in page
    assert "Only process owners change a draft" in words_of(page)
    for login in ("ada", "carla", "fay", "olga"):
        visit(login).get(address(draft), 403)
        check(machine(login), draft, TEXT, status=403)
    visit(None).get(address(draft), 302)
    check(machine(None), draft, TEXT, status=401)


def test_what_is_not_there_is_not_found(dora: Visitor, machine: Start, draft: UUID) -> None:
    dora.get(address(uuid4()), 404)
    dora.get(address(draft, "nothing.dmn"), 404)
    dora.get(address(draft, "incident.bpmn"), 404)
    check(machine("dora"), uuid4(), TEXT, status=404)


def test_a_draft_that_is_over_is_only_read(dora: Visitor, world: World, draft: UUID) -> None:
    discard_draft(world.handling, draft, actor=world.actor("dora"))

    assert '"canChange": false' in dora.get(address(draft))


def test_the_draft_leads_to_the_editors(dora: Visitor, draft: UUID) -> None:
    page = dora.get(f"/studio/drafts/{draft}")

    assert address(draft) in page
    assert f"/studio/drafts/{draft}/forms/verify_outcome.json" in page
    assert f"/studio/drafts/{draft}/new-form" in page


def test_a_new_table_is_begun_and_can_be_published(
    dora: Visitor, world: World, draft: UUID
) -> None:
    begin = f"/studio/drafts/{draft}/new-table"
    assert "What does it decide?" in dora.get(begin)

    for name in ("who_has_to_agree.dmn", "who_has_to_agree_2.dmn"):
        dora.send(begin, {"title": "Who has to agree?", "output": "who_agrees"})
        said = words_of(dora.get(address(draft, name)))
        assert "Every case has its row." in said
        assert "Who has to agree?" in said
    with world.handling.store.read() as conn:
        verified = require_publishable(draft_files(conn, draft)).verified
    assert [one.findings for one in verified if one.file.startswith("who")] == [(), ()]


@pytest.mark.parametrize(
    ("title", "output"), [("", "x"), ("So", "gate"), ("So", ""), ("So", "a b")]
)
def test_no_table_is_begun_without_a_name_that_conditions_can_read(
    dora: Visitor, draft: UUID, title: str, output: str
) -> None:
    sent = {"title": title, "output": output}

    assert "field-error" in dora.send(f"/studio/drafts/{draft}/new-table", sent, 422)


def test_auditors_begin_no_table(visit: Visit, draft: UUID) -> None:
    egon = visit("egon")

    assert "What does it decide?" not in egon.get(f"/studio/drafts/{draft}/new-table")
    sent = {"title": "So", "output": "so"}
    egon.send(f"/studio/drafts/{draft}/new-table", sent, 403)
