"""Bar charts as SVG, written by the server: they need no script, and scale without small print.

Positions are percentages and sizes are pixels, so that bars grow with the page and words do not.
A newcomer would fetch a library of charts: it would draw for a mouse what a table says better.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

_ROW, _TOP, _THICK = 46, 17, 15
# of the width: what is right of the longest bar is room for its words
_WIDEST = 50.0
# what a file of its own needs of the pages' looks
_LOOKS = Markup("""<style>
svg { background: #fff; }
text { font: 13px system-ui, sans-serif; fill: #24292b; }
.quiet { fill: #5b6467; }
.bar-main { fill: #0f6e66; } .bar-soft { fill: #0f6e66; fill-opacity: .28; }
.bar-open { fill: #969e9c; } .bar-good { fill: #0f6e66; } .bar-heed { fill: #c07a1c; }
.bar-out { fill: #dcdfdd; } .bar-it { fill: #2f62b8; } .bar-business { fill: #a1580f; }
.bar-external { fill: #6d4a9e; } .bar-customer { fill: #0e7a63; }
@media (prefers-color-scheme: dark) { svg { background: #15191a; } text { fill: #d6dbd9; }
.quiet { fill: #a0a9a8; } }
</style>""")


@dataclass(frozen=True)
class Part:
    """A piece of a bar: how it looks, how much it is, and in words what it is."""

    look: str
    value: float
    says: str


@dataclass(frozen=True)
class Bar:
    """A bar of parts one after the other; `behind` is a second, paler one that begins with it.

    `says` stands beside it, `quietly` after that; `href` leads to what is behind it.
    """

    label: str
    parts: Sequence[Part]
    says: str
    quietly: str = ""
    href: str | None = None
    behind: Part | None = None

    @property
    def length(self) -> float:
        """Return how far the bar reaches."""
        longest = self.behind.value if self.behind else 0.0
        return max(sum(max(part.value, 0.0) for part in self.parts), longest)


@dataclass(frozen=True)
class Chart:
    """Bars below each other, with a name and a description for who does not see them."""

    name: str
    title: str
    about: str
    bars: Sequence[Bar] = field(default_factory=tuple)

    def drawn(self, *, alone: bool = False) -> Markup:
        """Return the SVG; `alone` as a file of its own, with its looks and without links."""
        most = max((bar.length for bar in self.bars), default=0.0) or 1.0
        rows = Markup("\n").join(
            _row(bar, place, most, alone=alone) for place, bar in enumerate(self.bars)
        )
        height = max(len(self.bars), 1) * _ROW
        size = Markup('width="{}"').format("760" if alone else "100%")
        return Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" class="chart" {} height="{}" role="group"'
            ' aria-labelledby="{}-title {}-about"><title id="{}-title">{}</title>'
            '<desc id="{}-about">{}</desc>{}{}</svg>'
        ).format(
            size,
            height,
            self.name,
            self.name,
            self.name,
            self.title,
            self.name,
            self.about,
            _LOOKS if alone else "",
            rows,
        )


def _row(bar: Bar, place: int, most: float, *, alone: bool) -> Markup:
    top, scale = place * _ROW, _WIDEST / most
    pieces, at = [], 0.0
    if bar.behind is not None:
        pieces.append(_piece(bar.behind, 0.0, scale, top))
    for part in bar.parts:
        pieces.append(_piece(part, at, scale, top))
        at += max(part.value, 0.0) * scale
    said = Markup(
        '<text x="{:.2f}%" dx="6" y="{}">{} <tspan dx="5" class="quiet">{}</tspan></text>'
    ).format(
        bar.length * scale,
        top + _TOP + _THICK - 3,
        bar.says,
        bar.quietly,
    )
    drawn = Markup('<text x="0" y="{}" class="label">{}</text> {} {}').format(
        top + _TOP - 4, bar.label, Markup("").join(pieces), said
    )
    if alone or bar.href is None:
        return Markup("<g>{}</g>").format(drawn)
    # all of the row can be clicked, not only where something is drawn
    area = Markup(
        '<rect x="0" y="{}" width="100%" height="{}" fill="none" pointer-events="all"/>'
    ).format(top, _ROW)
    return Markup('<a href="{}">{}{}</a>').format(bar.href, area, drawn)


def _piece(part: Part, at: float, scale: float, top: int) -> Markup:
    width = max(part.value, 0.0) * scale
    if not width:
        return Markup("")
    return Markup(
        '<rect x="{:.2f}%" y="{}" width="{:.2f}%" height="{}" class="bar-{}">'
        "<title>{}</title></rect>"
    ).format(at, top + _TOP, width, _THICK, part.look, part.says)
