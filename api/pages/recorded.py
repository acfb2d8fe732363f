"""The record of an incident: every entry with who signed it, what it changed and was answered on.

A newcomer would put it beside the page of the incident: it is the auditor's too, with filters.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import filters, identity
from api.pages.for_readers import for_readers
from api.pages.replaying import SIGNERS
from api.reading import read_incident
from engine.domain.permissions import may_audit
from engine.domain.signer import Signer
from engine.domain.wording import subject
from engine.queries.access import AccessFilter, AccessKind, AccessLine, access
from engine.queries.paging import Page
from engine.queries.trail import Signed, Wanted, signed_by, trail

pages = for_readers("record", __name__)

_SIZE = 100
_FEW, _SOME = 10, Page(size=100)
# a look asks for the parts of a page, too, and each of them is an entry
_ONE_LOOK = timedelta(minutes=1)
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
        looked = access(conn, asked_of, _SOME).lines if may_audit(identity.actor()) else ()
    looks, parts = _looks(looked)
    chosen: dict[str, Any] = {
        name: request.args[name] for name in ("who", "about") if request.args.get(name)
    }
    return render_template(
        "incident_record.html",
        incident=incident,
        found=found,
        looks=looks[:_FEW],
        parts=parts,
        more_looks=len(looks) > _FEW or len(looked) == _SOME.size or bool(parts),
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


def _looks(
    lines: Sequence[AccessLine],
) -> tuple[Sequence[AccessLine], Mapping[tuple[UUID, int], int]]:
    """Return each look once, as it began, and of how many more entries it is, by chain and number.

    Whatever was refused, or stated, is by itself.
    """
    looks: list[tuple[AccessLine, AccessLine, int]] = []
    for one in lines:
        if looks and _is_of(one, looks[-1][0]):
            looks[-1] = (looks[-1][0], one, looks[-1][2] + 1)
        else:
            looks.append((one, one, 0))
    return [first for _, first, _ in looks], {
        (first.chain, first.seq): parts for _, first, parts in looks if parts
    }


def _is_of(one: AccessLine, last: AccessLine) -> bool:
    is_theirs = one.kind is last.kind is AccessKind.READ and one.chain == last.chain
    return is_theirs and one.why == last.why and last.at - one.at < _ONE_LOOK


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
