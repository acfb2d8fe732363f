"""A log to replay where none is given: made up, in the form of the preset, the same each time."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

_COLUMNS = [
    "number",
    "incident_state",
    "active",
    "reassignment_count",
    "reopen_count",
    "sys_mod_count",
    "made_sla",
    "caller_id",
    "opened_by",
    "opened_at",
    "sys_created_by",
    "sys_created_at",
    "sys_updated_by",
    "sys_updated_at",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "priority",
    "assignment_group",
    "assigned_to",
    "knowledge",
    "u_priority_confirmation",
    "notify",
    "problem_id",
    "rfc",
    "vendor",
    "caused_by",
    "closed_code",
    "resolved_by",
    "resolved_at",
    "closed_at",
]
_STATES = ("New", "Active", "Awaiting User Info", "Active", "Resolved", "Closed")


def write_log(path: Path, cases: int = 200) -> None:
    """Write a log of so many cases, each with the same six states, two hours apart."""
    begun = datetime(2016, 3, 1, 8, 0)  # noqa: DTZ001 - such logs say no zone
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, _COLUMNS, restval="?")
        rows.writeheader()
        for case in range(cases):
            opened = begun + timedelta(minutes=7 * case)
            for step, state in enumerate(_STATES):
                rows.writerow(
                    {
                        "number": f"INC{case:07}",
                        "incident_state": state,
                        "sys_mod_count": step,
                        "caller_id": f"Caller {case % 40}",
                        "opened_at": _written(opened),
                        "sys_updated_by": "Updated by 1",
                        "sys_updated_at": _written(opened + timedelta(hours=2 * step)),
                        "impact": "2 - Medium",
                        "urgency": "2 - Medium",
                        "priority": "3 - Moderate",
                        "assignment_group": f"Group {case % 7}",
                        "assigned_to": f"Resolver {case % 23}",
                    }
                )


def _written(at: datetime) -> str:
    return f"{at.day}/{at.month}/{at.year} {at:%H:%M}"
