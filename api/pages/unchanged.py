"""Nothing was changed: the last look through all chains, the signed heads, and where they went.

Auditors read here and change nothing: what signs, checks and sends are jobs and commands.
"""

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.for_readers import for_auditors
from engine.domain.audited import Question
from engine.domain.signed_head import as_line
from engine.language import say
from engine.queries.signed_heads import head_lines, outside, restorings
from engine.store.chain_checks import last_check
from engine.store.receipts import SIGNING

pages = for_auditors("unchanged", __name__)

_MOST = 30
_ASKED = {
    Question.INTEGRITY: say("Is everything as it was written?"),
    Question.COMPLETENESS: say("Is nothing cut off or left out?"),
    Question.AUTHENTICITY: say("Is it signed with our keys?"),
}


@pages.get("/desk/proof")
def page() -> ResponseReturnValue:
    """Show what the last check found, and the signed heads, newest first."""
    handling = identity.handling()
    before = request.args.get("before", type=int)
    with handling.store.read() as conn:
        check, lines = last_check(conn), head_lines(conn, before=before, most=_MOST + 1)
        found, restored = outside(conn), restorings(conn)
    return render_template(
        "unchanged.html",
        check=check,
        asked=_ASKED,
        lines=lines[:_MOST],
        next=lines[_MOST - 1].head.number if len(lines) > _MOST else None,
        failing={place: why for place, why in found.failing.items() if place != SIGNING},
        not_signed=found.failing.get(SIGNING),
        restored=restored,
        key=handling.signing.key if handling.signing else None,
    )


@pages.get("/desk/proof/heads/<int:number>.json")
def head(number: int) -> ResponseReturnValue:
    """Give a signed head as a file, as it leaves the house."""
    with identity.handling().store.read() as conn:
        lines = head_lines(conn, before=number + 1, most=1)
    if not lines or lines[0].head.number != number:
        abort(404)
    answer = Response(as_line(lines[0].head) + "\n", mimetype="application/json")
    name = f"putright-head-{number:08}.json"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
