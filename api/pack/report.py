"""The readable part of a pack: what happened, as one structure that becomes HTML and PDF.

Times are UTC to the second: an inspector compares them with records, and not with a wall clock.  A
newcomer would write the two from two templates, which sooner or later say different things.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.domain.incident import IncidentState
from engine.domain.wording import WORDS, word
from engine.language import in_words, say
from engine.queries.incident import IncidentPage
from engine.queries.ledger import IncidentLedger
from engine.queries.pack import PackedRelease
from engine.queries.trail import TrailLine


@dataclass(frozen=True)
class Section:
    """A heading with pairs of (what, words), and a table; either may be empty."""

    title: str
    pairs: Sequence[tuple[str, str]] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Chapter:
    """One incident."""

    title: str
    sections: Sequence[Section]


@dataclass(frozen=True)
class Report:
    """All that a pack says in words; `about` are pairs of (what, words)."""

    title: str
    language: str
    about: Sequence[tuple[str, str]]
    chapters: Sequence[Chapter]


def chapter_of(page: IncidentPage, ledger: IncidentLedger, records: Sequence[TrailLine]) -> Chapter:
    """Return what is said of one incident."""
    sections = (
        Section(_("What is wrong"), tuple(_wrong(page))),
        Section(_("How it ended"), tuple(_ended(page))),
        Section(
            _("How we know that it is right"),
            head=(_("Measure"), _("Threshold"), _("Measured"), _("Checked by"), _("When")),
            rows=[
                (
                    one.measure,
                    one.threshold,
                    one.measured or "",
                    one.verified_by or "",
                    _when(one.verified_at),
                )
                for one in page.criteria
            ],
        ),
        Section(
            _("Answers"),
            head=(_("Who"), _("Answer"), _("How"), _("When"), _("Words")),
            rows=list(_answers(page)),
        ),
        Section(
            _("Decisions"),
            head=(_("Who"), _("Decision"), _("As"), _("When"), _("Reason")),
            rows=[
                (
                    one.by,
                    plain(one.decided),
                    plain(one.authority),
                    _when(one.decided_at),
                    one.reason,
                )
                for one in page.decisions
            ],
        ),
        Section(
            _("Actions"),
            head=(_("No."), _("What"), _("Whose"), _("State"), _("By"), _("When")),
            rows=[
                (
                    str(one.number),
                    one.title,
                    plain(one.party),
                    plain(one.state),
                    one.settled_by or "",
                    _when(one.settled_at),
                )
                for one in page.actions
            ],
        ),
        Section(
            _("Whose time"),
            pairs=[(plain(party), _long(length)) for party, length in ledger.totals.items()],
            head=(_("Whose"), _("For what"), _("From"), _("Until"), _("How long")),
            rows=[
                (
                    plain(one.party),
                    in_words(say(one.what)) if one.what else plain(one.reason),
                    _when(one.since),
                    _when(one.until),
                    _long(one.length),
                )
                for one in ledger.lines
            ],
        ),
        Section(
            _("Record"),
            head=(_("No."), _("When"), _("What"), _("Said")),
            rows=[
                (
                    str(one.seq),
                    _when(one.at),
                    in_words(one.sentence),
                    "; ".join(f"{what}: {words}" for what, words in one.summary),
                )
                for one in records
            ],
        ),
    )
    filled = [one for one in sections if one.pairs or one.rows]
    return Chapter(f"#{page.number} {page.title}", filled)


def versions(releases: Sequence[PackedRelease]) -> Chapter:
    """Return what is said of the releases that runs of the pack ran on: who let them in force."""
    return Chapter(
        _("Versions of the diagrams"),
        [
            Section(
                in_words(say("Version %(number)s", number=one.number)),
                [
                    (_("Published by"), str(one.about["published_by"])),
                    (_("Why"), str(one.about["reason"])),
                    (_("Agreed by"), str(one.about["agreed_by"] or _("nobody"))),
                    (_("One person was enough, signed"), str(one.about["waived"] or _("no"))),
                    (_("Proof"), _("is in it") if one.proof else _("from before there were any")),
                ],
            )
            for one in releases
        ],
    )


def plain(machine: str) -> str:
    """Return the plain word for a machine's, itself where there is none."""
    return in_words(word(machine)) if machine in WORDS else machine.replace("_", " ")


def _(words: str) -> str:
    return in_words(say(words))


def _wrong(page: IncidentPage) -> Iterator[tuple[str, str]]:
    yield _("Business process"), page.process
    yield _("Product"), page.product
    yield _("Should be"), page.expected
    yield _("Is"), page.actual
    yield _("Who is harmed"), page.harmed
    yield _("Priority"), page.priority
    yield _("Reported by"), page.reporter
    yield _("Lead"), page.lead
    for reached in page.milestones:
        if reached.at is not None:
            word_of = plain(reached.milestone.value)
            yield word_of[:1].upper() + word_of[1:], _when(reached.at)


def _ended(page: IncidentPage) -> Iterator[tuple[str, str]]:
    yield _("State"), plain(page.state)
    if page.state == IncidentState.OPEN:
        for one in page.missing:
            yield _("Missing"), in_words(one)
    if page.closed_by:
        yield _("Closed by"), plain(page.closed_by)
    if page.ended_at:
        yield _("When"), _when(page.ended_at)


def _answers(page: IncidentPage) -> Iterator[Sequence[str]]:
    for one in page.confirmers:
        said = plain(one.answer) if one.answer else _("none")
        yield one.name, said, plain(one.grade or ""), _when(one.answered_at), one.words or ""
        for line in one.lines:
            yield "", f"{line.measure}: {plain(line.answer)}", "", "", line.words or ""


def _when(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else ""


def _long(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
