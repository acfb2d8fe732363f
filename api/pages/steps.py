"""What steps are called on screens: by the question that their form asks.

A diagram says what the machine waits for (“Confirm the outcome”), a form what the reader is asked
(“Is it right again?”).
"""

from collections import Counter
from collections.abc import Mapping

from flask import Flask, g

from api import identity
from engine.errors import Unavailable
from engine.language import in_words, say


def register(app: Flask) -> None:
    """Make `called` known to every template."""
    app.jinja_env.globals["called"] = called


def called(title: str) -> str:
    """Return the question behind a step's title in the diagram, the title where there is none.

    It is in the reader's language, if it is one of ours.

    Empty for steps whose form asks the same as others' (do this, or say why not): what they are
    about is their action, and the question alone says nothing.
    """
    return in_words(_questions().get(title, say(title)))


def _questions() -> Mapping[str, str]:
    if "questions" not in g:
        handling = identity.handling()
        try:
            with handling.store.read() as conn:
                release = handling.releases.in_force(conn)
        except Unavailable:
            # a form that could not be sent is shown all the same, with every word of it
            return {}
        asked = {
            step.name: release.forms[step.id].title
            for step in release.specs.steps()
            if step.id in release.forms
        }
        often = Counter(asked.values())
        g.questions = {name: "" if often[form] > 1 else form for name, form in asked.items()}
    questions: Mapping[str, str] = g.questions
    return questions
