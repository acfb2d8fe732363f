"""What a list of found incidents can show of each: columns of choice, each one SQL expression.

Of an incident for named people only a list tells a number and figures, never words or names: who
may read it reads it there, and the reading is an entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.language import Said, say
from engine.queries.finding.held import ends_sql


class Shape(StrEnum):
    """What kind of value a column has."""

    TEXT = "text"
    # a word of the machine's, which screens say in plain words
    WORD = "word"
    NUMBER = "number"
    INSTANT = "instant"
    LENGTH = "length"
    YES = "yes"


@dataclass(frozen=True)
class Column:
    """A column: its name in addresses and in JSON, its heading, and what it is of incident `i`.

    `says` marks what is left out of an incident for named people only.
    """

    name: str
    title: Said
    shape: Shape
    sql: str
    says: bool = False


_PERSON = "(SELECT name FROM person WHERE id = i.{who})"


def _seconds(until: str, since: str) -> str:
    # as the ledger and the milestones have it: between the whole seconds that are shown
    return f"date_trunc('second', {until}) - date_trunc('second', {since})"


_COUNT = "(SELECT count(*) FROM {table} x WHERE x.incident_id = i.id{more})"

COLUMNS: Sequence[Column] = (
    Column("number", say("Number"), Shape.NUMBER, "i.number"),
    Column("title", say("Title"), Shape.TEXT, "i.title", says=True),
    Column(
        "process",
        say("Business process"),
        Shape.TEXT,
        "(SELECT name FROM business_process WHERE id = i.process_id)",
    ),
    Column(
        "product", say("Product"), Shape.TEXT, "(SELECT name FROM product WHERE id = i.product_id)"
    ),
    Column("priority", say("Priority"), Shape.TEXT, "i.priority"),
    Column("highest", say("Highest priority"), Shape.TEXT, "i.highest_priority"),
    Column("state", say("State"), Shape.WORD, "coalesce(i.closed_by, i.state)"),
    Column("told", say("First told"), Shape.INSTANT, "i.told_at"),
    Column("taken_up", say("Taken up"), Shape.INSTANT, "i.taken_up_at"),
    Column("repaired", say("Cause fixed"), Shape.INSTANT, "i.repaired_at"),
    Column("restored", say("Right again"), Shape.INSTANT, "i.right_since"),
    Column("answered", say("Answered"), Shape.INSTANT, "i.answered_at"),
    Column("ended", say("Ended"), Shape.INSTANT, "i.ended_at"),
    Column(
        "recorded",
        say("Last record"),
        Shape.INSTANT,
        "(SELECT at FROM entry WHERE incident_id = i.id ORDER BY seq DESC LIMIT 1)",
    ),
    Column("lasted", say("Whole time"), Shape.LENGTH, _seconds(ends_sql("i"), "i.told_at")),
    Column(
        "gap", say("Fixed until right"), Shape.LENGTH, _seconds("i.right_since", "i.repaired_at")
    ),
    Column("held_it", say("IT’s time"), Shape.LENGTH, "held.it"),
    Column("held_business", say("The business’ time"), Shape.LENGTH, "held.business"),
    Column("held_external", say("Suppliers’ time"), Shape.LENGTH, "held.external"),
    Column("held_customer", say("The customer’s time"), Shape.LENGTH, "held.customer"),
    Column("lead", say("Led by"), Shape.TEXT, _PERSON.format(who="lead_id"), says=True),
    Column(
        "reporter", say("Reported by"), Shape.TEXT, _PERSON.format(who="reporter_id"), says=True
    ),
    Column(
        "customer",
        say("Customer"),
        Shape.TEXT,
        "(SELECT name FROM organisation WHERE id = i.customer_id)",
        says=True,
    ),
    Column(
        "answered_by",
        say("Answer that closed it, by"),
        Shape.TEXT,
        "(SELECT p.name FROM confirmation c JOIN person p ON p.id = c.person_id"
        " WHERE c.id = i.confirmation_id)",
        says=True,
    ),
    Column(
        "decided_by",
        say("Decision that closed it, by"),
        Shape.TEXT,
        "(SELECT p.name FROM decision d JOIN person p ON p.id = d.person_id"
        " WHERE d.id = i.decision_id)",
        says=True,
    ),
    Column(
        "by_list",
        say("Closed by list"),
        Shape.YES,
        "EXISTS (SELECT FROM decision d WHERE d.id = i.decision_id AND d.list_id IS NOT NULL)",
    ),
    Column(
        "rejected",
        say("Not right, answered"),
        Shape.NUMBER,
        _COUNT.format(table="confirmation", more=" AND x.answer <> 'yes'"),
    ),
    Column("actions", say("Actions"), Shape.NUMBER, _COUNT.format(table="action", more="")),
    Column("records", say("Records"), Shape.NUMBER, "i.head_seq"),
    Column(
        "disputes",
        say("Open disputes"),
        Shape.NUMBER,
        _COUNT.format(
            table="dispute",
            more=" AND NOT EXISTS (SELECT FROM dispute_end e WHERE e.dispute_id = x.id)",
        ),
    ),
    Column(
        "release",
        say("Release"),
        Shape.NUMBER,
        "(SELECT release.number FROM run JOIN release ON release.id = run.release_id"
        " WHERE run.incident_id = i.id AND run.action_id IS NULL)",
    ),
    Column("harmed_count", say("How many are harmed"), Shape.NUMBER, "i.harmed_count"),
    Column("money", say("Money"), Shape.NUMBER, "i.money"),
    Column("currency", say("Currency"), Shape.TEXT, "i.currency"),
    Column("restricted", say("For named people only"), Shape.YES, "i.is_restricted"),
)
BY_NAME = {column.name: column for column in COLUMNS}
DEFAULT = ("number", "title", "process", "priority", "state", "told", "lasted")


def columns_of(names: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of these names, each once and in this order; those there always are if
    there is none of them.
    """
    known = dict.fromkeys(name for name in names if name in BY_NAME)
    return tuple(BY_NAME[name] for name in known or DEFAULT)


def needs_held(columns: Sequence[Column]) -> bool:
    """Whether any of these is made from the ledger."""
    return any(column.sql.startswith("held.") for column in columns)


def column_sql(column: Column) -> str:
    """Return the expression, empty for what an incident for named people only does not say."""
    said = f"CASE WHEN NOT i.is_restricted THEN {column.sql} END" if column.says else column.sql
    return f"{said} AS {column.name}"
