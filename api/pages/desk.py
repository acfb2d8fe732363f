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
    """A part of the desk: the page where it begins, what it is called and what it answers.

    `heads` is the heading of those that begin with it.
    """

    endpoint: str
    title: str
    about: str
    heads: str | None = None


PARTS = (
    Part(
        "finding.page",
        say("Find incidents"),
        say("By what was answered, who had a part, whose time it was, and the way it took."),
        heads=say("What happened"),
    ),
    Part(
        "one_incident.page",
        say("One incident"),
        say("What happened to it: on its diagram at any moment, by whom, and whose time it was."),
    ),
    Part(
        "figures.page",
        say("Figures"),
        say("How incidents went, how long it took and whose time it was, and what waits now."),
    ),
    Part(
        "closures.listed",
        say("What was closed, and on what"),
        say("Closures without valid evidence, how incidents ended, who decided; some at random."),
        heads=say("Whether it was right to close"),
    ),
    Part(
        "controls.page",
        say("Controls"),
        say("What always holds: how often it applied, each exception, when it was tested."),
    ),
    Part(
        "duties.page",
        say("Separation of duties"),
        say("Who led, did, checked, confirmed and decided, and what one person did together."),
    ),
    Part(
        "rights.page",
        say("Who had which right when"),
        say("Roles, offices, teams, deputies and absences of a person at a moment."),
    ),
    Part(
        "gaps.page",
        say("Gaps in numbers"),
        say("Numbers that are missing, and what is known of why."),
    ),
    Part(
        "replayed.page",
        say("What an older tool’s log closed"),
        say("After a replay: what was tried, what was done instead, whose time it was."),
    ),
    Part(
        "incidents.sample",
        say("Set aside or joined"),
        say("How incidents ended, and some of those that were set aside or joined, at random."),
    ),
    Part(
        "unchanged.page",
        say("Nothing was changed"),
        say("Whether the record is as it was written, whole, and signed by us."),
        heads=say("Proof, and what you take along"),
    ),
    Part(
        "packs.page",
        say("Inspector's pack"),
        say("What happened to one incident, or in a period, in one file that verifies by itself."),
    ),
    Part(
        "mining.page",
        say("Files for process mining"),
        say("What happened, as XES or OCEL 2.0: people as pseudonyms, unless names are needed."),
    ),
    Part(
        "made_files.files",
        say("Files made for you"),
        say("What you have asked for, while it is kept."),
    ),
    Part(
        "access.page",
        say("Who looked, who was refused"),
        say("What auditors looked at, and what anybody tried and was refused."),
        heads=say("Who looked, and who changed what"),
    ),
    Part(
        "purposes.page",
        say("Why you read personal data"),
        say(
            "Customers’ personal data is masked for auditors until they say what they need it for."
        ),
    ),
    Part(
        "erasing.listed",
        say("What is erased by law"),
        say("Whose data, or what was kept long enough: who asked, who agreed, what must stay."),
    ),
    Part(
        "setting_up.trail",
        say("Who changed what"),
        say("People, rights, teams, business processes, ladders and versions, as they changed."),
    ),
)


@pages.get("/desk")
def page() -> ResponseReturnValue:
    """Show the parts of the desk."""
    return render_template("desk.html", parts=PARTS)
