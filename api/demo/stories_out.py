"""Incidents that left the handling in another way than by closing, and one that came back."""

from api.demo.story import Story
from engine.domain.party import Party


def set_aside(story: Story) -> None:
    """A request that came as a report; its reporter can bring it back."""
    story.crank.set_back(days=2, hours=3)
    story.reports(
        "carla",
        "Customer portal",
        "Please show prices in the portal with tax",
        expected="Prices with tax.",
        actual="Prices are shown without tax, as they always were.",
        harmed="",
        impact="low",
        urgency="low",
    )
    story.later(hours=1)
    story.sets_aside(
        "hanna", "This is a wish and nothing that went wrong; it is with the portal’s team now."
    )


def joined(story: Story) -> None:
    """Two customers report one thing; the later report is joined with the earlier."""
    story.crank.set_back(days=1, hours=6)
    report = {
        "expected": "The statement lists every payment.",
        "actual": "The payment of 2 March is missing on the statement.",
        "harmed": "Costa Bakery",
    }
    story.reports("marco", "Customer statements", "A payment is missing on our statement", **report)
    earlier = story.incident
    story.later(hours=1)
    story.leads("hugo")
    story.later(hours=2)
    story.reports("carla", "Customer statements", "Our payment does not show", **report)
    story.later(minutes=20)
    story.joins("hugo", earlier, "Both were paid on the same day, with the same file of the bank.")
    story.incident = earlier


def alerted(story: Story) -> None:
    """Monitoring tells of slow answers; nobody has said yet which product comes out wrong."""
    story.crank.set_back(hours=5)
    story.alerts(
        "ivan",
        "Customer portal",
        [f"Answers of portal server {server} take over 5 s" for server in range(1, 38)],
    )


def back_again(story: Story) -> None:
    """Closed, and back three weeks later: a new report that is one line with the old."""
    story.crank.set_back(days=26)
    story.reports(
        "paula",
        "Payroll",
        "Payslips of February arrive twice",
        expected="One payslip for each month.",
        actual="Everybody in my team has two.",
        harmed="Staff of the warehouse",
        impact="low",
    )
    story.later(hours=2)
    story.leads("hanna")
    story.asks("hanna", "Stop the second run", Party.IT, team="IT operations", ends_cause=True)
    story.agrees(
        "hanna", [("Payslips in the portal", "One for each month", "Seen in the portal")], ["paula"]
    )
    story.later(hours=4)
    story.finishes("ivan", "Stop the second run", "The second run is switched off.")
    story.later(hours=3)
    story.checks("dirk", ["One for each month"])
    story.later(days=1)
    story.answers("paula", "yes")
    story.later(days=21)
    story.is_back("paula", "Now the payslips of March are there twice.")
    story.later(hours=1)
