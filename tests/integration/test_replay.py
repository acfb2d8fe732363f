"""Replaying a log: through the real use cases, diagrams and database, on the log's own clock."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row as Fetched
from sqlalchemy import text

from api.wiring import plain_handling
from engine.domain.party import Party
from engine.errors import LogRefused
from engine.queries.closures import closures_without_evidence
from engine.queries.ledger import incident_ledger
from engine.store.embedded import DatabaseUrls
from engine.usecases.handling import Handling
from engine.usecases.proposing import Proposal, propose_action
from engine.usecases.replay import Summary, Tally, preset, replay_log
from engine.usecases.replay.people import Source
from engine.usecases.replay.reading import read_log
from engine.usecases.replay.replaying import Replayer
from engine.usecases.timing import hand_out_due
from tests.replayed import OPENED, case, row, write_log
from tests.until import until
from tests.world import KEY

SOURCE = Source("servicenow")
PLAIN = [("New", 0.5), ("Active", 2), ("Resolved", 5), ("Closed", 130)]


class Replayed:
    """A database into which small logs are replayed, in this process."""

    def __init__(self, handling: Handling, folder: Path) -> None:
        self.handling = handling
        self.folder = folder

    def replay(self, *cases: Sequence[dict[str, str]], most_rows: int | None = None) -> Tally:
        """Replay the cases as one log; with `most_rows`, be gone after so many rows of each."""
        log_path = write_log(self.folder / "log.csv", [one for rows in cases for one in rows])
        tally = Tally()
        now = self.handling.store.clock()
        with read_log(
            log_path, preset("servicenow"), now=now, on_unreadable=lambda *_: None
        ) as log:
            assert log.last_at is not None
            replayer = Replayer(self.handling, SOURCE, log.last_at)
            replayer.found()
            for rows in log.cases():
                if most_rows is not None:
                    _replay_some(replayer, rows, most_rows)
                else:
                    tally.add(replayer.replay(rows))
        return tally

    def query(self, sql: str, number: str = "A") -> list[Fetched[Any]]:
        """Return the rows of a statement about one case, `:id`."""
        with self.handling.store.read() as conn:
            return list(conn.execute(text(sql), {"id": SOURCE.incident_id(number)}).all())

    def verbs(self, number: str = "A") -> list[str]:
        """Return the verbs of the case's entries, in order."""
        return [
            verb
            for (verb,) in self.query(
                "SELECT verb FROM entry WHERE incident_id = :id ORDER BY seq", number
            )
        ]

    def actions(self, number: str = "A") -> list[tuple[str, str]]:
        """Return party and state of the case's actions, in order."""
        sql = "SELECT party, state FROM action WHERE incident_id = :id ORDER BY number"
        return [(party, state) for party, state in self.query(sql, number)]

    def incident(self, number: str = "A") -> Fetched[Any]:
        """Return the incident of a case."""
        return self.query("SELECT * FROM incident WHERE id = :id", number)[0]

    def hours(self, number: str = "A") -> dict[Party, float]:
        """Return the ledger of a case in hours."""
        with self.handling.store.read() as conn:
            ledger = incident_ledger(conn, SOURCE.incident_id(number), self.handling.store.clock())
        return {party: took / timedelta(hours=1) for party, took in ledger.totals.items() if took}


def _replay_some(replayer: Replayer, rows: Sequence[Any], most: int) -> None:
    """Replay the first rows as an interrupted run leaves them: without the end of the log."""

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.usecases.replay.replaying._Case._come_to_the_end", killed)
        with pytest.raises(Killed):
            replayer.replay(rows[:most])


@pytest.fixture
def replayed(database: DatabaseUrls, tmp_path: Path) -> Iterator[Replayed]:
    """A published database without anybody in it."""
    handling = plain_handling(database.app_url, KEY)
    yield Replayed(handling, tmp_path)
    handling.store.engine.dispose()


def at(hours: float) -> datetime:
    """Return the instant so many hours after a case of the tests was opened."""
    return OPENED + timedelta(hours=hours)


