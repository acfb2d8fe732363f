"""Small incident logs for the tests of replaying, made here and nowhere else."""

import gzip
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

COLUMNS = [
    "number",
    "incident_state",
    "sys_mod_count",
    "opened_at",
    "sys_updated_at",
    "caller_id",
    "assignment_group",
    "assigned_to",
    "sys_updated_by",
    "resolved_by",
    "resolved_at",
    "vendor",
    "problem_id",
    "impact",
    "urgency",
    "category",
    "subcategory",
    "u_symptom",
    "made_sla",
]
# What every row says unless it says otherwise; logs fill in backwards who resolved it.
USUAL = {
    "opened_at": "1/3/2016 08:00",
    "caller_id": "Caller 1",
    "assignment_group": "Group 1",
    "assigned_to": "?",
    "sys_updated_by": "Updated by 1",
    "resolved_by": "Resolved by 1",
    "resolved_at": "31/12/2016 23:59",
    "vendor": "?",
    "problem_id": "?",
    "impact": "2 - Medium",
    "urgency": "2 - Medium",
    "category": "Category 1",
    "subcategory": "?",
    "u_symptom": "Symptom 1",
    "made_sla": "true",
}
OPENED = datetime(2016, 3, 1, 8, 0, tzinfo=UTC)


def said(hours: float) -> str:
    """Return how the log writes the instant so many hours after the case was opened."""
    at = OPENED + timedelta(hours=hours)
    return f"{at.day}/{at.month}/{at.year} {at.hour:02}:{at.minute:02}"


def row(number: str, count: int, state: str, hours: float, **more: str) -> dict[str, str]:
    """Return one row of a log, `hours` after the case was opened."""
    return {
        **USUAL,
        "number": number,
        "sys_mod_count": str(count),
        "incident_state": state,
        "sys_updated_at": said(hours),
        **more,
    }


def case(number: str, *steps: tuple[str, float], **more: str) -> list[dict[str, str]]:
    """Return the rows of a case: each step is a state and its hours after the opening."""
    return [row(number, count, state, hours, **more) for count, (state, hours) in enumerate(steps)]


def write_log(path: Path, rows: Iterable[dict[str, str]], *, extra: Iterable[str] = ()) -> Path:
    """Write a log; `extra` are lines as they are, after the rows.  Packed if the name says so."""
    lines = [",".join(COLUMNS), *(",".join(one[name] for name in COLUMNS) for one in rows), *extra]
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path
