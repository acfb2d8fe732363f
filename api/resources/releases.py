"""Releases for programs: what differs between two of them, and where their runs waited."""

from collections.abc import Mapping, Sequence
from typing import Any

from api import release_schemas, tokens
from api.resources.resource import handling, now, resource
from engine.bpmn.comparing import FileComparison, compare
from engine.errors import NotFound
from engine.language import in_words, say
from engine.queries.drafts import release_files
from engine.queries.library import release_id_of
from engine.queries.where_it_hurts import WhereItHurts, where_it_hurts
from engine.usecases.drafting import require_reader_of_diagrams

blueprint = resource("api_releases", __name__, "Releases", path="/releases")


@blueprint.route("/<which>/differences/<other>", methods=["GET"])
@blueprint.response(200, release_schemas.FileDiffers(many=True))
def differences(which: str, other: str) -> Sequence[Mapping[str, Any]]:
    """Say what differs from the release with this number to the other, file by file.

    Files that are the same in both are left out.
    """
    require_reader_of_diagrams(tokens.actor())
    before, after = (_number(one) for one in (which, other))
    with handling().store.read() as conn:
        files = [release_files(conn, release_id_of(conn, one)) for one in (before, after)]
    return [_told(one) for one in compare(*files) if one.how is not None]


@blueprint.route("/<which>/waits/<diagram>", methods=["GET"])
@blueprint.arguments(release_schemas.PeriodAsked, location="query")
@blueprint.response(200, release_schemas.Waits)
def waits(sent: dict[str, Any], which: str, diagram: str) -> WhereItHurts:
    """Say how often a diagram's elements and ways were passed, and how long runs waited there.

    Counted is what was over from `since` until before `until`; what waits now is told apart, and
    restricted incidents are left out.
    """
    require_reader_of_diagrams(tokens.actor())
    with handling().store.read() as conn:
        release = release_id_of(conn, _number(which))
        process = handling().releases.get(conn, release).specs.release.processes.get(diagram)
        if process is None:
            raise NotFound(say("There is no such diagram in this release."), diagram=diagram)
        return where_it_hurts(conn, release, process, now=now(), **sent)


def _told(one: FileComparison) -> Mapping[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "how": one.how,
        "unreadable": [in_words(said) for said in one.unreadable],
        "differences": [
            {
                "how": each.how,
                "before": each.before,
                "after": each.after,
                "says": [in_words(said) for said in each.says],
            }
            for each in one.differences
        ],
        "lines": [line for line in one.lines if line.how is not None],
    }


def _number(which: str) -> int:
    if which.isascii() and which.isdigit() and len(which) < 10:
        return int(which)
    raise NotFound(say("There is no such release."))
