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
# points: how large words in tables are, and how far apart columns; how much one asks for at most
_IN_TABLES, _GAP, _MOST = 7.5, 8.0, 0.5
# so few letters are not parted
_SHORT = 24
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
    cells = [[_words(one, _style(_IN_TABLES, bold=True)) for one in head]]
    cells += [[_words(one, _style(_IN_TABLES)) for one in row] for row in rows]
    return LongTable(cells, colWidths=_widths(head, rows), repeatRows=1, style=_LINES)


def _widths(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """Return columns that hold their longest word each, and share what is left by their need.

    What is short, as a name or an instant, counts as one word.
    """
    columns = [[name, *cells] for name, *cells in zip(head, *rows, strict=True)]
    least = [
        max(_wide(word) for cell in cells for word in _whole(cell)) + _GAP for cells in columns
    ]
    needed = [max(map(_wide, cells)) + _GAP for cells in columns]
    left = _WIDTH - sum(least)
    if left < 0:
        # a word that no column can hold is taken apart
        return [_WIDTH * one / sum(least) for one in least]
    wanted = [min(most, _MOST * _WIDTH) - one for most, one in zip(needed, least, strict=True)]
    share = left / (sum(max(one, 0.0) for one in wanted) or 1.0)
    return [one + max(more, 0.0) * share for one, more in zip(least, wanted, strict=True)]


def _whole(cell: str) -> Sequence[str]:
    return [cell] if len(cell) < _SHORT else cell.split()


def _wide(words: str) -> float:
    # as in a heading, which is the wider one
    return float(pdfmetrics.stringWidth(words[:_LONGEST_CELL], _BOLD, _IN_TABLES))


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