def test_a_case_is_told_by_the_use_cases_and_the_gate_keeps_it_open(replayed: Replayed) -> None:
    tally = replayed.replay(case("A", *PLAIN, assigned_to="Resolver 7"))

    assert not tally.faults
    incident = replayed.incident()
    assert (incident.state, incident.closed_by) == ("open", None)
    assert replayed.verbs() == [
        "incident:reported",
        "incident:replayed",
        "incident:lead_taken",
        "incident:replayed",
        "incident:agreed",
        "action:proposed",
        "action:started",
        "incident:replayed",
        "action:done",
        "outcome:verified",
        "confirmation:asked",
        "confirmation:reminded",
        "incident:replayed",
        "closure:refused",
        "confirmation:reminded",
        "incident:observed",
    ]


def test_figures_of_a_plain_case(replayed: Replayed) -> None:
    tally = replayed.replay(case("A", *PLAIN))

    figures = Summary(tally, 0, 2.0).as_json()
    assert figures == {
        "incidents": 1,
        "events": 4,
        "rows_skipped": 0,
        "closures_tried": 1,
        "closures_refused": 1,
        "confirmed": 0,
        "escalated": 0,
        "reopened": 0,
        "confirmation_debt": 1,
        "seconds_by_party": {
            "it": 5 * 3600,
            "business": 0,
            "customer": 125 * 3600,
            "external": 0,
        },
        "elapsed_s": 2.0,
        "events_per_s": 2.0,
    }


def test_time_is_the_logs_own(replayed: Replayed) -> None:
    replayed.replay(case("A", *PLAIN, assigned_to="Resolver 7"))

    incident = replayed.incident()
    assert incident.told_at == OPENED
    assert incident.taken_up_at == at(0.5)
    assert incident.right_since == incident.restored_entered_at == at(5)
    assert incident.observed_until == at(130)
    newest = replayed.query("SELECT max(at) FROM entry WHERE incident_id = :id")[0][0]
    assert newest == at(130)


def test_whose_time_it_was_follows_the_states(replayed: Replayed) -> None:
    steps = [
        ("New", 0),
        ("Active", 1),
        ("Awaiting User Info", 3),
        ("Active", 6),
        ("Awaiting Vendor", 10),
        ("Awaiting Problem", 15),
        ("Awaiting Evidence", 16),
        ("Resolved", 18),
        ("Closed", 20),
    ]
    replayed.replay(case("A", *steps))

    assert replayed.actions() == [
        ("it", "done"),
        ("customer", "done"),
        ("it", "done"),
        ("external", "done"),
        ("it", "done"),
        ("customer", "done"),
    ]
    assert replayed.hours() == {
        Party.IT: 1 + 2 + 4 + 1,
        Party.CUSTOMER: 3 + 2 + 2,
        Party.EXTERNAL: 5,
    }


def test_the_ladder_goes_on_until_the_log_ends(replayed: Replayed) -> None:
    other = case("B", ("New", 24 * 40))

    tally = replayed.replay(case("A", *PLAIN), other)

    # asked on a Tuesday at 13:00; the decision opens 10 working days later
    opened = replayed.query(
        "SELECT opened_at FROM work_item WHERE incident_id = :id AND mark = 'closing_decision'"
    )
    assert opened == [(at(5 + 24 * 14),)]
    assert replayed.incident().observed_until == at(24 * 40)
    assert (tally.escalated, replayed.incident().state) == (0, "open")
    assert replayed.hours() == {
        Party.IT: 5,
        Party.CUSTOMER: 24 * 14,
        Party.BUSINESS: 24 * 26 - 5,
    }


def test_an_overdue_action_climbs_at_its_own_instant(replayed: Replayed) -> None:
    replayed.replay(case("A", ("Active", 0), ("Resolved", 24 * 30)))

    climbed = replayed.query(
        "SELECT at FROM entry WHERE incident_id = :id AND verb = 'action:overdue' ORDER BY seq"
    )
    # P3: due after 3 working days, then each day
    assert [when for (when,) in climbed] == [at(24 * day) for day in (3, 4, 5)]


