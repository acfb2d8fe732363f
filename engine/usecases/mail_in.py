"""What comes by mail: a new message opens an incident, a reply is a comment, and nothing more.

Whose address stands above a message proves nothing, so that it is signed as mail from there and
never as the person.  A newcomer would take “it is still broken” for the answer: it is offered to
who handles the incident, who takes it as one with a click.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from sqlalchemy import Connection, select, text

from engine.domain.message import MessageKind
from engine.domain.permissions import Actor, Machine, Verb, may_report
from engine.errors import InvalidAnswers, NotFound
from engine.language import say
from engine.queries.actors import load_actor
from engine.queries.permitted import towards
from engine.store import schema as t
from engine.usecases.filing import NewFile, check, keep_file
from engine.usecases.handling import Handling
from engine.usecases.report import Report, report_incident
from engine.usecases.running import Mover

_MOST_FILES = 20
_OURS = UUID("8a1f7f1c-6f0e-4f0a-9c55-3df5b6a0c7d2")


@dataclass(frozen=True)
class Attachment:
    """A file that came along."""

    name: str
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        """Return it as it is listed."""
        return f"{self.name} ({len(self.content)} bytes)"


@dataclass(frozen=True)
class Incoming:
    """What somebody wrote; `incident_id` from the thread, `number` from the subject line."""

    message_id: str
    name: str
    address: str
    title: str
    words: str
    incident_id: UUID | None = None
    number: int | None = None
    attachments: Sequence[Attachment] = ()

    @property
    def signed(self) -> Machine:
        """What signs for it."""
        return Machine(f"mail from {self.address}")


@dataclass(frozen=True)
class Bounce:
    """Mail to this address came back for good; `why` is what was said."""

    address: str
    why: str


@dataclass(frozen=True)
class Taken:
    """Which incident it went to, and whether it opened it."""

    number: int
    is_new: bool


_SENDER = text("SELECT id FROM person WHERE lower(email) = lower(:address) AND is_active LIMIT 2")
_MEANT = text("SELECT id FROM incident WHERE id = :id OR number = :number ORDER BY id = :id DESC")
_KNOWN = text("""
    SELECT EXISTS (SELECT FROM entry WHERE incident_id = :id AND verb = 'incident:mailed'
      AND content ->> 'message_id' = :message)
""")


def take_mail(handling: Handling, mail: Incoming, *, process: str | None = None) -> Taken:
    """Take a message in: a reply as a comment, any other as a report about `process` (its name).

    A reply is one by its thread, or by a number in its subject line if its sender may read that
    incident.  The same message again changes nothing.  Raises InvalidAnswers where it is no reply
    and no process is named, Busy or Unavailable.
    """
    with handling.store.read() as conn:
        sender = _sender(conn, mail.address)
        incident_id = _meant(handling, conn, mail, sender)
    if incident_id is not None:
        return _reply(handling, incident_id, mail, sender)
    if process is None:
        raise InvalidAnswers(
            {"message": say("This answers nothing of ours, and names no process.")}
        )
    return _report(handling, mail, sender, process)


def _sender(conn: Connection, address: str) -> Actor | None:
    found = conn.scalars(_SENDER, {"address": address}).all()
    # an address that two share names neither
    return load_actor(conn, found[0]) if len(found) == 1 else None


def _meant(
    handling: Handling, conn: Connection, mail: Incoming, sender: Actor | None
) -> UUID | None:
    asked = {"id": mail.incident_id, "number": mail.number}
    rows = conn.scalars(_MEANT, asked).all()
    if not rows:
        return None
    found: UUID = rows[0]
    if found == mail.incident_id:
        return found
    # a number is easily guessed
    return found if sender is not None and _may_read(handling, conn, found, sender) else None


def _may_read(handling: Handling, conn: Connection, incident_id: UUID, who: Actor) -> bool:
    row = conn.execute(select(t.incident).where(t.incident.c.id == incident_id)).one()
    _, verbs = towards(conn, row, who, handling.store.clock(), handling.rules)  # type: ignore[arg-type]
    return Verb.SEE in verbs


def _reply(handling: Handling, incident_id: UUID, mail: Incoming, sender: Actor | None) -> Taken:
    with handling.store.begin() as work:
        case = work.incident(incident_id)
        taken = Taken(case.incident.number, is_new=False)
        asked = {"id": incident_id, "message": mail.message_id}
        if mail.message_id and work.conn.scalar(_KNOWN, asked):
            return taken
        mover = Mover(handling, case, mail.signed)
        may_read = (
            sender is not None
            and Verb.SEE in towards(work.conn, case.incident, sender, work.now, handling.rules)[1]
        )
        if case.incident.is_restricted and not may_read:
            raise InvalidAnswers({"message": say("This is for named people only.")})
        case.record(
            "incident:mailed",
            {
                "words": mail.words,
                # a stranger's words are not shown to the customer
                "is_internal": not may_read,
                "person": str(sender.id) if sender is not None and may_read else None,
                "message_id": mail.message_id,
                "attachments": [str(one) for one in mail.attachments],
            },
            mail.signed,
        )
        _keep(mover, mail, is_internal=not may_read)
        watching = work.conn.scalars(
            select(t.watcher.c.person_id).where(t.watcher.c.incident_id == incident_id)
        )
        told = {case.incident.lead_id, *(() if not may_read else watching)}
        mover.tell(MessageKind.NOTED, told - {sender.id if sender else None})
        return taken


def _keep(mover: Mover, mail: Incoming, *, is_internal: bool) -> None:
    """Keep what came along, as far as such files are kept; all of it is named in the record."""
    for one in mail.attachments[:_MOST_FILES]:
        file = NewFile(one.name, one.content)
        try:
            check(file)
        except InvalidAnswers:
            continue
        keep_file(mover, file, mail.signed, is_internal=is_internal)


def _report(handling: Handling, mail: Incoming, sender: Actor | None, process: str) -> Taken:
    with handling.store.read() as conn:
        row = conn.execute(
            select(t.business_process).where(t.business_process.c.name == process)
        ).first()
        if row is None:
            raise InvalidAnswers(
                {"process": say("There is no business process “%(process)s”.", process=process)}
            )
        known = sender if sender is not None and may_report(sender) else None
        reporter = known or load_actor(conn, row.duty_lead_id)
    if reporter is None:
        raise NotFound(say("Nobody is on duty for this business process."))
    listed = ", ".join(str(one) for one in mail.attachments)
    said = mail.words or mail.title
    report = Report(
        product_id=row.id,
        title=mail.title,
        expected="As agreed; the mail does not say more.",
        actual=f"{said}\n\nCame along: {listed}" if listed else said,
        harmed="",
        caller=None if known else mail.name,
        caller_contact=None if known else mail.address,
        source_reference=mail.message_id or None,
    )
    made = uuid5(_OURS, mail.message_id) if mail.message_id else None
    with handling.store.begin() as work:
        number = work.conn.scalar(select(t.incident.c.number).where(t.incident.c.id == made))
        if number is not None:
            return Taken(number, is_new=False)
        opened = report_incident(
            handling.within(work), report, actor=reporter, by=mail.signed, incident_id=made
        )
        number = work.conn.scalar(select(t.incident.c.number).where(t.incident.c.id == opened))
        _keep(Mover(handling, work.incident(opened), mail.signed), mail, is_internal=known is None)
    return Taken(number or 0, is_new=True)
