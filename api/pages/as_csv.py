"""A list as a file for a spreadsheet: UTF-8 with its mark, a heading, one line each.

A newcomer would write a cell as it is: one that begins like a formula is one to a spreadsheet.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from engine.language import in_words

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return the lines as an attachment called `name`; instants are ISO 8601, None is blank."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([in_words(one) for one in headings])
    writer.writerows([_cell(one) for one in row] for row in rows)
    answer = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    return answer


def _cell(value: object) -> str:
    if value is None:
        return ""
    words = in_words(value) if isinstance(value, str) else str(value)
    return f"'{words}" if isinstance(value, str) and words.startswith(_FORMULA) else words