def test_reminders_go_out_by_the_ladder_at_their_own_instants(replayed: Replayed) -> None:
    replayed.replay(case("A", ("Active", 0), ("Resolved", 1), ("Active", 24 * 30)))

    reminded = replayed.query(
        "SELECT at FROM entry WHERE incident_id = :id AND verb = 'confirmation:reminded'"
        " ORDER BY seq"
    )
    # P3: after 3 and 7 working days from Tuesday, 9:00
    assert [when for (when,) in reminded] == [at(1 + 24 * 3), at(1 + 24 * 9)]


def test_back_to_work_counts_as_reopened_and_takes_it_back(replayed: Replayed) -> None:
    steps = [("Active", 0), ("Resolved", 1), ("Active", 2), ("Resolved", 3), ("Closed", 4)]

    tally = replayed.replay(case("A", *steps))

    assert (tally.reopened, tally.closures_refused, tally.confirmation_debt) == (1, 1, 1)
    assert replayed.actions() == [("it", "done"), ("it", "done")]
    assert replayed.verbs().count("confirmation:asked") == 2


def test_what_went_back_after_a_refused_closure_is_no_debt(replayed: Replayed) -> None:
    steps = [("Active", 0), ("Resolved", 1), ("Closed", 2), ("Active", 3), ("Active", 4)]

    tally = replayed.replay(case("A", *steps))

    assert (tally.closures_tried, tally.closures_refused) == (1, 1)
    assert (tally.reopened, tally.confirmation_debt) == (1, 0)
    assert replayed.actions() == [("it", "done"), ("it", "open")]


def test_rows_after_closed_are_entries_and_no_second_try(replayed: Replayed) -> None:
    tally = replayed.replay(case("A", *PLAIN, ("Closed", 131), ("Closed", 132)))

    assert (tally.events, tally.closures_tried, tally.confirmation_debt) == (6, 1, 1)


def test_a_case_of_resolved_and_closed_only_is_told_too(replayed: Replayed) -> None:
    tally = replayed.replay(case("A", ("Resolved", 3), ("Closed", 4)))

    assert not tally.faults
    assert replayed.actions() == [("it", "done")]
    assert replayed.hours() == {Party.IT: 3, Party.CUSTOMER: 1}


def test_closed_without_resolved_meets_the_gate(replayed: Replayed) -> None:
    tally = replayed.replay(case("A", ("New", 0), ("Closed", 4)))

    assert (tally.closures_refused, replayed.incident().state) == (1, "open")


def test_an_unknown_state_is_an_entry_and_changes_nothing(replayed: Replayed) -> None:
    tally = replayed.replay(case("A", ("Active", 0), ("-100", 1), ("-100", 2), ("Resolved", 3)))

    assert (tally.events, tally.faults) == (4, [])
    assert replayed.actions() == [("it", "done")]


def test_time_that_goes_backwards_is_no_fault(replayed: Replayed) -> None:
    tally = replayed.replay(case("A", ("Active", 5), ("Awaiting User Info", 3), ("Active", 6)))

    assert not tally.faults
    assert replayed.hours() == {Party.IT: 5, Party.CUSTOMER: 1}


def test_a_hand_over_keeps_one_action_and_shows_each_holder(replayed: Replayed) -> None:
    rows = [
        row("A", 0, "Active", 0, assignment_group="Group 1"),
        row("A", 1, "Active", 1, assignment_group="Group 2"),
        row("A", 2, "Active", 2, assignment_group="Group 2", assigned_to="Resolver 9"),
        row("A", 3, "Active", 3, assignment_group="Group 2", assigned_to="Resolver 9"),
    ]

    replayed.replay(rows)

    assert replayed.actions() == [("it", "open")]
    held = replayed.query(
        "SELECT team.name, person.name, w.how FROM work_item w"
        " LEFT JOIN team ON team.id = w.team_id LEFT JOIN person ON person.id = w.people[1]"
        " WHERE w.incident_id = :id AND w.action_id IS NOT NULL ORDER BY w.opened_at"
    )
    assert held == [
        ("Group 1 (servicenow)", None, "handed_on"),
        ("Group 2 (servicenow)", None, "handed_on"),
        (None, "Resolver 9", None),
    ]


