"""What the objects and events of a mined record have: the types that the formats declare.

A newcomer would collect them while writing: a file that is streamed says them once, and two files
of one house must say the same.
"""

from collections.abc import Mapping

# object type -> its attributes, each with OCEL's type
OBJECTS: Mapping[str, Mapping[str, str]] = {
    "incident": {
        "number": "integer",
        "restricted": "boolean",
        "priority": "string",
        "highest_priority": "string",
        "impact": "string",
        "urgency": "string",
        "harmed_count": "integer",
        "title": "string",
        "state": "string",
        "closed_by": "string",
        "milestone": "string",
    },
    "action": {
        "kind": "string",
        "party": "string",
        "ends_cause": "boolean",
        "due_at": "time",
        "title": "string",
        "state": "string",
    },
    "to-do": {
        "step": "string",
        "mark": "string",
        "lane": "string",
        "party": "string",
        "due_at": "time",
        "reminders": "integer",
        "ended": "string",
    },
    "criterion": {
        "must_hold": "integer",
        "measure": "string",
        "threshold": "string",
        "missed": "boolean",
        "verified": "boolean",
    },
    "person": {"outside": "boolean", "name": "string"},
    "team": {"name": "string", "party": "string"},
    "business process": {"name": "string"},
    "product": {"name": "string"},
    "customer organisation": {"name": "string"},
    "release": {"number": "integer"},
}
# what an event comes from, as its id begins -> the attributes of events of this kind
EVENTS: Mapping[str, Mapping[str, str]] = {
    "todo": {
        "step": "string",
        "lifecycle": "string",
        "run": "string",
        "lane": "string",
        "party": "string",
        "entered_at": "time",
    },
    "record": {
        "lifecycle": "string",
        "run": "string",
        "record": "integer",
        "by_machine": "boolean",
        "answer": "string",
        "closed_by": "string",
        "priority": "string",
    },
    "visit": {
        "lifecycle": "string",
        "run": "string",
        "flow": "string",
        "entered_at": "time",
    },
}


def source_of(event_id: str) -> str:
    """Return what an event comes from: a to-do, a record, or a visit of the diagram."""
    return event_id.partition(":")[0]
