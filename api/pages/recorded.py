"""The record of an incident: every entry with who signed it, what it changed and was answered on.

A newcomer would put it beside the page of the incident: it is the auditor's too, with filters.
"""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.for_readers import for_readers
from api.pages.replaying import SIGNERS
from api.reading import read_incident
from engine.domain.permissions import may_audit
from engine.domain.signer import Signer
from engine.domain.wording import subject
from engine.queries.access import AccessFilter, access
from engine.queries.paging import Page
from engine.queries.trail import Signed, Wanted, signed_by, trail

pages = for_readers("record", __name__)

_SIZE = 100
_FEW = Page(size=10)
# before the kind of who signed, so that nobody's name is taken for one
_KIND = "kind:"


@pages.get("/incidents/<int:number>/record")
def page(number: int) -> ResponseReturnValue:
    """Show everything that was done, oldest first, or what is asked for of it."""
    asked = Page(size=_SIZE, after=request.args.get("after") or None)
    wanted = _wanted()
    with identity.handling().store.read() as conn:
        incident = read_incident(conn, number, identity.actor(), filters.now())
        found = trail(conn, incident.id, identity.actor(), asked, wanted)
        signed = signed_by(conn, incident.id)
        # beside the record: what was refused leaves no trace in it
        asked_of = AccessFilter(incident=number)
        looked = access(conn, asked_of, _FEW) if may_audit(identity.actor()) else None
    chosen: dict[str, Any] = {
        name: request.args[name] for name in ("who", "about") if request.args.get(name)
    }
    return render_template(
        "incident_record.html",
        incident=incident,
        found=found,
        looked=looked,
        is_first=asked.after is None and wanted.at in (None, 1),
        first=url_for(".page", number=number, **chosen),
        next=url_for(".page", number=number, after=found.next, **chosen) if found.next else None,
        chosen=chosen,
        all=sum(one.count for one in signed),
        kinds=_kinds(signed),
        actors=[(name, count) for name, count in _counted(signed, "actor") if name],
        subjects=[(one, subject(one), count) for one, count in _counted(signed, "subject")],
        signers=SIGNERS,
    )


def _wanted() -> Wanted:
    who, at = request.args.get("who", ""), request.args.get("at", "")
    kind = who.removeprefix(_KIND) if who.startswith(_KIND) else None
    return Wanted(
        signer=Signer(kind) if kind in set(Signer) else None,
        actor=who if who and kind is None else None,
        subject=request.args.get("about") or None,
        at=int(at[:9]) if at.isdecimal() else None,
    )


def _kinds(signed: tuple[Signed, ...]) -> list[tuple[str, Signer, int]]:
    counts = dict(_counted(signed, "signer"))
    return [(f"{_KIND}{one}", one, counts[one]) for one in Signer if one in counts]


def _counted(signed: tuple[Signed, ...], what: str) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for one in signed:
        counts[getattr(one, what)] = counts.get(getattr(one, what), 0) + one.count
    return list(counts.items())