def test_a_supplier_named_while_waiting_takes_over(replayed: Replayed) -> None:
    rows = [
        row("A", 0, "Active", 0),
        row("A", 1, "Awaiting Vendor", 1),
        row("A", 2, "Awaiting Vendor", 2, vendor="Vendor 3"),
    ]

    replayed.replay(rows)

    teams = replayed.query(
        "SELECT team.name, team.party FROM work_item w JOIN team ON team.id = w.team_id"
        " WHERE w.incident_id = :id AND w.party = 'external' ORDER BY w.opened_at"
    )
    assert teams == [
        ("Supplier not named (servicenow)", "external"),
        ("Vendor 3 (servicenow)", "external"),
    ]


def test_a_machine_signs_and_no_person_of_the_record_does(replayed: Replayed) -> None:
    replayed.replay(case("A", *PLAIN), case("B", ("New", 24 * 30)))

    signed = replayed.query("SELECT DISTINCT actor, person_id FROM entry ORDER BY actor")
    assert signed == [("Putright's timer", None), ("replay of servicenow", None)]


def test_whoever_the_record_names_is_there_and_cannot_sign_in(replayed: Replayed) -> None:
    replayed.replay(
        case("A", *PLAIN, caller_id="Caller 5", assigned_to="Resolver 7"), case("B", *PLAIN)
    )

    people = replayed.query(
        "SELECT person.name, o.kind FROM person LEFT JOIN organisation o"
        " ON o.id = organisation_id WHERE password_hash IS NULL ORDER BY person.name"
    )
    assert ("Caller 5", "customer") in people
    assert ("Resolver 7", None) in people
    assert replayed.query("SELECT count(*) FROM person WHERE password_hash IS NOT NULL") == [(0,)]
    member = replayed.query(
        "SELECT team.name FROM membership JOIN team ON team.id = team_id"
        " JOIN person ON person.id = person_id WHERE person.name = 'Resolver 7'"
    )
    assert member == [("Group 1 (servicenow)",)]


def test_a_case_without_a_caller_has_somebody_to_ask(replayed: Replayed) -> None:
    tally = replayed.replay(case("A", *PLAIN, caller_id="?", sys_updated_by="?", resolved_by="?"))

    assert not tally.faults


def test_the_verifier_is_not_who_did_the_work(replayed: Replayed) -> None:
    replayed.replay(case("A", *PLAIN, assigned_to="P", sys_updated_by="P", resolved_by="P"))

    checked = replayed.query(
        "SELECT person.name FROM verification JOIN person ON person.id = person_id"
    )
    assert checked == [("Owner (servicenow)",)]


def test_no_worker_ever_finds_the_timers_of_a_log(replayed: Replayed) -> None:
    replayed.replay(case("A", *PLAIN), most_rows=3)
    found: list[UUID] = []

    handed_out = hand_out_due(replayed.handling, lambda _, runs: found.extend(runs))

    assert (handed_out, found) == (0, [])


@pytest.mark.parametrize("rows_done", [1, 2, 3, 4])
def test_an_interrupted_case_goes_on_where_it_stopped(replayed: Replayed, rows_done: int) -> None:
    rows, later = case("A", *PLAIN), case("Z", ("New", 24 * 40))
    replayed.replay(rows, most_rows=rows_done)

    tally = replayed.replay(rows, later)

    assert tally.events == 4 - rows_done + 1
    assert replayed.verbs().count("incident:replayed") == 4
    assert replayed.verbs().count("confirmation:reminded") == 2
    assert replayed.hours() == {
        Party.IT: 5,
        Party.CUSTOMER: 24 * 14,
        Party.BUSINESS: 24 * 26 - 5,
    }


def test_the_same_log_again_changes_nothing(replayed: Replayed) -> None:
    replayed.replay(case("A", *PLAIN))
    before = replayed.verbs()

    tally = replayed.replay(case("A", *PLAIN))

    assert (tally.known, tally.incidents, tally.events) == (1, 0, 0)
    assert replayed.verbs() == before


