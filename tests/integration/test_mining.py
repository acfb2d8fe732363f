"""What happened, as files that the common tools of process mining open.

Counts are held against the database, which the tools do not know.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import text

from api.mining import FORMATS, Format, write_mined
from engine.errors import Unavailable
from engine.queries.mining import Mined, mined_cases, process_named
from engine.usecases.holding import claim, release
from engine.usecases.restricting import restrict
from tests.world import KEY, World

# what the tool says while it loads and reads; anything else is a fault
pytestmark = [
    pytest.mark.filterwarnings("ignore:Install the optional requirement:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pm4py"),
]
Write = Callable[..., Path]
HOSTILE = "]]> <b>&amp; \"' \x01\x1f\x7f \ufffe 𝕏 ‮ \u2028 \n\r\t </trace> " + "long " * 20_000


@pytest.fixture(scope="module")
def pm4py() -> Any:
    import pm4py  # it takes seconds, and only this module needs it

    return pm4py


@pytest.fixture
def write(world: World, tmp_path: Path) -> Write:
    """Write a file: `write(Format.XES, in_clear=True)`."""

    def written(kind: Format, *, by_run: bool = False, **wanted: Any) -> Path:
        file = tmp_path / f"log{FORMATS[kind]}"
        with world.handling.store.read() as conn:
            write_mined(conn, Mined(KEY.secret, **wanted), file, kind, by_run=by_run)
        return file

    return written


@pytest.fixture
def story(world: World) -> World:
    """Three incidents: confirmed, decided, and one that somebody took and gave back."""
    first = world.report()
    for step in (
        lambda: world.lead(first),
        lambda: world.agree(first, world.for_team("databases")),
        lambda: world.act(first, "ada"),
        lambda: world.verify(first),
        lambda: world.confirm(first),
        world.decided,
    ):
        world.clock.forward(minutes=10)
        step()
    world.clock.forward(hours=1)
    incident = world.report()
    world.lead(incident)
    item = world.item(incident, "agree_what_right_means")
    for deed in (claim, release):
        world.clock.forward(minutes=5)
        deed(world.handling, item.id, actor=world.actor("hugo"))
    return world


def events_of(world: World) -> int:
    """Return how many events there are: of to-dos, of records about else, of other elements."""
    with world.handling.store.read() as conn:
        return int(
            conn.scalar(
                text("""SELECT (SELECT count(*) + count(ended_at) FROM work_item)
                  + (SELECT count(*) FROM entry WHERE verb NOT IN
                     ('item:opened', 'item:completed', 'item:cancelled'))
                  + (SELECT count(*) FROM visit v WHERE NOT EXISTS (SELECT FROM work_item w
                     WHERE w.step = v.element))""")
            )
            or 0
        )


def count(world: World, table: str) -> int:
    with world.handling.store.read() as conn:
        return int(conn.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608


def said(one: dict[str, Any]) -> dict[str, Any]:
    return {attribute["name"]: attribute["value"] for attribute in one["attributes"]}


# --- XES ------------------------------------------------------------------------------------------

XES = "{http://www.xes-standard.org/}"


def parsed(file: Path) -> etree._Element:
    return etree.parse(str(file), etree.XMLParser(resolve_entities=False)).getroot()


def value(element: etree._Element, key: str) -> str | None:
    return next((one.get("value") for one in element if one.get("key") == key), None)


@pytest.mark.parametrize("kind", [Format.XES, Format.XES2])
def test_xes_opens_with_a_trace_for_each_incident(
    story: World, write: Write, pm4py: Any, kind: Format
) -> None:
    log = pm4py.read_xes(str(write(kind)))

    assert len(log) == events_of(story)
    assert log["case:concept:name"].nunique() == 3
    assert set(log["lifecycle:transition"]) == {
        "schedule", "start", "suspend", "complete", "withdraw",
    }  # fmt: skip
    done = log[(log["lifecycle:transition"] == "complete") & (log["putright:source"] == "todo")]
    assert list(done[done["case:concept:name"] == "1"]["concept:name"]) == [
        "agree_what_right_means", "do_it_action", "verify_outcome", "confirm_outcome",
    ]  # fmt: skip


@pytest.mark.usefixtures("story")
def test_an_event_says_who_for_which_team_in_which_lane_and_when(write: Write) -> None:
    root = parsed(write(Format.XES, in_clear=True))
    trace = root.find(f"{XES}trace")
    assert trace is not None
    done = next(
        event
        for event in trace.iter(f"{XES}event")
        if value(event, "concept:name") == "do_it_action"
        and value(event, "lifecycle:transition") == "complete"
    )

    assert value(done, "org:resource") == "Ada Adler"
    assert value(done, "org:group") == "Databases"
    assert value(done, "org:role") == "it"
    assert value(done, "putright:party") == "it"
    assert value(done, "time:timestamp") == "2026-03-02T09:30:00+00:00"
    assert value(trace, "putright:closed_by") == "confirmed"


@pytest.mark.usefixtures("story")
def test_xes_declares_what_it_uses(write: Write) -> None:
    """As the schema of the standard has it: version, extensions, globals, classifiers, traces."""
    root = parsed(write(Format.XES))

    assert (root.tag, root.get("xes.version")) == (f"{XES}log", "1849.2016")
    prefixes = {one.get("prefix") for one in root.findall(f"{XES}extension")}
    keys = {one.get("key", "") for one in root.iter() if one.get("key")}
    assert {key.partition(":")[0] for key in keys} == prefixes
    order = [one.tag.removeprefix(XES) for one in root]
    assert order == sorted(
        order, key=["extension", "global", "classifier", "string", "trace"].index
    )
    for scope in ("trace", "event"):
        (declared,) = (one for one in root.findall(f"{XES}global") if one.get("scope") == scope)
        wanted = {(one.tag, one.get("key")) for one in declared}
        for one in root.iter(f"{XES}{scope}"):
            assert wanted <= {(inner.tag, inner.get("key")) for inner in one}
    for classifier in root.findall(f"{XES}classifier"):
        assert set((classifier.get("keys") or "").split()) <= keys
    assert parsed(write(Format.XES2)).get("xes.version") == "2.0"


def test_runs_are_traces_of_their_own_where_asked(story: World, write: Write, pm4py: Any) -> None:
    log = pm4py.read_xes(str(write(Format.XES, by_run=True)))

    assert set(log["case:concept:name"]) == {"1", "1, action 1", "2", "2, action 1", "3"}
    assert len(log) == events_of(story)


# --- OCEL -----------------------------------------------------------------------------------------


def test_ocel_opens_as_json_with_every_event_and_object(
    story: World, write: Write, pm4py: Any
) -> None:
    log = pm4py.read_ocel2_json(str(write(Format.OCEL_JSON)))

    assert len(log.events) == events_of(story)
    kinds = log.objects["ocel:type"].value_counts().to_dict()
    # the tool leaves out what no event is about: a criterion that nobody has agreed to
    assert kinds["incident"] == 3
    assert kinds["action"] == count(story, "action")
    assert kinds["to-do"] == count(story, "work_item")
    assert kinds["criterion"] == count(story, "criterion") - 1
    assert set(kinds) == {
        "incident", "action", "to-do", "criterion", "person", "team", "business process",
        "product", "customer organisation", "release",
    }  # fmt: skip
    qualifiers = set(log.relations["ocel:qualifier"])
    assert {"incident", "action", "to-do", "by", "team", "criterion"} <= qualifiers


@pytest.mark.usefixtures("story")
def test_ocel_in_sqlite_is_the_same_log(write: Write, pm4py: Any) -> None:
    asjson = pm4py.read_ocel2_json(str(write(Format.OCEL_JSON)))
    assql = pm4py.read_ocel2_sqlite(str(write(Format.OCEL_SQLITE)))

    for part in ("events", "objects", "relations", "o2o"):
        assert len(getattr(asjson, part)) == len(getattr(assql, part)) > 0, part
    assert set(asjson.events["ocel:eid"]) == set(assql.events["ocel:eid"])
    states = assql.object_changes[assql.object_changes["ocel:type"] == "incident"]
    assert set(states["state"].dropna()) == {"closed"}


@pytest.mark.usefixtures("story")
def test_the_database_of_ocel_holds_every_rule_of_the_format(write: Write) -> None:
    from pm4py.objects.ocel.validation import ocel20_rel_validation

    file = write(Format.OCEL_SQLITE)
    kept, broken = ocel20_rel_validation.apply(str(file))

    assert (len(kept) > 20, list(broken)) == (True, [])
    with closing(sqlite3.connect(file)) as conn:
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.usefixtures("story")
def test_ocel_json_is_as_its_schema_says(write: Write) -> None:
    log = json.loads(write(Format.OCEL_JSON).read_bytes())

    assert set(log) == {"objectTypes", "eventTypes", "objects", "events"}
    ids = [one["id"] for one in log["objects"]]
    assert len(ids) == len(set(ids))
    events = [one["id"] for one in log["events"]]
    assert len(events) == len(set(events))
    for kind, things in (("objectTypes", log["objects"]), ("eventTypes", log["events"])):
        types = {
            one["name"]: {a["name"]: a["type"] for a in one["attributes"]} for one in log[kind]
        }
        assert len(types) == len(log[kind])
        for one in things:
            for attribute in one["attributes"]:
                assert fits(attribute["value"], types[one["type"]][attribute["name"]])
                assert set(attribute) == {"name", "value"} | (
                    {"time"} if kind == "objectTypes" else set()
                )
            for to in one["relationships"]:
                assert set(to) == {"objectId", "qualifier"}
                assert to["objectId"] in set(ids), one
    assert all(one["time"].endswith("+00:00") for one in log["events"])


def fits(given: object, kind: str) -> bool:
    wanted = {"string": str, "time": str, "integer": int, "boolean": bool}[kind]
    return isinstance(given, wanted) and isinstance(given, bool) == (kind == "boolean")


def test_events_are_in_order_and_a_to_do_begins_before_it_ends(story: World) -> None:
    with story.handling.store.read() as conn:
        cases = list(mined_cases(conn, Mined(KEY.secret)))
    for case in cases:
        events = json.loads(f"[{case.events}]")
        assert [one["time"] for one in events] == sorted(one["time"] for one in events)
        seen: set[str] = set()
        for one in events:
            if one["id"].startswith("todo:"):
                todo = one["id"].split(":")[1]
                assert (said(one)["lifecycle"] == "schedule") == (todo not in seen)
                seen.add(todo)


# --- what is in it, and what is not ---------------------------------------------------------------


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("kind", list(Format))
def test_without_being_asked_no_file_names_a_person_or_says_what_people_wrote(
    write: Write, kind: Format
) -> None:
    names = ["Ada Adler", "Carla Costa", "Costa Bakery", "Wrong balances", "0 differences"]

    plain = write(kind).read_bytes()
    assert [name for name in names if name.encode() in plain] == []
    assert b"Databases" in plain
    clear = write(kind, in_clear=True).read_bytes()
    assert [name for name in names[:2] if name.encode() in clear] == names[:2]


def test_pseudonyms_are_the_same_in_every_file_of_a_house_and_in_no_other(world: World) -> None:
    world.confirmed()

    def people(secret: bytes) -> set[str]:
        with world.handling.store.read() as conn:
            (case,) = mined_cases(conn, Mined(secret))
        events = json.loads(f"[{case.events}]")
        return {
            to["objectId"]
            for one in events
            for to in one["relationships"]
            if to["qualifier"] == "by"
        }

    assert people(KEY.secret) == people(KEY.secret)
    assert people(KEY.secret).isdisjoint(people(b"another house"))
    assert len(people(KEY.secret)) == 4


@pytest.mark.parametrize("kind", list(Format))
def test_one_for_named_people_only_is_a_number_and_nothing_else(
    world: World, write: Write, pm4py: Any, kind: Format
) -> None:
    world.confirmed()
    hidden = world.report(title="The Zephyr papers")
    world.lead(hidden)
    world.propose(hidden, "hugo", title="Zephyr")
    restrict(world.handling, hidden, reason="Zephyr", actor=world.actor("hugo"), people=[])

    file = write(kind, in_clear=True)

    assert b"zephyr" not in file.read_bytes().lower()
    if kind is Format.OCEL_JSON:
        log = json.loads(file.read_bytes())
        (one,) = (one for one in log["objects"] if one["id"] == "incident:2")
        assert (said(one), one["relationships"]) == ({"number": 2, "restricted": True}, [])
        assert "incident:2" not in json.dumps(log["events"])
    if kind is Format.XES:
        traces = parsed(file).findall(f"{XES}trace")
        assert [value(one, "concept:name") for one in traces] == ["1", "2"]
        assert traces[1].findall(f"{XES}event") == []
        assert len(pm4py.read_xes(str(file))) > 0


@pytest.mark.parametrize("kind", list(Format))
def test_whatever_people_write_survives_or_is_marked(
    world: World, write: Write, pm4py: Any, kind: Format
) -> None:
    incident = world.report(title="Plain")
    with world.handling.store.engine.begin() as conn:
        conn.execute(
            text("UPDATE incident SET title = :title WHERE id = :id"),
            {"title": HOSTILE, "id": incident},
        )

    file = write(kind, in_clear=True)

    if kind in (Format.XES, Format.XES2):
        (trace,) = parsed(file).findall(f"{XES}trace")
        kept = HOSTILE.replace("\x01", "�").replace("\x1f", "�").replace("\ufffe", "�")
        assert value(trace, "putright:title") == kept
        assert set(pm4py.read_xes(str(file))["case:putright:title"]) == {kept}
    else:
        read = pm4py.read_ocel2_json if kind is Format.OCEL_JSON else pm4py.read_ocel2_sqlite
        assert HOSTILE in set(read(str(file)).objects["title"].dropna())


def test_a_period_and_a_process_narrow_it(story: World) -> None:
    def numbers(**wanted: Any) -> list[int]:
        with story.handling.store.read() as conn:
            return [case.number for case in mined_cases(conn, Mined(KEY.secret, **wanted))]

    begun = story.row(story.numbered(2)).told_at
    assert numbers(since=begun) == [2, 3]
    assert numbers(until=begun) == [1]
    assert numbers(since=begun, until=begun + timedelta(hours=1)) == [2]
    with story.handling.store.read() as conn:
        named = conn.scalar(text("SELECT name FROM business_process"))
        process = process_named(conn, named)
    assert numbers(process_id=process) == [1, 2, 3]
    assert numbers(process_id=KEY_OF_NOBODY) == []


KEY_OF_NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("kind", list(Format))
def test_nothing_is_a_whole_file_too(write: Write, kind: Format) -> None:
    file = write(kind)

    if kind is Format.OCEL_JSON:
        assert json.loads(file.read_bytes())["events"] == []
    elif kind is Format.OCEL_SQLITE:
        with closing(sqlite3.connect(file)) as conn:
            assert conn.execute("SELECT count(*) FROM event").fetchone() == (0,)
    else:
        assert parsed(file).findall(f"{XES}trace") == []


def test_a_file_that_was_not_finished_is_not_there(
    story: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(done: int, total: int) -> None:
        raise RuntimeError((done, total))

    file = tmp_path / "log.json"
    monkeypatch.setattr("api.mining.writing._TOLD_EVERY", 2)
    with story.handling.store.read() as conn, pytest.raises(RuntimeError):
        write_mined(conn, Mined(KEY.secret), file, Format.OCEL_JSON, told=breaks)

    assert list(tmp_path.iterdir()) == []


def test_whoever_stops_reading_halfway_leaves_the_connection_to_the_next(story: World) -> None:
    store = story.handling.store
    with store.read() as conn, closing(mined_cases(conn, Mined(KEY.secret))) as cases:
        first = next(cases).number

    with store.read() as conn:
        numbers = [case.number for case in mined_cases(conn, Mined(KEY.secret))]
    assert numbers == [first, *numbers[1:]]
    assert len(numbers) == 3


def test_a_database_that_goes_away_meanwhile_is_told_plainly(story: World) -> None:
    store = story.handling.store

    def read() -> None:
        with store.read() as conn:
            pid = conn.scalar(text("SELECT pg_backend_pid()"))
            with store.read() as other:
                end = text("SELECT pg_terminate_backend(:pid, 5000)")
                assert other.scalar(end, {"pid": pid})
            list(mined_cases(conn, Mined(KEY.secret)))

    with pytest.raises(Unavailable):
        read()


@pytest.fixture(autouse=True)
def _quiet(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Keep the tool's banner and bars out of the report."""
    yield
    capsys.readouterr()
