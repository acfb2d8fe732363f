"""What pages and lists are made of: who sees what, in how many statements."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from api.bench.counting import counted
from engine.domain.gate import Gate
from engine.domain.incident import Priority
from engine.domain.ledger import Reason
from engine.domain.party import Party
from engine.domain.permissions import Verb
from engine.errors import InvalidAnswers, NotFound
from engine.queries.choices import choices
from engine.queries.incident import IncidentPage, incident_page
from engine.queries.incidents import Filters, Incidents, incidents
from engine.queries.item import ItemPage, item_page
from engine.queries.ledger import IncidentLedger, incident_ledger
from engine.queries.paging import Page
from engine.queries.run import diagram_xml, run_page
from engine.queries.todos import ALL_OF_THEM, Scope, TodoFilters, Todos, todos
from engine.queries.trail import Trail, trail
from engine.usecases.holding import claim, save_draft
from engine.usecases.restricting import restrict as limit
from tests.world import World


def todo_page(
    world: World,
    login: str,
    scope: Scope = Scope.MINE,
    page: Page | None = None,
    filters: TodoFilters = ALL_OF_THEM,
) -> Todos:
    actor, now = world.actor(login), world.clock.now
    with world.handling.store.read() as conn:
        return todos(conn, actor, scope=scope, now=now, page=page or Page(), filters=filters)


def page_of(world: World, which: UUID | int, login: str) -> IncidentPage:
    actor = world.actor(login)
    with world.handling.store.read() as conn:
        return incident_page(conn, which, actor, world.clock.now)


def item_of(world: World, incident: UUID, step: str, login: str) -> ItemPage:
    item = world.item(incident, step, login)
    actor = world.actor(login)
    with world.handling.store.read() as conn:
        return item_page(conn, item.id, actor, world.clock.now)


def list_for(world: World, login: str, filters: Filters | None = None, **page: object) -> Incidents:
    actor = world.actor(login)
    with world.handling.store.read() as conn:
        return incidents(conn, actor, filters or Filters(), Page(**page))  # type: ignore[arg-type]


def ledger_of(world: World, incident: UUID) -> IncidentLedger:
    with world.handling.store.read() as conn:
        return incident_ledger(conn, incident, world.clock.now)


def trail_for(world: World, incident: UUID, login: str, page: Page | None = None) -> Trail:
    actor = world.actor(login)
    with world.handling.store.read() as conn:
        return trail(conn, incident, actor, page or Page())


def restrict(world: World, incident: UUID) -> None:
    actor = world.actor("hugo")
    limit(world.handling, incident, reason="It is about somebody here", actor=actor)


# --- to-dos --------------------------------------------------------------------------------------


def test_a_team_sees_what_it_is_asked_and_who_took_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases", "Correct the rows"))
    claim(world.handling, world.item(incident, "do_it_action").id, actor=world.actor("ada"))

    found = todo_page(world, "ada", Scope.TEAMS)

    (line,) = found.lines
    assert (line.step, line.action_title) == ("do_it_action", "Correct the rows")
    assert (line.claimed_by_name, line.is_mine) == ("Ada Adler", True)
    assert (found.counts.mine, found.counts.teams, found.counts.unclaimed) == (1, 1, 0)


def test_what_somebody_else_has_taken_is_no_longer_mine(world: World) -> None:
    incident = world.report()
    item = world.item(incident, "agree_what_right_means")
    assert [line.id for line in todo_page(world, "hugo").lines] == [item.id]

    with world.handling.store.begin() as work:
        work.conn.execute(
            text("UPDATE work_item SET claimed_by = :who"), {"who": world.people["bruno"]}
        )

    assert todo_page(world, "hugo").lines == ()


def test_to_dos_come_soonest_due_first_and_page_by_page(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    for days in (3, 1, 2):
        due = world.clock.now + timedelta(days=days)
        world.propose(incident, "hugo", title=f"In {days}", due_at=due)

    first = todo_page(world, "ada", Scope.TEAMS, Page(2))
    second = todo_page(world, "ada", Scope.TEAMS, Page(2, first.next))

    assert [line.action_title for line in first.lines] == ["In 1", "In 2"]
    assert [line.action_title for line in second.lines] == ["In 3"]
    assert second.next is None


def test_what_is_past_its_due_date_is_overdue(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo", due_at=world.clock.now + timedelta(hours=1))
    world.clock.forward(hours=2)

    found = todo_page(world, "ada", Scope.TEAMS)

    assert found.lines[0].is_overdue
    assert found.counts.overdue == 1


def test_to_dos_are_narrowed_and_each_filter_has_to_hold(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo", title="Late", due_at=world.clock.now + timedelta(hours=1))
    world.propose(incident, "hugo", title="Later", due_at=world.clock.now + timedelta(days=3))
    world.clock.forward(hours=2)
    every = todo_page(world, "ada", Scope.TEAMS)
    late, later = every.lines
    claim(world.handling, late.id, actor=world.actor("ada"))

    def titles(filters: TodoFilters) -> list[str | None]:
        found = todo_page(world, "ada", Scope.TEAMS, filters=filters)
        assert found.counts.teams == 2
        return [line.action_title for line in found.lines]

    both, other = ["Late", "Later"], next(p for p in Priority if p != late.priority)
    assert titles(TodoFilters(unclaimed=True)) == ["Later"]
    assert titles(TodoFilters(overdue=True)) == ["Late"]
    assert titles(TodoFilters(unclaimed=True, overdue=True)) == []
    assert titles(TodoFilters(party=Party(late.party))) == both
    assert titles(TodoFilters(party=Party.CUSTOMER)) == []
    assert titles(TodoFilters(process=late.process, priority=Priority(later.priority))) == both
    assert titles(TodoFilters(process=late.process, priority=other)) == []
    assert titles(TodoFilters(process="No such")) == []


def test_a_filter_finds_no_restricted_incident_for_who_may_not_see_it(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    (line,) = todo_page(world, "bruno", Scope.ALL).lines
    asked = TodoFilters(
        party=Party(line.party), process=line.process, priority=Priority(line.priority)
    )
    restrict(world, incident)

    assert todo_page(world, "bruno", Scope.ALL, filters=asked).lines == ()
    assert todo_page(world, "ada", Scope.TEAMS, filters=asked).lines == ()


def test_all_to_dos_are_for_staff_and_a_stranger_has_none(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))

    assert len(todo_page(world, "bruno", Scope.ALL).lines) == 1
    assert todo_page(world, "fay", Scope.ALL).lines == ()
    assert todo_page(world, "olga", Scope.ALL).lines == ()


def test_a_restricted_incident_is_on_nobodys_list_by_way_of_a_team(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    restrict(world, incident)

    assert todo_page(world, "ada", Scope.TEAMS).lines == ()
    assert todo_page(world, "bruno", Scope.ALL).lines == ()
    (seen,) = todo_page(world, "hugo", Scope.ALL).lines
    assert (seen.incident_number, seen.incident_title) == (1, None)
    (audited,) = todo_page(world, "egon", Scope.ALL).lines
    assert (audited.incident_title, audited.action_title) == (None, None)


@pytest.mark.parametrize("after", ["nonsense", "WyJ4Il0", "W10", "é"])
def test_a_made_up_cursor_is_refused_with_a_sentence(world: World, after: str) -> None:
    with pytest.raises(InvalidAnswers):
        todo_page(world, "ada", Scope.MINE, Page(10, after))


def test_lists_take_two_statements_however_long_they_are(world: World) -> None:
    for _ in range(5):
        world.asked()
    dora = world.actor("dora")

    with world.handling.store.read() as conn, counted(world.handling.store.engine) as sent:
        todos(conn, dora, scope=Scope.ALL, now=world.clock.now)
        assert len(sent.statements) == 2
        incidents(conn, dora)
        assert len(sent.statements) == 4


# --- one incident --------------------------------------------------------------------------------


def test_the_page_says_what_is_still_missing_and_who_is_asked(world: World) -> None:
    incident = world.asked()

    page = page_of(world, incident, "hugo")

    assert page.gate is Gate.SHUT
    assert page.missing == ("Carla Costa has not answered",)
    assert [item.people for item in page.open_items] == [("Carla Costa",)]
    assert page.criteria[0].is_fresh
    assert page.criteria[0].measured == "0"
    assert page.actions[0].team == "Databases"
    assert page.actions[0].settled_by == "Ada Adler"


def test_a_closed_incident_shows_its_milestones_and_the_customers_word(world: World) -> None:
    incident = world.confirmed()

    page = page_of(world, incident, "egon")

    assert (page.state, page.gate, page.missing) == ("closed", Gate.CONFIRMED, ())
    assert all(reached.at for reached in page.milestones if reached.milestone != "repaired")
    (said,) = page.confirmers
    assert (said.answer, said.lines[0].answer) == ("yes", "yes")
    assert page.verbs == {Verb.SEE}


def test_a_decision_is_shown_with_its_reason(world: World) -> None:
    incident = world.decided()

    (decision,) = page_of(world, incident, "egon").decisions

    assert (decision.by, decision.decided, decision.reason) == (
        "Dora Diaz",
        "close",
        "Has moved away",
    )


def test_the_number_finds_what_the_id_finds(world: World) -> None:
    incident = world.report()

    assert page_of(world, world.row(incident).number, "hugo").id == incident


@pytest.mark.parametrize("login", ["fay", "olga", "sami"])
def test_who_has_no_part_is_told_that_there_is_no_such_incident(world: World, login: str) -> None:
    incident = world.report()

    with pytest.raises(NotFound) as refused:
        page_of(world, incident, login)
    with pytest.raises(NotFound) as unknown:
        page_of(world, uuid4(), login)

    assert refused.value.sentence == unknown.value.sentence
    assert list_for(world, login).lines == ()


def test_a_supplier_sees_what_its_team_is_asked_for(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("post", "Print again"))

    assert page_of(world, incident, "sami").actions[0].title == "Print again"
    assert [line.id for line in list_for(world, "sami").lines] == [incident]


def test_a_customer_sees_the_reports_of_their_own_organisation_only(world: World) -> None:
    own = world.report("carla")
    other = world.report("olga")

    assert [line.id for line in list_for(world, "carla").lines] == [own]
    with pytest.raises(NotFound):
        page_of(world, other, "carla")


def test_fay_sees_her_own_report_and_nothing_else(world: World) -> None:
    world.report("carla")
    own = world.report("fay")

    found = list_for(world, "fay")

    assert [line.id for line in found.lines] == [own]
    assert (found.counts.open, found.counts.confirmed) == (1, 0)


def test_a_restricted_incident_is_a_number_without_a_title_to_staff(world: World) -> None:
    incident = world.report("carla", title="Salaries mailed to everybody")
    restrict(world, incident)

    (line,) = list_for(world, "bruno").lines
    assert (line.title, line.lead, line.waiting_for) == (None, None, None)
    with pytest.raises(NotFound):
        page_of(world, incident, "bruno")
    assert list_for(world, "bruno", Filters(words="salaries")).lines == ()
    (named,) = list_for(world, "dora").lines
    assert (named.title, named.may_open, line.may_open) == (None, True, False)
    assert list_for(world, "dora", Filters(words="salaries")).lines == ()
    assert page_of(world, incident, "dora").title == "Salaries mailed to everybody"


def test_the_list_says_what_is_waited_for_by_the_action_s_own_title(world: World) -> None:
    incident = world.report()
    assert list_for(world, "hugo").lines[0].waiting_for == "Agree what right means"

    world.lead(incident)
    world.agree(incident, world.for_team("accounting", "Issue corrected statements"))

    (line,) = list_for(world, "hugo").lines
    assert (line.waiting_for, line.waiting_party) == ("Issue corrected statements", "business")


def test_the_list_is_narrowed_and_paged(world: World) -> None:
    closed = world.confirmed()
    rest = [world.report(title=f"100 %_{n}") for n in range(3)]

    first = list_for(world, "hugo", size=2)
    second = list_for(world, "hugo", size=2, after=first.next)

    assert [line.id for line in (*first.lines, *second.lines)] == [*reversed(rest), closed]
    assert second.next is None
    assert [line.id for line in list_for(world, "hugo", Filters(words="%_1")).lines] == [rest[1]]
    assert first.counts.confirmed == 1


def test_an_incidents_page_takes_as_many_statements_for_one_action_as_for_ten(
    world: World,
) -> None:
    few, many = world.asked(), world.asked()
    for number in range(10):
        world.propose(many, "hugo", title=f"More {number}", targets=("A", "B"))
    hugo = world.actor("hugo")

    with world.handling.store.read() as conn, counted(world.handling.store.engine) as sent:
        incident_page(conn, few, hugo, world.clock.now)
        statements = len(sent.statements)
        incident_page(conn, many, hugo, world.clock.now)

    assert len(sent.statements) == 2 * statements
    assert statements <= 12


# --- one to-do -----------------------------------------------------------------------------------


def test_a_to_do_brings_its_form_its_verbs_and_what_it_is_about(world: World) -> None:
    incident = world.asked()

    page = item_of(world, incident, "confirm_outcome", "carla")

    assert page.form.title == "Is it right again?"
    assert {Verb.COMPLETE, Verb.SAVE_DRAFT} <= page.verbs
    assert page.prefill["criteria"][0]["measure"] == "Balance"
    assert page.context.actual == "214 statements show wrong balances"
    assert page.context.actions[0].state == "done"
    assert page.values is None


def test_who_led_it_is_offered_no_button_to_confirm_it(world: World) -> None:
    incident = world.asked()
    item = world.item(incident, "confirm_outcome")
    hugo = world.actor("hugo")

    with world.handling.store.read() as conn:
        page = item_page(conn, item.id, hugo, world.clock.now)

    assert page.verbs == {Verb.SEE}


def test_a_confirmer_asked_again_finds_the_earlier_answer_filled_in(world: World) -> None:
    incident = world.asked()
    world.confirm(incident, answer="partly")
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    world.verify(incident)

    page = item_of(world, incident, "confirm_outcome", "carla")

    assert page.is_asked_again
    assert page.values is not None
    assert page.values["criteria"][0]["answer"] == "partly"
    assert page.values["criteria"][0]["words"] == "Two are still wrong"


def test_a_draft_goes_before_what_is_known(world: World) -> None:
    incident = world.report()
    item = world.item(incident, "agree_what_right_means")
    known = item_of(world, incident, "agree_what_right_means", "hugo")
    assert known.values is not None
    assert known.values["confirmers"] == [str(world.people["carla"])]

    save_draft(world.handling, item.id, {"summary": "half"}, actor=world.actor("hugo"))

    page = item_of(world, incident, "agree_what_right_means", "hugo")
    assert page.is_draft
    assert page.values == {"summary": "half"}


def test_a_finished_to_do_shows_who_finished_it_and_what_they_said(world: World) -> None:
    incident = world.asked()
    done = next(row for row in world.items(incident, is_open=False) if row.step == "do_it_action")
    ada = world.actor("ada")

    with world.handling.store.read() as conn:
        page = item_page(conn, done.id, ada, world.clock.now)

    assert page.ended is not None
    assert (page.ended.how, page.ended.by) == ("completed", "Ada Adler")
    assert page.values is not None
    assert page.values["what_was_done"] == "Done as asked"
    assert page.verbs == {Verb.SEE}


def test_somebody_elses_to_do_is_not_there(world: World) -> None:
    item = world.item(world.asked(), "confirm_outcome")
    olga = world.actor("olga")

    with world.handling.store.read() as conn, pytest.raises(NotFound):
        item_page(conn, item.id, olga, world.clock.now)


def test_targets_come_with_what_is_ticked_already(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo", targets=("Costa Bakery", "Orlov Books"))
    with world.handling.store.begin() as work:
        work.conn.execute(text("UPDATE target SET outcome = 'done' WHERE position = 1"))

    page = item_of(world, incident, "do_it_action", "ada")

    assert [row["label"] for row in page.prefill["targets"]] == ["Costa Bakery", "Orlov Books"]
    assert page.values is not None
    assert [row["outcome"] for row in page.values["targets"]] == ["done"]


# --- ledger, trail, history ----------------------------------------------------------------------


def test_the_ledger_adds_up_and_names_whose_time_it_was(world: World) -> None:
    incident = world.report()
    world.clock.forward(hours=1)
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.clock.forward(hours=2)
    world.act(incident, "ada")
    world.clock.forward(hours=3)
    world.verify(incident)
    world.clock.forward(days=2)
    world.confirm(incident)
    world.clock.forward(days=30)

    found = ledger_of(world, incident)

    assert not found.is_running
    assert found.whole == timedelta(days=2, hours=6)
    assert sum(found.totals.values(), timedelta(0)) == found.whole
    assert found.totals == {
        Party.IT: timedelta(hours=3),
        Party.BUSINESS: timedelta(hours=3),
        Party.EXTERNAL: timedelta(0),
        Party.CUSTOMER: timedelta(days=2),
    }
    assert found.lines[-1].what == "Confirm the outcome"
    assert all(line.in_hours + line.out_of_hours == line.length for line in found.lines)


def test_while_a_decision_is_open_the_time_is_the_business_s(world: World) -> None:
    incident = world.asked()
    world.clock.forward(days=15)
    world.fire(incident)
    world.clock.forward(hours=5)

    last = ledger_of(world, incident).lines[-1]

    assert (last.party, last.reason) == (Party.BUSINESS, Reason.DECIDING)
    assert last.also_waiting == ("Confirm the outcome",)


def test_watching_is_the_business_s_time_and_what_prevents_holds_none(world: World) -> None:
    incident = world.report()
    world.lead(incident)
    world.agree(incident, world.for_team("databases"))
    world.act(incident, "ada")
    until = (world.clock.now + timedelta(days=2)).isoformat()
    rows = [{"criterion": str(one), "measured": "0"} for one in world.criteria(incident)]
    world.do(
        incident,
        "dora",
        "verify_outcome",
        verdict="watch_until",
        measured=rows,
        watch_until=until,
    )
    world.propose(incident, "hugo", "databases", kind="prevents")
    world.clock.forward(days=1)

    last = ledger_of(world, incident).lines[-1]

    assert (last.party, last.reason, last.what) == (Party.BUSINESS, Reason.WATCHING, None)
    assert last.also_waiting == ()


def test_the_trail_speaks_plainly_and_is_paged(world: World) -> None:
    incident = world.confirmed()

    first = trail_for(world, incident, "egon", Page(2))
    rest = trail_for(world, incident, "egon", Page(200, first.next))

    assert first.lines[0].sentence == "Carla Costa reported this"
    assert ("Title", "Wrong balances") in first.lines[0].summary
    assert [line.verb for line in (*first.lines, *rest.lines)] == world.verbs(incident)
    assert first.total == len(world.verbs(incident))
    assert rest.next is None


def test_outside_readers_see_what_happened_and_nobody_elses_words(world: World) -> None:
    incident = world.confirmed()

    assert all(line.summary == () for line in trail_for(world, incident, "carla").lines)


def test_the_history_shows_both_diagrams_and_what_was_passed(world: World) -> None:
    incident = world.asked()

    with world.handling.store.read() as conn:
        page = run_page(conn, incident_id=incident)
        xml = diagram_xml(conn, page.release_id, "confirmation")

    own, called = page.diagrams
    assert (own.diagram, called.diagram) == ("incident", "confirmation")
    assert {"set_priority", "agree_what_right_means", "verify_outcome"} <= own.done
    assert "confirm_outcome" in called.waiting
    assert own.flows
    assert b"confirm_outcome" in xml
    titles = {line.element: (line.title, line.by) for line in page.steps}
    assert titles["verify_outcome"] == ("Verify the outcome", "Dora Diaz")
    assert "set_priority" in titles


def test_an_action_has_a_history_of_its_own(world: World) -> None:
    incident = world.asked()
    action = page_of(world, incident, "hugo").actions[0].id

    with world.handling.store.read() as conn:
        page = run_page(conn, action_id=action)
        with pytest.raises(NotFound):
            run_page(conn, action_id=uuid4())
        with pytest.raises(NotFound):
            diagram_xml(conn, page.release_id, "no_such_diagram")

    assert (page.diagram, page.action_number) == ("action", 1)
    assert page.ended_at is not None


def test_an_outsider_chooses_among_their_own_people_only(world: World) -> None:
    def people(conn: Connection, login: str) -> list[str]:
        return [label for _, label in choices(conn, world.actor(login))["person"]]

    with world.handling.store.read() as conn:
        assert people(conn, "carla") == ["Carla Costa (Costa Bakery)"]
        assert len(people(conn, "hugo")) == 10
        assert "team" not in choices(conn, world.actor("sami"))
