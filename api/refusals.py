"""What a page says when it cannot do what was asked: one clear sentence, and what to do next.

Which status a refusal has stands in `errors.py`; here are only the words around its sentence.
"""

from collections.abc import Mapping

from flask import render_template

_TRY_AGAIN = "Go back and send it once more; however often it is sent, it is done once."
_FAULT = "Try again in a while. If it stays so, tell the service desk what stands above."
# code -> title, what to do next
_WORDS: Mapping[str, tuple[str, str]] = {
    "not_found": ("Nothing here", "It may be that it is not for you to see."),
    "sign_in_needed": ("You are signed out", "Sign in, and send it once more."),
    "not_allowed": ("Not for you to do", "If you think it should be, ask the service desk."),
    "forged": ("This page is too old", "Load the page again, and send it once more."),
    "item_ended": ("This is over", "Go back to your to-dos; it is no longer among them."),
    "try_again": ("Somebody else is just here", _TRY_AGAIN),
    "unavailable": ("Not just now", _TRY_AGAIN),
    "too_many_attempts": ("Too often", "Wait a while, and try again."),
    "invalid_answers": ("This could not be read", "Go back, and look at what you sent."),
    "method_not_allowed": ("Nothing here", "Start at your to-dos."),
    "too_large": ("Too much at once", "Go back, and send less of it."),
}
_BY_STATUS: Mapping[int, tuple[str, str]] = {
    409: ("Something has changed meanwhile", "Go back, and load the page again."),
    500: ("Something went wrong here", _FAULT),
}
_ELSE = ("This did not work", "Go back, and try again.")


def page(status: int, code: str, sentence: str) -> str:
    """Return the error page."""
    title, next_step = _WORDS.get(code) or _BY_STATUS.get(status) or _ELSE
    return render_template(
        "error.html", status=status, title=title, sentence=sentence, next_step=next_step
    )
