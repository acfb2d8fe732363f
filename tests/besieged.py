"""A database under attack, and the attacks: plain SQL by the owner of its tables.

The attacks stand in `tests/attacks/*.sql`, each a transaction under a line `--# name`.  The names
in them are ids: people by their login, and the incidents `confirmed`, `decided` (closed), `half`
(Carla has said yes, Olga has not answered), `missed` (closed, one criterion missed and made good),
`unmade` (of two criteria one was missed, and its make-good waits for the owner), `held`
(a criterion was right at one of three checks), `stale` (answers older than work that goes on),
`targeted` (Carla has said yes, one of two targets is not done), `kept` (P1, the authority keeps
asking), those of `out_of_handling.sql`, which says what they are, `alone` (only Carla, who
reported it, is harmed), `many` (214 are) and `swapped` (Olga is to answer for what Carla reported).
Of the nine harmed of `uncovered` Carla alone has answered, and nobody has accepted that.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import update

from engine.domain.anchor import AnchorWay
from engine.domain.erasing import Ground
from engine.domain.incident import Level
from engine.domain.party import Party
from engine.queries.ledger import incident_ledger
from engine.store import schema as t
from engine.store.embedded import DatabaseUrls
from engine.store.receipts import keep_receipt
from engine.usecases.absences import name_deputy
from engine.usecases.auditing import check_and_keep
from engine.usecases.covering import accept_uncovered, count_harmed
from engine.usecases.criteria import change_criteria
from engine.usecases.directory import NewCalendar, enter_calendar
from engine.usecases.disputing import dispute, withdraw_dispute
from engine.usecases.erasing import OfPerson, answer_erasure, ask_erasure, erase_all
from engine.usecases.holding import claim
from engine.usecases.legal_holds import end_hold, place_hold
from engine.usecases.making_good import miss_criterion, propose_make_good, sign_make_good
from engine.usecases.me_too import say_me_too
from engine.usecases.merging import merge
from engine.usecases.noting import note_read
from engine.usecases.restricting import restrict
from engine.usecases.setting_aside import bring_back, set_aside
from engine.usecases.signing_heads import sign_heads
from tests.evidence import digests
from tests.tampering import signing
from tests.world import CRITERION, World

_PUNCTUAL = {"measure": "Paid on the day", "threshold": "All", "evidence": "Bank's list"}
_GOOD = {"measure": "Interest paid", "threshold": "5 a day", "evidence": "Bank's list"}
_FOLDER = Path(__file__).parent / "attacks"
FORGING = (_FOLDER / "forging.sql").read_bytes()


@dataclass(frozen=True)
class Attack:
    """A named transaction."""

    name: str
    statements: tuple[bytes, ...]

    def __str__(self) -> str:
        return self.name.replace(" ", "_")


def attacks(name: str) -> list[Attack]:
    """Return the attacks of one file, in its order."""
    blocks = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8").split("\n--# ")[1:]
    return [_attack(*block.split("\n", 1)) for block in blocks]


def _attack(name: str, body: str) -> Attack:
    return Attack(name, tuple(one.strip().encode() for one in body.split(";") if one.strip()))


class Besieged:
    """A furnished database, with its owner's connection and the ids that attacks name."""

    def __init__(self, world: World, urls: DatabaseUrls) -> None:
        self.world = world
        self.owner_url = urls.owner_url
        self.owner = psycopg.connect(urls.owner_url)
        self.owner.execute(FORGING)
        self.owner.commit()
        self.application = psycopg.connect(urls.app_url)
        self.ids: dict[str, Any] = dict(world.people)
        self._furnish()
        # what refused attacks leave behind
        self.untouched = self.everything()

    def attack(self, role: psycopg.Connection, attack: Attack) -> None:
        """Run the statements in one transaction and commit; the role can go on afterwards."""
        try:
            for statement in attack.statements:
                role.execute(statement, self.ids)
            role.commit()
        finally:
            role.rollback()

    def close(self) -> None:
        self.owner.close()
        self.application.close()

    def everything(self) -> dict[str, int]:
        """Return a digest over the rows of each table."""
        found = digests(self.owner)
        self.owner.rollback()
        return found

    def _furnish(self) -> None:
        world = self.world
        confirmed, decided = world.confirmed(), world.decided()
        # Carla has said yes and Olga has not answered
        half = self._two()
        world.confirm(half, "carla")
        # Carla's yes and the check are older than work that goes on
        stale = self._two()
        world.confirm(stale, "carla")
        world.propose(stale, "hugo", team="accounting")
        # one of those the action reaches was not reached, and nobody has accepted that
        targeted = world.report()
        world.lead(targeted)
        world.agree(targeted)
        world.propose(targeted, "hugo", targets=("Miller", "Smith"))
        rows = self._targets(targeted)
        world.do(
            targeted,
            "ada",
            "do_it_action",
            outcome="done",
            what_was_done="Called both",
            targets=[
                {"target": rows[0], "outcome": "done"},
                {"target": rows[1], "outcome": "unreachable"},
            ],
        )
        world.verify(targeted)
        world.confirm(targeted)
        # Dora has decided to keep asking; P1, so that who verified it may not decide
        kept = world.report(impact=Level.HIGH, urgency=Level.HIGH)
        world.lead(kept)
        world.agree(kept, world.for_team("databases"))
        world.act(kept, "ada")
        world.verify(kept)
        world.tried(kept)
        world.clock.forward(days=20)
        world.fire(kept)
        world.do(
            kept,
            "gita",
            "decide_without_answer",
            decided="keep_asking",
            reason="Not yet",
            until=(world.clock.now.date().replace(day=28)).isoformat(),
        )
        self._disagree(decided)
        count_harmed(world.handling, half, 9, reason="Counted", actor=world.actor("hugo"))
        accept_uncovered(world.handling, half, 7, reason="Moved away", actor=world.actor("dora"))
        self.ids |= {
            "missed": self._missed(signers=("carla", "dora")),
            "unmade": self._missed(signers=("carla",)),
            "held": self._held(),
            "uncovered": self._uncovered(),
        }
        limited = world.report()
        people = [world.people["fay"]]
        hugo = world.actor("hugo")
        restrict(world.handling, limited, reason="It is personal", people=people, actor=hugo)
        self.ids |= {
            "confirmed": confirmed,
            "decided": decided,
            "half": half,
            "stale": stale,
            "targeted": targeted,
            "kept": kept,
            "process": world.process_id,
        }
        self._take_out()

    def _erase(self) -> None:
        """Have erased what is known of somebody who stands nowhere, and hold on to somebody."""
        store, people = self.world.handling.store, [self.ids["fay"], self.ids["gita"]]
        with store.begin() as work:
            roles = update(t.person).values(roles=["staff", "operator"])
            work.conn.execute(roles.where(t.person.c.id.in_(people)))
        fay, gita = self.world.actor("fay"), self.world.actor("gita")
        somebody = OfPerson(None, ("Somebody Unknown",))
        why = "The letter asks for it"
        asked = ask_erasure(store, somebody, ground=Ground.ASKED, why=why, actor=fay)
        answer_erasure(store, asked, agrees=True, words=None, actor=gita)
        erase_all(store, asked)
        held = place_hold(store, why="The court asks", actor=fay, person_id=self.ids["sami"])
        end_hold(store, held, why="The court has decided", actor=gita)

    def _take_out(self) -> None:
        world, hugo = self.world, self.world.actor("hugo")
        made = {}
        for name in ("planned", "aside", "begun", "earlier"):
            made[name] = world.report()
            world.lead(made[name])
            world.agree(made[name], world.for_team("databases"))
        held = world.item(made["begun"], "do_it_action")
        claim(world.handling, held.id, actor=world.actor("ada"))
        world.clock.forward(hours=1)
        made["returned"], made["joined"] = world.report(), world.report("olga")
        made["later"] = world.report("olga", criteria=[{"measure": "Else", "threshold": "Any"}])
        made["alone"], made["many"] = world.report(), world.report(size=Decimal(214))
        # reported by Carla, to be answered by Olga alone
        made["swapped"] = world.report()
        world.agree(made["swapped"], confirmers=("olga",))
        for name in ("aside", "returned"):
            set_aside(world.handling, made[name], reason="Spam", actor=hugo)
        bring_back(world.handling, made["returned"], actor=world.actor("carla"))
        merge(world.handling, made["joined"], made["earlier"], reason="The same", actor=hugo)
        self.owner.execute(
            "INSERT INTO acceptance (id, incident_id, person_id, until, reason, accepted_at,"
            " entry_seq)"
            " VALUES (gen_random_uuid(), %s, %s, now() + interval '1 day', 'Dear', now(), 1)",
            [made["returned"], self.ids["dora"]],
        )
        self.owner.execute(
            "WITH made AS (INSERT INTO closing_list (id, process_id, priority, made_by, made_at,"
            " seed) VALUES (gen_random_uuid(), %s, 'P3', %s, now(), 1) RETURNING id)"
            " INSERT INTO closing_list_line (list_id, incident_id, place, is_phoned)"
            " SELECT id, %s, 1, true FROM made",
            [world.process_id, self.ids["dora"], made["returned"]],
        )
        self.owner.commit()
        self._erase()
        say_me_too(world.handling, made["returned"], actor=world.actor("bruno"))
        sign_heads(signing(world))
        with world.handling.store.begin() as work:
            keep_receipt(work.conn, 1, AnchorWay.FILE, "/kept", work.now)
        check_and_keep(signing(world), [])
        self.ids |= made

    def _disagree(self, incident: UUID) -> None:
        """Have a calendar, a change of the register, a reading, and a dispute that was decided."""
        looked = {"where": "/desk"}
        note_read(self.world.handling.store, looked, actor=self.world.actor("egon"))
        world = self.world
        ada, bruno = world.actor("ada"), world.people["bruno"]
        name_deputy(world.handling.store, bruno, actor=ada)
        with world.handling.store.begin() as work:
            enter_calendar(work, NewCalendar("UTC", party=Party.IT))
            line = incident_ledger(work.conn, incident, world.clock.now).lines[-1]
        raised = dispute(
            world.handling,
            incident,
            since=line.since,
            until=line.until,
            should_be=Party.EXTERNAL,
            why="They were on holiday",
            actor=world.actor("hugo"),
        )
        withdraw_dispute(world.handling, raised, actor=world.actor("hugo"))

    def _missed(self, signers: tuple[str, ...]) -> UUID:
        """Return an incident of two criteria; one was missed, its make-good has these signatures.

        Everything that can be asked for besides is there.
        """
        world = self.world
        incident = world.report()
        world.lead(incident)
        world.agree(incident, world.for_team("databases"))
        hugo = world.actor("hugo")
        change_criteria(
            world.handling, incident, [CRITERION, _PUNCTUAL], reason="Two of them", actor=hugo
        )
        missed = world.criteria(incident)[1]
        miss_criterion(world.handling, incident, missed, why="The day has passed", actor=hugo)
        good = propose_make_good(world.handling, incident, missed, _GOOD, actor=hugo)
        for login in signers:
            sign_make_good(world.handling, incident, good, actor=world.actor(login))
        world.act(incident, "ada")
        if len(signers) > 1:
            world.verify(incident)
            world.confirm(incident)
        return incident

    def _held(self) -> UUID:
        """Return an incident whose criterion has to hold three times and was right once."""
        world = self.world
        incident = world.report()
        world.lead(incident)
        world.agree(incident, world.for_team("databases"))
        change_criteria(
            world.handling,
            incident,
            [{**CRITERION, "must_hold": 3}],
            reason="It has to hold",
            actor=world.actor("hugo"),
        )
        world.act(incident, "ada")
        world.do(
            incident,
            "dora",
            "verify_outcome",
            verdict="watch_until",
            measured=[{"criterion": str(one), "measured": "0"} for one in world.criteria(incident)],
            watch_until=(world.clock.now + timedelta(days=1)).isoformat(),
        )
        return incident

    def _uncovered(self) -> UUID:
        """Return an incident that everything is there for but that eight are covered by nobody."""
        world = self.world
        incident = world.asked()
        hugo = world.actor("hugo")
        count_harmed(world.handling, incident, 9, reason="The list", actor=hugo)
        world.confirm(incident)
        return incident

    def _two(self) -> UUID:
        world = self.world
        incident = world.report()
        world.lead(incident)
        world.agree(incident, world.for_team("databases"), confirmers=("carla", "olga"))
        world.act(incident, "ada")
        world.verify(incident)
        return incident

    def _targets(self, incident: UUID) -> list[str]:
        rows = self.owner.execute(
            "SELECT t.id FROM target t JOIN action a ON a.id = t.action_id"
            " WHERE a.incident_id = %s ORDER BY t.position",
            [incident],
        ).fetchall()
        return [str(row[0]) for row in rows]
