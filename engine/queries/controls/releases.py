"""Controls over what is published: proved, tried, and by two people where it matters."""

from sqlalchemy import text

from engine.language import say
from engine.queries.controls.control import Control, Subject, counted_by, found_by

_PUBLISHED = "r.published_at >= :since AND r.published_at < :until"
_RELEASES = text(f"SELECT count(*) FROM release r WHERE {_PUBLISHED}")  # noqa: S608 - a constant
_NOT_PROVED = text(f"""
    SELECT r.number, r.published_at AS at FROM release r
    LEFT JOIN release_proof f ON f.release_id = r.id
    WHERE {_PUBLISHED} AND (f.release_id IS NULL
      OR jsonb_path_exists(f.files, '$[*].processes[*] ? (@.verdict != "sound")')
      OR coalesce(CAST(f.scenarios ->> 'failed' AS integer), 0) > 0)
    ORDER BY r.published_at DESC
""")  # noqa: S608 - as above
_TOUCHING = text(f"""
    SELECT count(*) FROM release r WHERE {_PUBLISHED} AND r.touches <> '[]'
""")  # noqa: S608 - as above
# Whoever signed that one person was enough is told beside, and is no exception.
_BY_ONE = text(f"""
    SELECT r.number, r.published_at AS at FROM release r
    WHERE {_PUBLISHED} AND r.touches <> '[]' AND r.waived IS NULL
      AND (r.agreed_by IS NULL OR r.agreed_by = r.published_by)
    ORDER BY r.published_at DESC
""")  # noqa: S608 - as above

CONTROLS = (
    Control(
        "proved",
        say("A version is published with its proof"),
        say("Each version is proved, keeps its proof, and all of its scenarios came out right."),
        say("versions that were published"),
        Subject.RELEASE,
        counted_by(_RELEASES),
        found_by(_NOT_PROVED),
    ),
    Control(
        "second-person",
        say("Two people change who closes, and when"),
        say("A version that changes who closes incidents, or when, has a second person’s word."),
        say("versions that change that"),
        Subject.RELEASE,
        counted_by(_TOUCHING),
        found_by(_BY_ONE),
    ),
)
