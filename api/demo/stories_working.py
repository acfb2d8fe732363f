"""Incidents that somebody is putting right, or that nobody has taken up yet."""

from datetime import timedelta
from decimal import Decimal

from api.demo.story import Story
from engine.domain.action import ActionKind, TargetOutcome
from engine.domain.party import Party

_BAKERS = ("Bakery", "Café", "Florist", "Garage", "Bookshop", "Dairy", "Joinery", "Pharmacy")
_PLACES = (
    "Altdorf", "Bergen", "Castello", "Dornach", "Eschen", "Florin", "Gera", "Hallein", "Isny",
    "Jena", "Kempten", "Linz", "Meran", "Nauders", "Oberau", "Passau", "Quern", "Rapperswil",
    "Salem", "Trento", "Ulm", "Vaduz", "Weiler", "Xanten", "Yverdon", "Zell", "Thun",
)  # fmt: skip


def many_customers(count: int) -> tuple[str, ...]:
    """Return `count` names of customers, all different."""
    names = [f"{kind} {place}" for place in _PLACES for kind in _BAKERS]
    return tuple(["Costa Bakery", *names][:count])


def waiting_for_a_supplier(story: Story) -> None:
    """A supplier acts, another action waits for its turn, one was declined."""
    story.crank.set_back(days=5)
    story.reports(
        "paula",
        "Payroll",
        "Payslips came without the second page",
        expected="Both pages of the payslip.",
        actual="The page with the taxes is missing.",
        harmed="All 86 of us",
        harmed_count=86,
        size=Decimal(86),
        size_unit="payslips",
        impact="medium",
        urgency="medium",
    )
    story.later(hours=1)
    story.leads("hugo")
    first = story.asks(
        "hugo", "Give the printer the right layout", Party.IT, team="IT operations", ends_cause=True
    )
    printed = story.asks(
        "hugo",
        "Print and post the payslips again",
        Party.EXTERNAL,
        team="Paperworks dispatch",
        after=(first,),
        reference="PW-88121",
        contact="Sami Okoro, dispatch",
        deadline_at=story.crank.at + timedelta(days=14),
        deadline_because="Tax law: payslips are complete within a month",
        due_in=timedelta(days=6),
    )
    story.asks(
        "hugo", "Tell everybody that the letters are on their way", Party.BUSINESS, team="Sales"
    )
    story.asks(
        "hugo", "Hand out those that came back", Party.BUSINESS, team="Accounting", after=(printed,)
    )
    story.agrees(
        "hugo",
        [("The payslip as received", "It has both pages", "Three letters opened")],
        ["paula"],
    )
    story.speaks_for("hugo", "paula", "The department, and those on leave", 60)
    story.later(hours=20)
    story.finishes(
        "ivan", "Give the printer the right layout", "Layout 4 sent to the printer, seen by them."
    )
    story.later(hours=4)
    story.declines(
        "vera",
        "Tell everybody that the letters are on their way",
        "Sales does not write to colleagues; the service desk should.",
    )
    story.later(hours=30)


