"""Somebody without an account tells us, on the public page: one report, however often it is sent.

The page's token is the report's own: the same sending leads to the same incident and the same
secret page.  A newcomer would take the words for somebody's we know: a stranger wrote them, so the
one on duty is the reporter, as when somebody calls.
"""

from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import select

from engine.domain.permissions import Machine
from engine.errors import InvalidAnswers
from engine.language import say
from engine.queries.actors import load_actor
from engine.store import schema as t
from engine.usecases.callers import keep_caller_page
from engine.usecases.handling import Handling
from engine.usecases.report import Report, report_incident

PUBLIC_PAGE = Machine("the public page")
_OURS = UUID("b2a7b1f2-0a57-5b8e-8b0e-2f6b3f8f5f11")


@dataclass(frozen=True)
class Told:
    """What somebody tells us of a product of a business process that is public."""

    product_id: UUID
    title: str
    actual: str
    name: str
    expected: str = ""
    contact: str | None = None


def tell(handling: Handling, told: Told, *, token: str) -> None:
    """Open an incident, whose caller's page has this token; sent again it changes nothing.

    Raises InvalidAnswers for what is not public.
    """
    incident_id = uuid5(_OURS, token)
    with handling.store.begin() as work:
        row = work.conn.execute(
            select(t.business_process.c.duty_lead_id)
            .join(t.product, t.product.c.process_id == t.business_process.c.id)
            .where(
                t.product.c.id == told.product_id,
                t.product.c.is_made,
                t.business_process.c.is_public,
            )
        ).first()
        reporter = load_actor(work.conn, row.duty_lead_id) if row is not None else None
        if row is None or reporter is None:
            raise InvalidAnswers({"product": say("Please choose from those listed.")})
        known = select(t.incident.c.id).where(t.incident.c.id == incident_id)
        if work.conn.scalar(known) is not None:
            return
        report_incident(
            handling.within(work),
            Report(
                product_id=told.product_id,
                title=told.title,
                expected=told.expected or "As agreed; who told us does not say more.",
                actual=told.actual,
                harmed="",
                caller=told.name,
                caller_contact=told.contact,
            ),
            actor=reporter,
            by=PUBLIC_PAGE,
            incident_id=incident_id,
        )
        case = work.incident(incident_id)
        keep_caller_page(case, token, name=told.name, contact=told.contact, by=PUBLIC_PAGE)
