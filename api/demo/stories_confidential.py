"""An incident for named people only: everybody else of the demonstration sees its number."""

from api.demo.story import Story
from engine.domain.party import Party


def at_work(story: Story) -> None:
    """Somebody reads salaries at night; IT's Ivan looks into it, and his colleague may not know."""
    story.crank.set_back(days=1, hours=4)
    story.reports(
        "paula",
        "Payroll",
        "Salaries were opened at night",
        expected="Only payroll opens them.",
        actual="The list of salaries was opened at two in the night, twice this week.",
        harmed="Everybody who is paid here",
        impact="high",
        is_restricted=True,
    )
    story.later(minutes=30)
    story.leads("hugo")
    story.takes_off("hugo", "ada", "It may have been her password; nobody accuses her of anything.")
    story.names("hugo", "vera")
    story.asks("hugo", "See in the logs whose password it was", Party.IT, person="ivan")
    story.later(hours=2)
