"""The report as PDF, laid out by reportlab.

The typeface that comes with it has the letters of Latin scripts; what it lacks is printed as a box
and stands in the HTML beside it.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)

from api.pack.report import Report, Section

_FONT, _BOLD = "Vera", "VeraBd"
# what a page has between its margins, and a frame within them
_WIDTH = A4[0] - 36 * mm - 12
# a cell that is longer than a page cannot be laid out
_LONGEST_CELL = 1_500
_LINES = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.HexColor("#c5ccd4")),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
)


def print_report(report: Report, to: Path) -> None:
    """Write the report as a PDF file."""
    _register()
    pages = SimpleDocTemplate(
        str(to),
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        title=report.title,
        lang=report.language,
    )
    pages.build(list(_flow(report)), onFirstPage=_number, onLaterPages=_number)


@cache
def _register() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (_FONT, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


def _style(size: float, *, bold: bool = False, before: float = 0) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}{bold}{before}",
        fontName=_BOLD if bold else _FONT,
        fontSize=size,
        leading=size * 1.35,
        spaceBefore=before,
        spaceAfter=2,
        splitLongWords=True,
    )


def _flow(report: Report) -> Iterator[Flowable]:
    yield _words(report.title, _style(17, bold=True))
    yield _pairs(report.about)
    for chapter in report.chapters:
        yield PageBreak()
        yield _words(chapter.title, _style(13, bold=True))
        for section in chapter.sections:
            yield from _section(section)


def _section(section: Section) -> Iterator[Flowable]:
    yield _words(section.title, _style(10, bold=True, before=9))
    if section.pairs:
        yield _pairs(section.pairs)
    if section.rows:
        yield Spacer(1, 3)
        yield _table(section.head, section.rows)


def _pairs(pairs: Sequence[tuple[str, str]]) -> Flowable:
    cells = [[_words(one, _style(8)) for one in pair] for pair in pairs]
    return LongTable(cells, colWidths=[_WIDTH * 0.28, _WIDTH * 0.72], style=_LINES)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Flowable:
    cells = [[_words(one, _style(7.5, bold=True)) for one in head]]
    cells += [[_words(one, _style(7.5)) for one in row] for row in rows]
    return LongTable(cells, colWidths=_widths(head, rows), repeatRows=1, style=_LINES)


def _widths(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """Return columns as wide as what is in them, within limits."""
    longest = [
        min(max(len(one) for one in column), 60) + 4 for column in zip(head, *rows, strict=True)
    ]
    least = [max(one, 7) for one in longest]
    return [_WIDTH * one / sum(least) for one in least]


def _words(words: str, style: ParagraphStyle) -> Paragraph:
    if len(words) > _LONGEST_CELL:
        words = words[:_LONGEST_CELL] + "…"
    # what XML cannot hold, a PDF cannot show
    shown = "".join(one for one in words if one >= " " or one == "\n")
    return Paragraph(escape(shown).replace("\n", "<br/>"), style)


def _number(canvas: object, pages: SimpleDocTemplate) -> None:
    canvas.saveState()  # type: ignore[attr-defined]
    canvas.setFont(_FONT, 7)  # type: ignore[attr-defined]
    canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, str(pages.page))  # type: ignore[attr-defined]
    canvas.restoreState()  # type: ignore[attr-defined]
