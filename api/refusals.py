"""What a page says when it cannot do what was asked: one clear sentence, and what to do next.

Which status a refusal has stands in `errors.py`; here are only the words around its sentence.
"""

from collections.abc import Mapping

from flask import render_template

from engine.language import say

_TRY_AGAIN = say("Go back and send it once more; however often it is sent, it is done once.")
_FAULT = say("Try again in a while. If it stays so, tell the service desk what stands above.")
# code -> title, what to do next
_WORDS: Mapping[str, tuple[str, str]] = {
    "not_found": (say("Nothing here"), say("It may be that it is not for you to see.")),
    "sign_in_needed": (say("You are signed out"), say("Sign in, and send it once more.")),
    "not_allowed": (
        say("Not for you to do"),
        say("If you think it should be, ask the service desk."),
    ),
    "forged": (say("This page is too old"), say("Load the page again, and send it once more.")),
    "item_ended": (say("This is over"), say("Go back to your to-dos; it is no longer among them.")),
    "try_again": (say("Somebody else is just here"), _TRY_AGAIN),
    "unavailable": (say("Not just now"), _TRY_AGAIN),
    "too_many_attempts": (say("Too often"), say("Wait a while, and try again.")),
    "invalid_answers": (say("This could not be read"), say("Go back, and look at what you sent.")),
    "method_not_allowed": (say("Nothing here"), say("Start at your to-dos.")),
    "too_large": (say("Too much at once"), say("Go back, and send less of it.")),
}
_BY_STATUS: Mapping[int, tuple[str, str]] = {
    409: (say("Something has changed meanwhile"), say("Go back, and load the page again.")),
    500: (say("Something went wrong here"), _FAULT),
}
_ELSE = (say("This did not work"), say("Go back, and try again."))


def page(status: int, code: str, sentence: str) -> str:
    """Return the error page."""
    title, next_step = _WORDS.get(code) or _BY_STATUS.get(status) or _ELSE
    return render_template(
        "error.html", status=status, title=title, sentence=sentence, next_step=next_step
    )
