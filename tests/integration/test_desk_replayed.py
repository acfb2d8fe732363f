"""After a replay: what the log's machine tried to close, and what was done instead."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.wiring import plain_handling
from engine.domain.party import Party
from engine.queries.closures import closures_without_evidence
from engine.queries.ledger import incident_ledger
from engine.queries.paging import Page
from engine.queries.replayed import replayed_counts, replayed_lines
from engine.store.embedded import DatabaseUrls
from tests.evidence import KEYS
from tests.integration.test_replay import PLAIN, SOURCE, Replayed
from tests.replayed import case
from tests.visitor import Visitor, words_of
from tests.world import KEY, World


@pytest.fixture
def replayed(database: DatabaseUrls, tmp_path: Path) -> Iterator[Replayed]:
    handling = plain_handling(database.app_url, KEY)
    yield Replayed(handling, tmp_path)
    handling.store.engine.dispose()


OPEN = [("New", 0.5), ("Active", 24 * 60)]


def test_each_try_to_close_is_told_with_what_was_missing(replayed: Replayed) -> None:
    replayed.replay(case("A", *PLAIN), case("B", *OPEN))

    with replayed.handling.store.read() as conn:
        counts = replayed_counts(conn)
        lines, after = replayed_lines(conn)
        every, _ = replayed_lines(conn, tried_only=False)

    assert (counts.incidents, counts.tried, counts.tried_on, counts.closed) == (2, 1, 1, 0)
    assert counts.machines == (SOURCE.machine.name,)
    (line,) = lines
    assert (line.reference, line.tried, line.state) == ("A", 1, "open")
    assert line.missing == ("Caller 1 has not answered",)
    assert [one.reference for one in every] == ["A", "B"]
    assert after is None


def test_what_the_ladder_did_instead_is_counted(replayed: Replayed) -> None:
    # the log goes on for long enough to ask for a decision
    replayed.replay(case("A", *PLAIN), case("B", *OPEN))

    with replayed.handling.store.read() as conn:
        counts = replayed_counts(conn)
        ((line,), _) = replayed_lines(conn)

    assert (counts.asked, counts.to_decide, counts.decided) == (1, 1, 0)
    assert counts.reminded == line.reminded > 0
    assert counts.told == line.told > 0
    assert line.asked_at is not None
    assert line.to_decide_at is not None
    assert line.to_decide_at > line.asked_at
    assert line.decided_at is None


def test_whose_time_it_was_is_what_the_ledgers_say(replayed: Replayed) -> None:
    replayed.replay(case("A", *PLAIN), case("B", *OPEN))

    with replayed.handling.store.read() as conn:
        counts = replayed_counts(conn)
        lines, _ = replayed_lines(conn, tried_only=False)
        now = replayed.handling.store.clock()
        ledgers = [incident_ledger(conn, SOURCE.incident_id(number), now) for number in ("A", "B")]

    for line, ledger in zip(lines, ledgers, strict=True):
        assert {party: one for party, one in line.lengths.items() if one} == {
            party: one for party, one in ledger.totals.items() if one
        }
    for party in Party:
        assert counts.seconds[party] == sum(
            one.totals.get(party, ledgers[0].whole * 0).total_seconds() for one in ledgers
        )
    assert counts.untold == 0


def test_a_replay_that_was_interrupted_has_no_time_on_record(replayed: Replayed) -> None:
    replayed.replay(case("A", *PLAIN), most_rows=2)

    with replayed.handling.store.read() as conn:
        counts = replayed_counts(conn)
        ((line,), _) = replayed_lines(conn, tried_only=False)

    assert (counts.incidents, counts.untold, line.seconds) == (1, 1, None)


def test_lines_page_by_number(replayed: Replayed) -> None:
    replayed.replay(*(case(one, *PLAIN) for one in "ABC"))

    with replayed.handling.store.read() as conn:
        first, after = replayed_lines(conn, Page(2))
        second, end = replayed_lines(conn, Page(2, after))
        assert closures_without_evidence(conn, KEYS) == (0, [])

    assert [one.reference for one in (*first, *second)] == ["A", "B", "C"]
    assert end is None


def test_what_nobody_replayed_is_none_of_it(world: World, visit: Callable[..., Visitor]) -> None:
    world.confirmed()

    with world.handling.store.read() as conn:
        assert replayed_counts(conn).incidents == 0
        assert replayed_lines(conn, tried_only=False) == ([], None)
    assert "No log was replayed" in words_of(visit("egon").get("/desk/replayed"))
    visit("hugo").get("/desk/replayed", 403)


def test_the_page_and_the_file_tell_it_to_an_auditor(
    world: World, visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    Replayed(world.handling, tmp_path).replay(case("A", *PLAIN))

    egon = visit("egon")
    page = words_of(egon.get("/desk/replayed"))
    content = egon.get("/desk/replayed?as=csv")

    assert "tried to close 1 of them, 1 times in all; 0 are closed" in page
    assert "tried to close once" in page
    assert "has not answered" in page
    assert "Caller 1" not in page  # nobody has stated a purpose
    assert content.splitlines()[1].startswith("1,A,1,2016-03-06T18:00:00+00:00,")
