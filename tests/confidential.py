"""A world in which incidents are for named people only, with one word in everything they say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from api.addresses import token_of
from api.changes import CHANGES
from api.pages.deeds import DEEDS
from engine.domain.erasing import Ground
from engine.domain.incident import Priority
from engine.domain.party import Party
from engine.domain.register import RecordKind
from engine.domain.signal import Alert
from engine.domain.silence import Channel
from engine.queries.controls import CONTROLS
from engine.queries.ledger import incident_ledger
from engine.usecases.callers import give_caller_page
from engine.usecases.covering import count_harmed
from engine.usecases.disputing import dispute
from engine.usecases.drafting import begin_draft
from engine.usecases.erasing import OfPerson, ask_erasure
from engine.usecases.filing import NewFile, add_file
from engine.usecases.holding import save_draft
from engine.usecases.legal_holds import place_hold
from engine.usecases.links import keep_link
from engine.usecases.looking import offer_missed
from engine.usecases.making_good import miss_criterion, propose_make_good
from engine.usecases.naming import take_off
from engine.usecases.priority import set_priority
from engine.usecases.receiving import receive
from engine.usecases.restricting import ask_to_lift, restrict
from engine.usecases.setting_aside import set_aside
from engine.usecases.signals import join_signal
from engine.usecases.trying import log_try
from tests.visitor import SECRET
from tests.world import World

WORD = "Zephyr"
SAID = f"the {WORD} papers"
# what the word is searched by: a page may repeat what its reader typed
PART = "ephy"
# somebody, and a business process, whose ids are known before
PERSON = "00000000-0000-0000-0000-000000000001"
POINT = dict.fromkeys(("measure", "threshold", "evidence"), SAID)
PROCESS = "00000000-0000-0000-0000-000000000002"


@dataclass(frozen=True)
class Hidden:
    """The restricted incident that everything is known of, and others in other states."""

    id: UUID
    number: int
    values: Mapping[str, list[Any]]


def furnish(world: World) -> Hidden:
    """Report, work on, and limit incidents to Hugo, who leads them, and who answers for them.

    Ada has worked on them by way of her team, Bruno by name, and was taken off: though he would
    stand in for everybody else.  Sami has an action on another incident, Fay is an operator.
    """
    _staff(world)
    silent = _silent(world)
    other = world.report("olga", title="Another")
    world.lead(other)
    world.propose(other, "hugo", "post", targets=("Somebody",))
    incident = _at_work(world)
    _limited(world, incident)
    aside = _reported(world)
    _limited(world, aside)
    set_aside(world.handling, aside, reason=SAID, actor=world.actor("hugo"))
    closed = world.asked(title=SAID, is_restricted=False)
    _limited(world, closed)
    world.confirm(closed)
    world.clock.forward(hours=1)
    disputed = _disputed(world, incident)
    known = _alert(world, incident) | _ask_beside(world, incident)
    known["dispute_id"] = [disputed]
    known["about.stand-for"] = [PERSON]
    known |= _erasing(world)
    assert world.row(silent).number == 1
    return Hidden(incident, world.row(incident).number, _values(world, incident) | known)


def _erasing(world: World) -> dict[str, list[Any]]:
    """Return what Fay has asked to be erased, and what she holds on to."""
    store, fay = world.handling.store, world.actor("fay")
    somebody = OfPerson(None, ("Somebody Else",))
    why = "The letter asks for it"
    asked = ask_erasure(store, somebody, ground=Ground.ASKED, why=why, actor=fay)
    held = place_hold(store, why="The court asks for it", actor=fay, person_id=UUID(PERSON))
    return {"erasure_id": [asked], "hold_id": [held]}


# Bruno stands in for everybody, and is above them.
_STAFF = (
    "UPDATE person SET roles = '{operator}' WHERE login = 'fay'",
    """INSERT INTO person (id, name, login, email, roles)
      VALUES (:nils, 'Nils Neu', 'nils', 'nils@example.org', '{staff}')""",
    "UPDATE person SET deputy_id = :bruno, superior_id = :bruno WHERE id <> :bruno",
    """INSERT INTO deputy (process_id, person_id, of) SELECT :process, :bruno, of
      FROM unnest(ARRAY['owner', 'duty_lead', 'authority']) of""",
    """INSERT INTO business_process
        (id, name, owner_id, duty_lead_id, authority_id, desk_id)
      SELECT :payroll, 'Payroll', owner_id, duty_lead_id, authority_id, desk_id
      FROM business_process""",
    "INSERT INTO product (id, process_id, name) VALUES (:payroll, :payroll, 'Payslip')",
)


def _staff(world: World) -> None:
    world.people["nils"] = UUID(PERSON)
    known = {"nils": PERSON, "payroll": PROCESS, "process": world.process_id}
    with world.handling.store.begin() as work:
        for sql in _STAFF:
            work.conn.execute(text(sql), known | {"bruno": world.people["bruno"]})


def _silent(world: World) -> UUID:
    """Return one that nobody answers, and nobody decides about, until the ladder has an end."""
    silent = _reported(world)
    world.lead(silent)
    world.agree(silent, world.for_team("databases"), confirmers=("carla", "nils"))
    world.act(silent, "ada")
    world.verify(silent, "hugo")
    _limited(world, silent)
    for _ in range(3):
        world.clock.forward(days=10)
        world.fire(silent)
    log_try(
        world.handling,
        silent,
        whom_id=world.people["nils"],
        channel=Channel.CALL,
        words=SAID,
        actor=world.actor("hugo"),
    )
    return silent


def _reported(world: World) -> UUID:
    texts = dict.fromkeys(("title", "expected", "actual", "harmed", "size_unit"), SAID)
    return world.report(size=3, money=12, currency=WORD[:3].upper(), **texts)


def _at_work(world: World) -> UUID:
    incident = _reported(world)
    world.lead(incident, "ada")
    world.lead(incident)
    criteria = [POINT, POINT | {"measure": f"{SAID} too"}]
    confirmers = [str(world.people["carla"])]
    action: dict[str, Any] = {"title": SAID, "detail": SAID}
    world.propose(incident, "hugo", **action, targets=(SAID,))
    world.propose(incident, "hugo", **action)
    by_name = {"party": Party.BUSINESS, "team_id": None, "person_id": world.people["bruno"]}
    world.propose(incident, "hugo", **action, **by_name)
    agreed = {"criteria": criteria, "confirmers": confirmers, "actions": []}
    world.do(incident, "hugo", "agree_what_right_means", **agreed)
    asked = [item for item in world.items(incident) if item.team_id]
    done = next(item for item in asked if not _targets(world, item))
    world.finish(done.id, "ada", outcome="done", what_was_done=SAID, evidence=SAID)
    return incident


def _targets(world: World, item: Any) -> bool:
    with world.handling.store.read() as conn:
        asked = text("SELECT EXISTS (SELECT FROM target WHERE action_id = :id)")
        return bool(conn.scalar(asked, {"id": item.action_id}))


def _limited(world: World, incident: UUID) -> None:
    handling, hugo = world.handling, world.actor("hugo")
    restrict(handling, incident, reason=SAID, actor=hugo, people=[world.people["bruno"]])
    take_off(handling, incident, world.people["bruno"], reason=SAID, actor=hugo)
    ask_to_lift(handling, incident, reason=SAID, actor=hugo)


def _disputed(world: World, incident: UUID) -> UUID:
    hugo = world.actor("hugo")
    item = next(one for one in world.items(incident) if one.people == [hugo.id])
    save_draft(world.handling, item.id, {"what_was_done": SAID}, actor=hugo)
    with world.handling.store.read() as conn:
        line = incident_ledger(conn, incident, world.clock.now).lines[-1]
    return dispute(
        world.handling,
        incident,
        since=line.since,
        until=line.until,
        should_be=Party.EXTERNAL,
        why=SAID,
        actor=world.actor("dora"),
    )


def _file(world: World, incident: UUID) -> UUID:
    file = NewFile(f"{SAID}.txt", SAID.encode())
    return add_file(world.handling, incident, file, actor=world.actor("hugo"), is_internal=True)


def _link(world: World, incident: UUID) -> str:
    """Return a link to follow it, as somebody holds it who may no longer read it."""
    with world.handling.store.begin() as work:
        made = keep_link(
            work.conn,
            world.people["ada"],
            incident,
            None,
            now=work.now,
            lasts=timedelta(days=900),
        )
    return token_of(made, SECRET)


def _ask_beside(world: World, incident: UUID) -> dict[str, list[Any]]:
    """Ask the owner and who answers for a word, then let the lead not look in time."""
    handling, hugo = world.handling, world.actor("hugo")
    missed, other = world.criteria(incident)
    count_harmed(handling, incident, 9, reason=SAID, actor=hugo)
    set_priority(handling, incident, Priority.P4, reason=SAID, actor=hugo)
    miss_criterion(handling, incident, missed, why=SAID, actor=hugo)
    good = propose_make_good(handling, incident, missed, POINT, actor=hugo)
    token = give_caller_page(handling, incident, name=SAID, contact=SAID, actor=hugo)
    # before the lead looks no more: what he does is a look
    file = _file(world, incident)
    world.clock.forward(days=8)
    offer_missed(handling)
    return {
        "about": [other],
        "about.make-good": [missed],
        "about.sign-make-good": [good],
        "token": [token, "no-such-page"],
        "beginning.token": ["no-such-page"],
        "links.token": ["no-such-link", _link(world, incident)],
        "seq": [1],
        "file_id": [file],
        "kind": list(RecordKind),
        "view_id": [PERSON],
        "query_id": [PERSON],
        "result_id": [PERSON],
        "format_": ["csv", "xlsx"],
        "record_id": [PERSON, world.teams["desk"], world.process_id],
        "process_id": [world.process_id],
        "message_id": [1],
    }


def _alert(world: World, incident: UUID) -> dict[str, list[Any]]:
    """Join a signal with it, whose alerts go on."""
    handling, hugo = world.handling, world.actor("hugo")
    alert = Alert("disk", "Disk full", world.clock.now)
    (signal,) = receive(handling, world.process_id, [alert], actor=hugo)
    join_signal(handling, signal, incident, actor=hugo)
    return {"signal_id": [signal], "signals.number": [1]}


def _values(world: World, incident: UUID) -> dict[str, list[Any]]:
    own = world.row(incident).number
    with world.handling.store.read() as conn:
        rows = conn.execute(
            text("SELECT id FROM action WHERE incident_id = :id ORDER BY number"), {"id": incident}
        )
        actions = list(rows.scalars())
        release = conn.execute(text("SELECT id FROM release")).scalar_one()
        others = conn.execute(text("SELECT number FROM incident WHERE is_restricted ORDER BY 1"))
        # the incident itself first, then those in other states
        numbers = sorted(others.scalars(), key=lambda number: number != own)
    ended = [one.id for one in world.items(incident, is_open=False) if one.ended_at]
    draft = begin_draft(world.handling, "Ask the bank first", actor=world.actor("dora"))
    return {
        "number": numbers,
        "draft_id": [draft],
        "api_drafts.name": ["incident.bpmn"],
        "diagram_editor.name": ["incident.bpmn"],
        "form_editor.name": ["verify_outcome.json", "priority.dmn"],
        "table_editor.name": ["priority.dmn", "incident.bpmn"],
        "studio.name": ["incident.bpmn", "priority.dmn"],
        "studio.number": [1],
        "trying.diagram": ["incident"],
        "move_id": [uuid4()],
        "purpose_id": [uuid4()],
        "scenario_editor.name": ["incident.scenarios.yaml"],
        "comparing.first": [1],
        "hurting.number": [1],
        "unchanged.number": [1],
        "comparing.second": [1],
        "comparing.name": ["incident.bpmn", "priority.dmn", "set_priority.json"],
        "which": [str(incident), *map(str, numbers)],
        "action_number": [1, 2, 3],
        "action_id": actions,
        "item_id": [one.id for one in world.items(incident)] + ended,
        "about.move-due": actions,
        "line": [1],
        "name": sorted(CHANGES),
        "deeds.name": sorted(DEEDS),
        "controls.name": [one.name for one in CONTROLS],
        "api_proofs.which": ["1", release],
        "api_releases.which": ["1"],
        "api_releases.other": ["1"],
        "absence_id": [uuid4()],
        "diagram": ["incident", "confirmation", "action"],
        "release_id": [release],
        "token_id": [uuid4()],
    }
