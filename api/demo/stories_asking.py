"""Incidents that are right as far as we can see: being checked, or waiting for an answer."""

from decimal import Decimal

from api.demo.story import Story
from engine.domain.party import Party
from engine.domain.silence import Channel


def decision_open(story: Story) -> None:
    """The customer is silent: reminders, a deputy, a call; the decision waits for the owner."""
    story.crank.set_back(days=20)
    story.reports(
        "carla",
        "Customer statements",
        "Discount of February is missing on the statement",
        expected="5 % discount on flour, as agreed in the contract.",
        actual="The statement charges the full price.",
        harmed="Costa Bakery",
        impact="medium",
        urgency="medium",
    )
    story.later(hours=1)
    story.leads("hugo")
    story.asks(
        "hugo",
        "Enter the discount and issue a credit",
        Party.BUSINESS,
        team="Accounting",
        ends_cause=True,
    )
    story.agrees(
        "hugo",
        [
            (
                "The credit on the account",
                "It equals 5 % of the flour bought in February",
                "Credit note",
            )
        ],
        ["carla"],
    )
    story.later(days=1)
    story.takes("bruno", "Enter the discount and issue a credit")
    story.later(hours=6)
    story.finishes("bruno", "Enter the discount and issue a credit", "Credit note 2231 over 41.20.")
    story.later(hours=3)
    story.checks("dora", ["Credit note 2231, 41.20, seen on the account"])
    story.later(days=9)
    story.tries("hugo", "carla", Channel.CALL, "Nobody picks up, twice on the same day.")
    story.later(days=9)


def asked_for_confirmation(story: Story) -> None:
    """Right as far as we can see; the customer has been asked, and reminded."""
    story.crank.set_back(days=8)
    story.reports(
        "carla",
        "Customer portal",
        "Invoices cannot be opened on a telephone",
        expected="Each invoice opens on any device.",
        actual="On a telephone there is an empty page.",
        harmed="Everybody who reads invoices on a telephone",
        impact="medium",
        urgency="medium",
    )
    story.later(minutes=50)
    story.leads("hugo")
    story.asks(
        "hugo",
        "Serve the invoices in a form that telephones show",
        Party.IT,
        person="ada",
        ends_cause=True,
    )
    story.agrees(
        "hugo",
        [
            ("An invoice on a telephone", "It opens and can be read", "Seen on two telephones"),
            (
                "Invoices of the last year",
                "All of them open",
                "List of invoices, one of each month",
            ),
        ],
        ["carla", "marco"],
    )
    story.later(days=2)
    story.finishes(
        "ada",
        "Serve the invoices in a form that telephones show",
        "New viewer is live since 14:00.",
    )
    story.later(hours=4)
    story.checks("dora", ["Opens on two telephones", "12 of 12 months open"])
    story.later(hours=3)
    story.answers("marco", "yes")
    story.later(days=5)


def asked_by_link(story: Story) -> None:
    """Right as far as we can see; a customer without an account has been mailed a link."""
    story.crank.set_back(days=3)
    story.reports(
        "lena",
        "Customer statements",
        "A delivery of roses is charged twice",
        expected="The delivery of the 12th is charged once.",
        actual="It stands on the statement twice, 86.40 each.",
        harmed="Blau Flowers",
        impact="low",
        urgency="medium",
    )
    story.later(hours=2)
    story.leads("hugo")
    story.asks(
        "hugo", "Cancel the second booking", Party.BUSINESS, team="Accounting", ends_cause=True
    )
    story.agrees(
        "hugo",
        [("The statement of this month", "The delivery stands on it once", "New statement")],
        ["lena"],
    )
    story.later(hours=5)
    story.finishes("bruno", "Cancel the second booking", "Cancelled, and a new statement issued.")
    story.later(hours=2)
    story.checks("dora", ["Statement 118: once, 86.40"])
    story.later(days=1)


def being_checked(story: Story) -> None:
    """All is done; the owner of the business process looks whether it is right."""
    story.crank.set_back(days=4)
    story.reports(
        "paula",
        "Payroll",
        "Overtime of March is missing in twelve salaries",
        expected="Overtime of March is paid with the March salary.",
        actual="Twelve of us got the plain salary.",
        harmed="Twelve colleagues in the warehouse",
        size=Decimal(12),
        size_unit="salaries",
        impact="medium",
        urgency="high",
    )
    story.later(minutes=15)
    story.leads("hanna")
    story.asks(
        "hanna", "Load the missing overtime", Party.IT, team="IT operations", ends_cause=True
    )
    story.asks("hanna", "Pay the difference", Party.BUSINESS, team="Accounting")
    story.agrees(
        "hanna",
        [
            (
                "The twelve payments",
                "Each equals the payslip with overtime",
                "Bank’s list of payments",
            ),
            ("The payslips", "They name the overtime", "Payslip archive"),
        ],
        ["paula"],
    )
    story.later(hours=5)
    story.finishes("ivan", "Load the missing overtime", "Imported the file that had been refused.")
    story.later(days=1)
    story.finishes("bruno", "Pay the difference", "Twelve transfers, 3 412.00 in all.")
    story.later(hours=4)


def proposed(story: Story) -> None:
    """While it is being checked somebody proposes more; the lead has the word."""
    story.crank.set_back(days=3)
    story.reports(
        "carla",
        "Customer portal",
        "Prices in the portal are those of yesterday",
        expected="The price list of the day.",
        actual="Orders are taken at yesterday’s prices.",
        harmed="Everybody who orders before noon",
        impact="high",
        urgency="medium",
    )
    story.later(minutes=12)
    story.leads("hugo")
    story.asks(
        "hugo", "Run the import of prices again", Party.IT, team="IT operations", ends_cause=True
    )
    story.agrees(
        "hugo",
        [
            (
                "Ten prices picked at random",
                "They equal the price list of the day",
                "Portal, price list",
            )
        ],
        ["carla"],
    )
    story.later(hours=2)
    story.finishes(
        "ada", "Run the import of prices again", "Imported at 10:20; the job’s clock was wrong."
    )
    story.later(hours=1)
    story.asks(
        "ada",
        "Credit the difference to those who ordered in between",
        Party.BUSINESS,
        team="Accounting",
        detail="Nine orders were taken at the wrong price.",
    )
    story.later(hours=3)
