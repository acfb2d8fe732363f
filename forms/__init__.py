"""What each step asks: one JSON Schema a step, and the code that asks it and checks answers.

The files beside this module are the shipped forms, one for each step, named after it; those in
`fixed` are in no release: how an organisation tells of itself, and how anybody tells us.  A
newcomer would look for a route or an error of the engine: forms know neither; they return markup
and findings, and whoever calls decides.
"""

from forms.carrying import LeftOver, asked_otherwise, carried_over
from forms.checking import Checked, check, decisions, finite_domains, overall, worst
from forms.fields import Field, Kind
from forms.form import Form, FormError, FormUnreadable, as_api_schema, fixed, shipped, without
from forms.posting import RowsAsked, from_post, rows_asked
from forms.prose import markdown
from forms.rendering import render
from forms.schemas import Finding
from forms.values import Choices, plain_text

__all__ = [
    "Checked",
    "Choices",
    "Field",
    "Finding",
    "Form",
    "FormError",
    "FormUnreadable",
    "Kind",
    "LeftOver",
    "RowsAsked",
    "as_api_schema",
    "asked_otherwise",
    "carried_over",
    "check",
    "decisions",
    "finite_domains",
    "fixed",
    "from_post",
    "markdown",
    "overall",
    "plain_text",
    "render",
    "rows_asked",
    "shipped",
    "without",
    "worst",
]
