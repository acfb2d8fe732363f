"""For process owners: proving what is drawn before it is published, and reading what was proved."""

from collections.abc import Mapping
from typing import Any

from api import schemas, tokens
from api.proving import prove_apart
from api.resources.resource import handling, number_or_id, resource
from engine.domain.permissions import Role
from engine.errors import NotAllowed
from engine.language import say
from engine.proof import After
from engine.queries.proof import ReleaseProof, release_proof

blueprint = resource("api_proofs", __name__, "Proofs")


@blueprint.route("/proofs", methods=["POST"])
@blueprint.arguments(schemas.FilesSent)
@blueprint.response(200, schemas.FilesProved)
def prove(sent: dict[str, Any]) -> Mapping[str, Any]:
    """Prove or refute diagrams, tables and forms as one release; nothing is kept.

    Each finding names its element, and the path that leads there, element by element.
    """
    _require(Role.PROCESS_OWNER)
    rules = [After(one["end"], one["step"]) for one in sent["after"]]
    files = prove_apart(sent["files"], rules, soundness_only=sent["soundness_only"])
    return {"files": files}


@blueprint.route("/releases/<which>/proof", methods=["GET"])
@blueprint.response(200, schemas.ReleaseProved)
def proof(which: str) -> ReleaseProof:
    """Show the proof that a release, by its number or id, was published with."""
    _require(Role.PROCESS_OWNER, Role.AUDITOR)
    with handling().store.read() as conn:
        return release_proof(conn, number_or_id(which))


def _require(*roles: Role) -> None:
    if not any(tokens.actor().has_role(role) for role in roles):
        raise NotAllowed(say("This is for the roles %(roles)s.", roles=" and ".join(roles)))
