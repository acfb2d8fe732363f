"""The incidents of the demonstration, the oldest first; each leaves its incident at one stage."""

from collections.abc import Callable
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


def decision_open(story: Story) -> None:
    """The customer is silent: reminders went out, and the decision waits for the owner."""
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
    story.later(days=18)


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


ALL: tuple[Callable[[Story], None], ...] = (
    closed_by_decision,
    closed_confirmed,
    decision_open,
    sent_back,
    asked_for_confirmation,
    many_targets,
    waiting_for_a_supplier,
    being_checked,
    proposed,
    to_be_accepted,
    just_reported,
)
