"""For auditors: who looked at what, and who was refused what."""

from typing import Any

from api import schemas, tokens
from api.resources.resource import handling, resource
from api.shapes import schema_of
from engine.domain.permissions import may_audit
from engine.errors import NotAllowed
from engine.language import say
from engine.queries.access import Access, AccessFilter, access
from engine.queries.paging import Page

blueprint = resource("api_access", __name__, "Who looked, who was refused")


@blueprint.route("/access", methods=["GET"])
@blueprint.arguments(schemas.AccessAsked, location="query")
@blueprint.response(200, schema_of(Access))
def listed(asked: dict[str, Any]) -> Access:
    """List what auditors looked at and what anybody was refused, the latest first.

    Customers' personal data is masked, here as everywhere, unless the request says why it is read:
    `Purpose:` with words of your own, percent-encoded where they are not ASCII.
    """
    if not may_audit(tokens.actor()):
        raise NotAllowed(say("Only auditors can ask this."))
    page = Page(asked.pop("size"), asked.pop("after", None))
    with handling().store.read() as conn:
        return access(conn, AccessFilter(**asked), page)
