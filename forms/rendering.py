"""Prints a form as HTML that works without JavaScript; the caller owns <form> and the page.

The caller writes `<form method="post" novalidate>`, its CSRF token and the page's heading
(`form.title`).  A page posts to `from_post`; the buttons `_add` and `_remove` ask for the same
page again, with `rows=rows_asked(form, post)`.  Fields that depend on another carry
`data-shown-if="name=value|value"`: a script may hide (and must then disable) them, without one
they say when they are asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from engine.language import Said, in_words, say, say_of
from forms.controls import Control, Showing, controls_of, given_of, walk
from forms.form import Form
from forms.posting import RowsAsked
from forms.prose import markdown
from forms.values import Choices

_LONGEST_TITLE = 60


@dataclass(frozen=True)
class Problem:
    """One line of the summary above the form; `target` is None where there is no field."""

    sentence: str
    target: str | None


def render(
    form: Form,
    *,
    values: Mapping[str, object] | None = None,
    findings: Mapping[str, str] | None = None,
    prefill: Mapping[str, object] | None = None,
    choices: Choices | None = None,
    tz: tzinfo,
    rows: RowsAsked | None = None,
    draft: bool = False,
    instructions: bool = True,
    mark: str = "",
) -> Markup:
    """Return the inside of a <form>: problems, instructions, questions and buttons.

    `values` are what the reader has answered so far, a draft too; None shows `prefill` and the
    defaults.  Fixed rows and read-only values always come from `prefill`.  Instants are shown in
    the zone `tz`.  `mark` tells the ids of several forms on one page apart.  With `draft` there is
    a second button, named `_draft`.
    """
    showing = Showing(
        values=values,
        findings=findings or {},
        prefill=prefill or {},
        choices=choices or {},
        tz=tz,
        rows=rows or RowsAsked({}),
        mark=mark,
    )
    controls = controls_of(form.fields, showing)
    html = (
        _templates()
        .get_template("form.html")
        .render(
            form=form,
            instructions=markdown(form.instructions) if instructions else Markup(""),
            given=given_of(form.fields, showing.prefill),
            controls=controls,
            problems=list(_problems(showing, controls)),
            draft=draft,
        )
    )
    # the template escapes; what it does not is Markup from here
    return Markup(html)  # noqa: S704


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("forms"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: in_words(value) if isinstance(value, Said) else value,
    )
    environment.globals["_"] = lambda words, **values: in_words(say(words, **values))
    environment.globals["ngettext"] = lambda one, many, count: in_words(say_of(count, one, many))
    return environment


def _problems(showing: Showing, controls: Sequence[Control]) -> Iterator[Problem]:
    places = {control.name: (control, row) for control, row in walk(controls)}
    for path, sentence in showing.findings.items():
        control, row = places.get(path) or places.get(path.split(".")[0]) or (None, None)
        if control is None:
            yield Problem(f"{path}: {in_words(sentence)}", None)
            continue
        said = in_words(sentence)
        if row is not None:
            said = f"{_short(in_words(row.title))}: {said}"
        yield Problem(said, showing.id_of(control.name))


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1].rstrip() + "…"
