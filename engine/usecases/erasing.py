"""Erasing by law: a person's data, or what has been kept long enough.  One asks, another agrees.

It is then done incident by incident, each in a transaction of its own, so that nobody waits for it
and one that is killed goes on where it was.  What goes is decided and done by PostgreSQL
(`store/erasing`); here each chain is told what was taken out of it.  A newcomer would delete
rows: whose time it was, who closed what and that nothing was changed must still be provable.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.access import wanting_in
from engine.domain.erasing import OF_ACCESS, OF_INCIDENT, OF_REGISTER, PSEUDONYM, Ground
from engine.domain.permissions import Actor
from engine.domain.register import ERASURE
from engine.errors import Busy, Conflict, InvalidAnswers, WorkflowFault
from engine.language import say
from engine.queries.erasures import (
    ErasureLine,
    InTheWay,
    Stands,
    erasure,
    going,
    in_the_way,
    named_in,
    preview,
)
from engine.store import schema as t
from engine.store.access import access_chain
from engine.store.jobs import defer_erasing
from engine.store.registering import lock_register, register
from engine.store.work import Store, Work
from engine.usecases.setting_up import require_to_set_up

log = logging.getLogger(__name__)

_AT_ONCE = 5_000
_SHORTEST_NAME = 3
_LONGEST_NAME = 200
_MOST_NAMES = 20


@dataclass(frozen=True)
class OfPerson:
    """Whose data is to be erased: of somebody in the register, and `names` that are theirs too.

    Without a person it is somebody who is not in the register, and is found by the names alone:
    who told us, or somebody whom an action reaches.  A name may be an address or a number.
    """

    person_id: UUID | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class OldEnough:
    """What has been kept long enough: all that ended before, of one business process or of all."""

    ended_before: datetime
    process_id: UUID | None = None


def ask_erasure(
    store: Store,
    what: OfPerson | OldEnough,
    *,
    ground: Ground,
    why: str,
    actor: Actor,
    keep_for: timedelta | None = None,
) -> UUID:
    """Ask that something is erased, and return the id; somebody else has to agree.

    `keep_for` is the rule, without which nothing was kept long enough.  Raises NotAllowed,
    NotFound, InvalidAnswers, or Conflict if something stands in the way or it is asked for already.
    """
    require_to_set_up(actor)
    with store.begin() as work:
        lock_register(work.conn)
        if isinstance(what, OfPerson):
            told = _person_asked(work, what, why, actor)
        else:
            told = _old_enough(what, work.now, keep_for)
            ground = Ground.KEPT_LONG_ENOUGH
        require_why(why)
        made = uuid4()
        row = {"id": made, "ground": ground, "why": why.strip(), "asked_by": actor.id}
        work.conn.execute(insert(t.erasure), row | told | {"asked_at": work.now})
        # no name: an entry that holds one would be erased with it
        said = {name: one for name, one in told.items() if name != "names" and one is not None}
        content = said | {"ground": ground, "why": why.strip()}
        register(work, "erasure:asked", ERASURE, made, content, actor)
    return made


def require_why(why: str) -> None:
    """Raise InvalidAnswers for a reason that says next to nothing, or is as long as a book."""
    if wanting := wanting_in(why):
        raise InvalidAnswers({"why": wanting})


def answer_erasure(
    store: Store, erasure_id: UUID, *, agrees: bool, words: str | None, actor: Actor
) -> None:
    """Agree that it is erased, which is then begun, or decline and say why.

    Raises NotAllowed, NotFound, InvalidAnswers, or Conflict for who asked for it, if somebody has
    answered already, or if something stands in the way by now.
    """
    require_to_set_up(actor)
    if not agrees and not (words or "").strip():
        raise InvalidAnswers({"words": say("Please say why not.")})
    with store.begin() as work:
        lock_register(work.conn)
        line = erasure(work.conn, erasure_id)
        if line.asked_by_id == actor.id:
            raise Conflict(say("Somebody else has to agree to this."))
        if agrees and line.person_id is not None:
            if line.person_id == actor.id:
                raise Conflict(say("Nobody agrees to this for themselves."))
            _require_none(in_the_way(work.conn, line.person_id))
        row = {"erasure_id": erasure_id, "asked_by": line.asked_by_id, "is_agreed": agrees}
        said = {"words": (words or "").strip() or None, "answered_by": actor.id}
        made = (
            upsert(t.erasure_answer)
            .values(row | said | {"answered_at": work.now})
            .on_conflict_do_nothing()
            .returning(t.erasure_answer.c.erasure_id)
        )
        if work.conn.scalar(made) is None:
            raise Conflict(say("Somebody has answered this already."))
        verb = "erasure:agreed" if agrees else "erasure:declined"
        content = {} if agrees else {"why": said["words"]}
        register(work, verb, ERASURE, erasure_id, content, actor)
        if agrees:
            defer_erasing(work.conn, erasure_id)


def go_on_erasing(store: Store, erasure_id: UUID, *, actor: Actor) -> None:
    """Go on with one that was stopped; one that goes on, or is done, is no matter."""
    require_to_set_up(actor)
    with store.begin() as work:
        if erasure(work.conn, erasure_id).is_agreed:
            defer_erasing(work.conn, erasure_id)


def erase_all(store: Store, erasure_id: UUID) -> None:
    """Erase what is agreed to, incident by incident; done again, it goes on where it was.

    Raises Conflict if somebody holds on to it by now, and Busy or Unavailable, to be tried again.
    """
    with store.read_as_written() as conn:
        line = erasure(conn, erasure_id)
    if line.stands is not Stands.AGREED or line.answered_by_id is None:
        return
    # whoever agreed has erased each of them, also if they have left since
    deed = _Deed(store, line, Actor(line.answered_by_id, str(line.answered_by)))
    if line.ended_before is None:
        deed.erase_person()
    else:
        deed.erase_old(line.ended_before)
    deed.finish()


_ERASE = text("SELECT putright_erase_incident(:erasure, :incident)")
_FINISH = text("SELECT putright_finish_erasing(:erasure, :now)")


@dataclass(frozen=True)
class _Deed:
    """What is erased by whom."""

    store: Store
    line: ErasureLine
    by: Actor

    def erase_person(self) -> None:
        """Erase a person from every incident, also from those that have come to name them since."""
        before: Sequence[UUID] = ()
        while found := self._named_in():
            if found == before:
                raise WorkflowFault("What was erased of somebody is still there.")
            for incident_id in found:
                self.erase(incident_id)
            before = found

    def erase_old(self, ended_before: datetime) -> None:
        """Erase what ended before.

        What somebody holds on to by now stays, and so does what lacks its evidence: an auditor has
        to see it first.
        """
        after = 0
        while found := self._going(ended_before, after):
            for number, incident_id in found:
                try:
                    self.erase(incident_id)
                except Busy:
                    raise
                except Conflict as refusal:
                    log.warning("incident %s is not erased: %s", number, refusal.code)
                after = number

    def erase(self, incident_id: UUID) -> None:
        """Erase what goes of one incident, and say so in its chain."""
        asked = {"erasure": self.line.id, "incident": incident_id}
        with self.store.begin() as work:
            case = work.incident(incident_id)
            told = work.conn.scalar(_ERASE, asked)
            case.record(OF_INCIDENT, self._said(told), self.by, is_look=False)

    def finish(self) -> None:
        """Erase what stands beside incidents, and say so in the chains that it was taken from."""
        with self.store.begin() as work:
            lock_register(work.conn)
            told = work.conn.scalar(_FINISH, {"erasure": self.line.id, "now": work.now})
            chains = told.pop("access")
            after = erasure(work.conn, self.line.id)
            # the words in which it was asked for may name somebody, who may be erased as well
            said = {"incidents": after.incidents}
            register(work, OF_REGISTER, ERASURE, after.id, self._said(told) | said, self.by)
            for one in chains:
                chain = access_chain(work, UUID(one.pop("chain")))
                chain.add(OF_ACCESS, self._said(one), self.by)

    def _said(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a tombstone says: ids and numbers only, so that it need not be erased."""
        return {
            "erasure": self.line.id,
            "ground": self.line.ground,
            "asked_by": self.line.asked_by_id,
            "agreed_by": self.by.id,
            **told,
        }

    def _named_in(self) -> Sequence[UUID]:
        with self.store.read_as_written() as conn:
            return named_in(conn, self.line.id)

    def _going(self, ended_before: datetime, after: int) -> Sequence[tuple[int, UUID]]:
        with self.store.read_as_written() as conn:
            asked = (ended_before, self.line.process_id)
            return going(conn, *asked, after=after, most=_AT_ONCE)


