"""The auditor's desk: what can be asked of what happened, each part on a page of its own.

A newcomer would put figures here: the page only says where what is found, so that it is there at
once however much there is.
"""

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from api.pages.for_readers import for_auditors
from engine.language import say

pages = for_auditors("desk", __name__)


@dataclass(frozen=True)
class Part:
    """A part of the desk: the page where it begins, what it is called and what it answers."""

    endpoint: str
    title: str
    about: str


PARTS = (
    Part(
        "figures.page",
        say("Figures"),
        say("How incidents went, how long it took and whose time it was, and what waits now."),
    ),
    Part(
        "mining.page",
        say("Files for process mining"),
        say("What happened, as XES or OCEL 2.0: people as pseudonyms, unless names are needed."),
    ),
    Part(
        "setting_up.trail",
        say("Who changed what"),
        say("People, rights, teams, business processes, ladders and versions, as they changed."),
    ),
    Part(
        "incidents.sample",
        say("Set aside or joined"),
        say("How incidents ended, and some of those that were set aside or joined, at random."),
    ),
)


@pages.get("/desk")
def page() -> ResponseReturnValue:
    """Show the parts of the desk."""
    return render_template("desk.html", parts=PARTS)