def many_targets(story: Story) -> None:
    """The worked example: wrong balances at 214 customers; three parties act at once."""
    story.crank.set_back(days=6, hours=3)
    story.reports(
        "carla",
        "Customer statements",
        "Statements of March show wrong balances",
        expected="The balance of 31 March, with all payments.",
        actual="Payments of the last week are missing on the statements.",
        harmed="214 customers with an account; their accountants",
        harmed_count=214,
        size=Decimal(214),
        size_unit="statements",
        impact="high",
        urgency="medium",
    )
    story.later(minutes=22)
    story.leads("hugo")
    rows = story.asks(
        "hugo",
        "Correct the rows that were entered twice",
        Party.IT,
        person="ada",
        ends_cause=True,
        detail="Import of 28 March ran twice; see the list of bookings.",
    )
    issued = story.asks(
        "hugo", "Issue corrected statements", Party.BUSINESS, team="Accounting", after=(rows,)
    )
    story.asks(
        "hugo",
        "Call the customers and explain",
        Party.BUSINESS,
        team="Sales",
        targets=many_customers(214),
        targets_answer=True,
        due_in=timedelta(days=9),
    )
    story.asks(
        "hugo",
        "Correct your own books",
        Party.CUSTOMER,
        person="carla",
        after=(issued,),
        detail="Please replace our statement of March in your books by the corrected one.",
        due_in=timedelta(days=8),
    )
    story.asks(
        "hugo",
        "Refuse an import that runs twice",
        Party.IT,
        team="IT operations",
        kind=ActionKind.PREVENTS,
        due_in=timedelta(days=30),
    )
    story.later(minutes=40)
    story.agrees(
        "hugo",
        [
            (
                "The balance on each customer’s statement",
                "It equals the ledger for all 214 customers",
                "List of open balances, 31 March",
            ),
            (
                "The balance in the customers’ own books",
                "Customers asked at random see the same",
                "Five customers called",
            ),
            (
                "The reminders of April",
                "None goes out for an amount that is not owed",
                "List of reminders",
            ),
        ],
        ["carla"],
        summary="We correct the rows first, then issue again, and call everybody meanwhile.",
    )
    story.later(hours=5)
    story.finishes(
        "ada", "Correct the rows that were entered twice", "Removed 1 877 rows; balances compared."
    )
    story.later(days=1)
    story.takes("vera", "Call the customers and explain")
    story.ticks("vera", "Call the customers and explain", {TargetOutcome.DONE: slice(0, 64)})
    story.later(hours=20)
    story.finishes("bruno", "Issue corrected statements", "214 statements issued, dated 4 April.")
    story.later(days=1)
    story.ticks(
        "vera",
        "Call the customers and explain",
        {TargetOutcome.DONE: slice(64, 131), TargetOutcome.NOT_NEEDED: slice(131, 134)},
    )
    story.ticks(
        "vera",
        "Call the customers and explain",
        {TargetOutcome.UNREACHABLE: slice(134, 137)},
        note="Three calls, nobody answers",
    )
    story.later(days=3)


def to_be_accepted(story: Story) -> None:
    """Done, but not for everybody: the owner accepts that, or not."""
    story.crank.set_back(days=2)
    story.reports(
        "marco",
        "Customer statements",
        "Seven statements went to the wrong address",
        expected="Each statement goes to the customer it is about.",
        actual="We got those of seven others.",
        harmed="Seven customers",
        size=Decimal(7),
        size_unit="statements",
        impact="low",
        urgency="medium",
    )
    story.later(minutes=30)
    story.leads("hanna")
    story.asks(
        "hanna",
        "Send them to whom they belong",
        Party.BUSINESS,
        team="Accounting",
        targets=many_customers(8)[1:],
    )
    story.agrees(
        "hanna",
        [("The seven statements", "Each is with its customer", "Receipts of the post")],
        ["marco"],
    )
    story.later(hours=9)
    story.ticks(
        "bruno",
        "Send them to whom they belong",
        {
            TargetOutcome.DONE: slice(0, 5),
            TargetOutcome.UNREACHABLE: slice(5, 6),
            TargetOutcome.NOT_NEEDED: slice(6, 7),
        },
    )
    with_rows = story.rows_of("Send them to whom they belong")
    story.finishes(
        "bruno", "Send them to whom they belong", "Five receipts are here.", targets=with_rows
    )
    story.later(hours=6)


def just_reported(story: Story) -> None:
    """Nobody has taken it up yet; the duty lead answers for it."""
    story.crank.set_back(minutes=26)
    story.reports(
        "carla",
        "Customer statements",
        "The amount due is printed twice",
        expected="One amount due, at the end.",
        actual="There are two, and they differ by 12.40.",
        harmed="Costa Bakery, perhaps others",
        impact="medium",
        urgency="high",
    )
