"""For auditors: who looked at what, and who was refused what."""

from typing import Any

from api import schemas, tokens
from api.resources.resource import handling, resource
from api.shapes import schema_of
from engine.queries.access import Access, AccessFilter, access
from engine.queries.paging import Page
from engine.usecases.at_the_desk import require_auditor

blueprint = resource("api_access", __name__, "Who looked, who was refused")


@blueprint.route("/access", methods=["GET"])
@blueprint.arguments(schemas.AccessAsked, location="query")
@blueprint.response(200, schema_of(Access))
def listed(asked: dict[str, Any]) -> Access:
    """List what auditors looked at and what anybody was refused, the latest first.

    Customers' personal data is masked, here as everywhere, unless the request says why it is read:
    `Purpose:` with words of your own, percent-encoded where they are not ASCII.
    """
    require_auditor(tokens.actor())
    page = Page(asked.pop("size"), asked.pop("after", None))
    with handling().store.read() as conn:
        return access(conn, AccessFilter(**asked), page)
