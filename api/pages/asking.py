"""Pages that ask a form: read what was posted, and show it again with what is wrong.

A newcomer would redirect after a refusal; what somebody typed must stay before their eyes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from flask import request
from markupsafe import Markup
from werkzeug.datastructures import FileStorage

from api import identity
from engine.errors import InvalidAnswers, KeyReused, PutrightError
from engine.language import say
from forms import Choices, Form, RowsAsked, from_post, plain_text, render, rows_asked

Post = Mapping[str, list[str]]


def posted() -> Post:
    """Return what the page sent, every value of each name."""
    return request.form.to_dict(flat=False)


def words_in(name: str) -> str:
    """Return what stands in a field outside of a form's own, as it can be kept everywhere."""
    return plain_text(request.form.get(name, ""))


_LARGEST_FILE = 2 * 1024 * 1024


def sent_key() -> str:
    """Return the key of this sending; a page without one gets a fresh one."""
    return words_in("_key")[:100] or str(uuid4())


def asks_for_rows() -> bool:
    """Say whether only another row was asked for, or one less."""
    return "_add" in request.form or "_remove" in request.form


def text_of_file(sent: FileStorage) -> str:
    """Return what a file says.  Raises InvalidAnswers for what is no text in UTF-8, or too long."""
    content: bytes = sent.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise InvalidAnswers({"file": say("This file is larger than 2 MB.")})
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        sentence = say("This is not a text in UTF-8. Save it as “CSV UTF-8”.")
        raise InvalidAnswers({"file": sentence}) from error


@dataclass(frozen=True)
class Asked:
    """A form as it is shown this time: its inside, its key, and what is wrong beside fields."""

    form: Form
    inside: Markup
    key: str
    notice: str | None = None
    # the notice is a question, to be answered by sending it all the same, or something else
    is_queried: bool = False


@dataclass(frozen=True)
class Asking:
    """One form with what it is given; `show` prints it, `answers` reads what came back."""

    form: Form
    choices: Choices
    prefill: Mapping[str, object] = field(default_factory=dict)
    draft: bool = False
    instructions: bool = True
    # where several are asked on one page
    mark: str = ""

    def answers(self) -> dict[str, object]:
        """Return what was posted, in the reader's zone."""
        return from_post(self.form, posted(), tz=identity.zone())

    def show(
        self,
        values: Mapping[str, object] | None = None,
        *,
        findings: Mapping[str, str] | None = None,
        notice: str | None = None,
        key: str | None = None,
    ) -> Asked:
        """Return the form with these values; `key` stays the same while it is the same sending."""
        rows = rows_asked(self.form, posted()) if asks_for_rows() else RowsAsked({})
        inside = render(
            self.form,
            values=values,
            findings=findings,
            prefill=self.prefill,
            choices=self.choices,
            tz=identity.zone(),
            rows=rows,
            draft=self.draft,
            instructions=self.instructions,
            mark=self.mark,
        )
        return Asked(self.form, inside, key or str(uuid4()), notice)

    def refused(self, values: Mapping[str, object], refusal: PutrightError) -> Asked:
        """Return the form to be sent again, with the sentence of what stood in the way.

        It keeps its key: whoever is told that the database is away cannot know whether this was
        done.  Only a key that stands for another sending already is given up.
        """
        key = None if isinstance(refusal, KeyReused) else sent_key()
        return self.show(values, notice=refusal.sentence, key=key)


def asked_number(name: str, most: int, unless: int) -> int:
    """Return the number that the address says, if it is one of 0 to `most`."""
    said = request.args.get(name)
    is_one = said is not None and said.isascii() and said.isdigit() and len(said) < 12
    return min(int(said), most) if said is not None and is_one else unless