def _person_asked(work: Work, what: OfPerson, why: str, actor: Actor) -> dict[str, Any]:
    """Check whose data it is, and return the columns that say so."""
    names = tuple(dict.fromkeys(one.strip() for one in what.names if one.strip()))
    called = [*names]
    if what.person_id is None:
        if not names:
            raise InvalidAnswers({"person": say("Please say whose data is to be erased.")})
    else:
        if what.person_id == actor.id:
            raise Conflict(say("Nobody asks this for themselves."))
        found = preview(work.conn, what.person_id)
        called.append(found.name)
        _require_none(found.in_the_way)
        _require_once(work.conn, what.person_id)
    _require_names(work.conn, names, what.person_id)
    if any(one.lower() in why.lower() for one in called):
        raise InvalidAnswers({"why": say("Please say it without the name: this stays.")})
    return {"person_id": what.person_id, "names": list(names)}


def _require_names(conn: Connection, names: Sequence[str], person_id: UUID | None) -> None:
    """Raise InvalidAnswers for what is no name, and for what would be found in another's."""
    if len(names) > _MOST_NAMES or not all(_is_name(one) for one in names):
        sentence = say(
            "Please give %(most)s names at most, each of %(least)s to %(longest)s letters.",
            most=_MOST_NAMES,
            least=_SHORTEST_NAME,
            longest=_LONGEST_NAME,
        )
        raise InvalidAnswers({"names": sentence})
    asked = {"names": list(names), "id": person_id}
    if (other := conn.execute(_ANOTHERS, asked).first()) is not None:
        sentence = say(
            "“%(name)s” is of somebody else here too: %(other)s. Please write it in full.",
            name=other.said,
            other=other.name,
        )
        raise InvalidAnswers({"names": sentence})


