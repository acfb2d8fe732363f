"""Incidents that went all the way, and one that came back from the customer."""

from decimal import Decimal

from api.demo.story import Story
from engine.domain.party import Party


def closed_confirmed(story: Story) -> None:
    """An incident that went all the way: the customer said that it is right."""
    story.crank.set_back(days=23, hours=4)
    story.reports(
        "carla",
        "Customer portal",
        "Opening hours in the portal are those of last year",
        expected="The opening hours of this year, as printed on the door.",
        actual="The portal shows last year’s hours, and customers stood before a closed door.",
        harmed="Customers who came on a Monday",
        impact="low",
    )
    story.later(minutes=35)
    story.leads("hugo")
    story.asks(
        "hugo", "Load this year’s opening hours", Party.IT, team="IT operations", ends_cause=True
    )
    story.asks("hugo", "Look through the hours of all shops", Party.BUSINESS, team="Sales")
    story.later(minutes=20)
    story.agrees(
        "hugo",
        [
            (
                "The hours of each shop in the portal",
                "They equal the list of shops",
                "Portal, page “Shops”",
            )
        ],
        ["carla"],
    )
    story.later(hours=3)
    story.finishes("ada", "Load this year’s opening hours", "Loaded the list of January.")
    story.later(hours=20)
    story.finishes(
        "vera", "Look through the hours of all shops", "All 31 shops compared, two corrected."
    )
    story.later(hours=2)
    story.checks("dora", ["31 of 31 shops agree with the list"])
    story.later(days=1, hours=1)
    story.answers("carla", "yes")


def closed_by_decision(story: Story) -> None:
    """Nobody answered, and a named person decided so and said why."""
    story.crank.set_back(days=40)
    story.reports(
        "marco",
        "Customer statements",
        "Statement of January names the old street",
        expected="The statement carries our new address.",
        actual="It still names the old street, although the letter came to the new one.",
        harmed="Costa Bakery; its accountant",
        impact="low",
        urgency="low",
    )
    story.later(hours=2)
    story.leads("hanna")
    story.asks(
        "hanna",
        "Correct the address on the statement",
        Party.BUSINESS,
        team="Accounting",
        ends_cause=True,
    )
    story.agrees(
        "hanna",
        [("The address on the statement", "Bäckergasse 12", "Copy of the statement")],
        ["marco"],
    )
    story.later(days=1)
    story.finishes("bruno", "Correct the address on the statement", "Corrected and sent again.")
    story.later(hours=5)
    story.checks("dora", ["The copy shows Bäckergasse 12"])
    story.later(days=24)
    story.decides(
        "dora",
        "close",
        "Two letters and three calls unanswered; the February statement shows the new address.",
    )


def sent_back(story: Story) -> None:
    """The customer answered “Partly”, so it went back to work."""
    story.crank.set_back(days=11)
    story.reports(
        "marco",
        "Customer statements",
        "Two payments of ours are on another customer’s statement",
        expected="Our payments of 3 and 9 March are on our statement.",
        actual="They are on the statement of Bakery Altdorf.",
        harmed="Costa Bakery and Bakery Altdorf",
        money=Decimal("1840.50"),
        currency="EUR",
        impact="medium",
        urgency="medium",
    )
    story.later(minutes=90)
    story.leads("hugo")
    story.asks("hugo", "Book both payments to the right account", Party.BUSINESS, team="Accounting")
    story.agrees(
        "hugo",
        [
            ("Both payments", "They are on Costa Bakery’s account", "Account statement"),
            ("The statement of Bakery Altdorf", "It no longer shows them", "Copy of the statement"),
        ],
        ["marco"],
    )
    story.later(days=1)
    story.finishes(
        "bruno", "Book both payments to the right account", "Booked, both statements issued again."
    )
    story.later(hours=5)
    story.checks("dora", ["Both seen on the account", "Gone from the copy"])
    story.later(days=3)
    story.answers("marco", "yes", "partly", words="Altdorf still shows the payment of 9 March.")
    story.later(hours=2)