def test_a_case_that_somebody_moves_meanwhile_is_left_alone(replayed: Replayed) -> None:
    rows = case("A", *PLAIN)
    replayed.replay(rows, most_rows=2)
    proposal = Proposal(title="Ask the neighbours", party=Party.IT)

    with read_log(
        replayed.folder / "log.csv",
        preset("servicenow"),
        now=replayed.handling.store.clock(),
        on_unreadable=lambda *_: None,
    ) as log:
        [read_rows] = log.cases()
    replayer, read_id = Replayer(replayed.handling, SOURCE, at(130)), SOURCE.incident_id("A")

    with pytest.MonkeyPatch.context() as patch:
        keep = replayer.people.keep

        def meddle() -> None:
            patch.undo()  # once, behind the back of a replay that is going on
            propose_action(
                replayed.handling, read_id, proposal, actor=SOURCE.owner, by=SOURCE.machine
            )
            keep()

        patch.setattr(replayer.people, "keep", meddle)
        tally = replayer.replay(read_rows)

    assert tally.faults == ["A: Somebody else has moved this incident meanwhile."]


def test_every_closed_incident_has_its_evidence_after_a_replay(replayed: Replayed) -> None:
    replayed.replay(*(case(f"C{n}", *PLAIN) for n in range(5)))

    with replayed.handling.store.read() as conn:
        assert closures_without_evidence(conn, {KEY.id: KEY.secret}) == (0, [])


def replay_in_processes(database: DatabaseUrls, path: Path, *, limit: int | None = None) -> Summary:
    """Replay a log as the command does."""
    return replay_log(
        partial(plain_handling, database.app_url, KEY),
        path,
        preset("servicenow"),
        limit=limit,
        workers=2,
        on_unreadable=lambda *_: None,
        progress=lambda *_: None,
    )


def test_cases_are_replayed_in_processes_side_by_side(
    database: DatabaseUrls, replayed: Replayed, tmp_path: Path
) -> None:
    rows = [one for n in range(12) for one in case(f"C{n:02}", *PLAIN, caller_id=f"Caller {n % 3}")]
    path = write_log(tmp_path / "many.csv.gz", rows, extra=["damaged"])

    first = replay_in_processes(database, path, limit=7)
    rest = replay_in_processes(database, path)

    assert (first.tally.incidents, first.tally.events, first.rows_skipped) == (7, 28, 1)
    assert (rest.tally.incidents, rest.tally.known, rest.tally.events) == (5, 7, 20)
    assert replayed.query("SELECT count(*), count(DISTINCT source_reference) FROM incident") == [
        (12, 12)
    ]


def test_nothing_is_written_when_the_header_is_wrong(
    database: DatabaseUrls, replayed: Replayed, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("ticket,status\n1,open\n")

    with pytest.raises(LogRefused, match="“number”"):
        replay_in_processes(database, path)

    assert replayed.query("SELECT count(*) FROM business_process") == [(0,)]


KILLED = """
import sys
from functools import partial
from pathlib import Path
from api.wiring import plain_handling
from engine.usecases.replay import preset, replay_log
from tests.world import KEY

if __name__ == "__main__":
    replay_log(
        partial(plain_handling, sys.argv[1], KEY), Path(sys.argv[2]), preset("servicenow"),
        limit=None, workers=2, on_unreadable=print, progress=lambda rows, done: None,
    )
"""


def test_a_killed_replay_leaves_nobody_behind_and_goes_on(
    database: DatabaseUrls, replayed: Replayed, tmp_path: Path
) -> None:
    rows = [one for n in range(60) for one in case(f"C{n:02}", *PLAIN)]
    path = write_log(tmp_path / "many.csv", rows)
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, str(script), database.app_url, str(path)],
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
    )
    entries = "SELECT count(*) FROM entry WHERE verb = 'incident:replayed'"
    until(lambda: replayed.query(entries)[0][0] >= 20)

    process.send_signal(signal.SIGKILL)
    process.wait()
    connected = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND usename = 'putright_app'"
    )
    until(lambda: replayed.query(connected)[0][0] == 0)
    done = replayed.query(entries)[0][0]
    rest = replay_in_processes(database, path)

    assert not rest.tally.faults
    assert rest.tally.events == 240 - done
    assert replayed.query(entries) == [(240,)]
    assert replayed.query("SELECT count(*) FROM incident WHERE observed_until IS NULL") == [(0,)]