def _is_name(said: str) -> bool:
    """Whether there is enough to look for, and it is not what is left of everybody."""
    words = "".join(one if one.isalnum() else " " for one in said.lower()).split()
    letters = "".join(words)
    # two are a whole name where one is a syllable
    least = _SHORTEST_NAME if letters.isascii() else 2
    left = f" {PSEUDONYM.lower()}"
    if "\0" in said or len(said) > 2 * _LONGEST_NAME:
        return False
    return least <= len(letters) <= _LONGEST_NAME and f" {' '.join(words)} " not in left


_ANOTHERS = text("""
    SELECT said, p.name FROM person p, unnest(CAST(:names AS text[])) said
    WHERE p.id IS DISTINCT FROM :id AND (p.name ~* putright_as_pattern(said)
      OR p.email ~* putright_as_pattern(said) OR p.phone ~* putright_as_pattern(said)) LIMIT 1
""")


def _old_enough(what: OldEnough, now: datetime, keep_for: timedelta | None) -> dict[str, Any]:
    """Check that the rule lets it go, and return the columns that say what goes."""
    if keep_for is None:
        raise Conflict(say("No rule says how long incidents are kept (rules.keep_for)."))
    if what.ended_before > now - keep_for:
        sentence = say("The rule keeps what ended after %(at)s.", at=f"{now - keep_for:%Y-%m-%d}")
        raise InvalidAnswers({"ended_before": sentence})
    return {"ended_before": what.ended_before, "process_id": what.process_id}


def _require_none(in_the_way: Sequence[InTheWay]) -> None:
    if in_the_way:
        raise Conflict(say("Something stands in the way still: look below."))


_ASKED_BEFORE = text("""
    SELECT EXISTS (SELECT FROM erasure e LEFT JOIN erasure_answer a ON a.erasure_id = e.id
      WHERE e.person_id = :id AND a.is_agreed IS DISTINCT FROM false)
""")


def _require_once(conn: Connection, person_id: UUID) -> None:
    if conn.scalar(_ASKED_BEFORE, {"id": person_id}):
        raise Conflict(say("This is asked for, or was done, already."))
