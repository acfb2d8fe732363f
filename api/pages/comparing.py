"""Two versions side by side: of releases, and of a draft beside the release that it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from api import identity
from api.pages.for_readers import for_readers
from api.pages.history import named
from api.pages.studio import kind_of, title_of
from engine.bpmn.comparing import Change, Compared, compare, compare_file
from engine.bpmn.document import UnreadableError, parse_xml
from engine.domain.permissions import may_read_diagrams
from engine.errors import NotAllowed, NotFound
from engine.language import say
from engine.queries.drafts import draft_files, draft_page, release_files
from engine.queries.library import release_line

pages = for_readers("comparing", __name__)


@dataclass(frozen=True)
class Versions:
    """Two sets of files, what each is called, and where they come from."""

    old: Mapping[str, bytes]
    new: Mapping[str, bytes]
    old_title: str
    new_title: str
    back: str
    back_title: str


@pages.before_request
def let_in() -> None:
    """Let pass who may read diagrams."""
    if not may_read_diagrams(identity.actor()):
        raise NotAllowed(say("The studio is for process owners and auditors."))


@pages.get("/studio/compare/<int:first>/<int:second>")
def releases(first: int, second: int) -> ResponseReturnValue:
    """List what differs between two releases."""
    versions = _of_releases(first, second)
    return _listed(
        versions,
        lambda name: url_for("comparing.release_file", first=first, second=second, name=name),
    )


@pages.get("/studio/compare/<int:first>/<int:second>/<name>")
def release_file(first: int, second: int, name: str) -> ResponseReturnValue:
    """Show what differs in one file between two releases."""
    here = url_for("comparing.releases", first=first, second=second)
    return _one(_of_releases(first, second), name, here)


@pages.get("/studio/drafts/<uuid:draft_id>/changes")
def draft(draft_id: UUID) -> ResponseReturnValue:
    """List what a draft changes."""
    return _listed(
        _of_draft(draft_id),
        lambda name: url_for("comparing.of_draft", draft_id=draft_id, name=name),
    )


@pages.get("/studio/drafts/<uuid:draft_id>/changes/<name>")
def of_draft(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Show what a draft changes in one file."""
    return _one(_of_draft(draft_id), name, url_for("comparing.draft", draft_id=draft_id))


def _of_releases(first: int, second: int) -> Versions:
    with identity.handling().store.read() as conn:
        old, new = (release_files(conn, release_line(conn, one).id) for one in (first, second))
    return Versions(
        old,
        new,
        say("Release %(number)s", number=first),
        say("Release %(number)s", number=second),
        url_for("studio.all_releases"),
        say("All releases"),
    )


def _of_draft(draft_id: UUID) -> Versions:
    with identity.handling().store.read() as conn:
        page = draft_page(conn, draft_id)
        old, new = release_files(conn, page.base_id), draft_files(conn, draft_id)
    return Versions(
        old,
        new,
        say("Release %(number)s", number=page.base),
        page.title,
        url_for("studio.draft", draft_id=draft_id),
        page.title,
    )


def _listed(versions: Versions, address: Any) -> str:
    found = compare(versions.old, versions.new)
    return render_template(
        "compare.html",
        versions=versions,
        files=[(one, _title(versions, one.name), address(one.name)) for one in found],
    )


def _one(versions: Versions, name: str, here: str) -> str:
    old, new = versions.old.get(name), versions.new.get(name)
    if old is None and new is None:
        raise NotFound(say("There is no such file in either."), name=name)
    found = compare_file(name, old, new)
    return render_template(
        "compare_file.html",
        versions=versions,
        here=here,
        name=name,
        title=_title(versions, name),
        found=found,
        moved=[one for one in found.differences if one.change is Change.MOVED],
        drawings=_drawings(versions, name, found) if kind_of(name) == "bpmn" else (),
    )


def _title(versions: Versions, name: str) -> str:
    content = versions.new.get(name) or versions.old.get(name) or b""
    return title_of(name, content)


def _drawings(
    versions: Versions, name: str, found: Compared
) -> Sequence[tuple[str, str, dict[str, Any]]]:
    """Return each version's drawing with what became of its elements; none that cannot be read."""
    state: dict[str, list[str]] = {change.value: [] for change in Change}
    for one in found.differences:
        if one.about is not None:
            state[one.change.value].append(one.about)
    drawn = []
    for place, title, content in (
        ("old", versions.old_title, versions.old.get(name)),
        ("new", versions.new_title, versions.new.get(name)),
    ):
        try:
            xml = named(parse_xml(name, content)).decode() if content is not None else None
        except UnreadableError:
            xml = None
        if xml is not None:
            drawn.append((place, title, {"xml": xml, "state": state}))
    return drawn
