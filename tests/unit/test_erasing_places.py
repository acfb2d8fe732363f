"""What is erased by law is erased wherever people's words stand."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from engine.store import schema
from engine.store.erasing.places import BESIDE, ELSEWHERE, OF_INCIDENTS

# Erased by name in `deeds.py`, as a whole or word by word.
BY_NAME = {
    "person": {
        "name",
        "login",
        "email",
        "password_hash",
        "roles",
        "time_zone",
        "language",
        "phone",
    },
    "signal": {"titles"},
    "result_file": {"query", "format", "language", "failed"},
    "idempotency_key": {"key"},
    "unmailed": {"kind"},
}
# Words of machines and of settings: what diagrams, forms and calendars say, numbers, hashes, verbs,
# and what businesses, teams and products are called.
OF_MACHINES = {
    "access_entry": {"verb", "key_id"},
    "alert": {"key"},
    "business_process": {"name"},
    "calendar": {"time_zone", "country", "subdivision"},
    "chain_check": {"wrong", "findings", "notes"},
    "access_chain": {"left_out"},
    "closing_list": {"priority"},
    "closure_check": {"version"},
    "decision": {"authority"},
    "diagram_version": {"name"},
    "draft_file": {"name"},
    "entry": {"verb", "key_id"},
    "head_receipt": {"place"},
    "incident": {"size_unit", "currency"},
    "message": {"cause"},
    "move": {"mapping"},
    "organisation": {"name"},
    "product": {"name", "default_criteria"},
    "register_entry": {"verb", "key_id", "kind"},
    "release_part": {"name"},
    "release_proof": {"proved_with", "files", "scenarios"},
    "release_standing": {"key", "diagram", "found", "proved_with"},
    "run": {"diagram", "waiting", "end_element"},
    "rungs": {"numbers"},
    "signed_head": {"key_id"},
    "team": {"name"},
    "unanchored": {"place"},
    "visit": {"diagram", "element", "from_element", "flow"},
    "work_item": {"step", "mark", "completed_with"},
}


def test_it_is_told_of_every_column_with_words_whether_it_is_erased() -> None:
    erased: dict[str, set[str]] = {}
    for place in (*OF_INCIDENTS, *ELSEWHERE):
        erased.setdefault(place.table.name, set()).update(place.words)
    for table in schema.metadata.sorted_tables:
        told = erased.get(table.name, set()) | BY_NAME.get(table.name, set())
        told |= set(BESIDE.get(table.name, ())) | OF_MACHINES.get(table.name, set())
        words = {one.name for one in table.c if holds_words(table, one)}
        assert words <= told, f"{table.name}: {words - told}"


def holds_words(table: Table, column: Column[object]) -> bool:
    """Whether somebody can have written anything into a column."""
    kind = column.type
    if isinstance(kind, ARRAY):
        kind = kind.item_type
    return isinstance(kind, Text | JSONB) and not any(
        f"{column.name} IN (" in str(one.sqltext)
        for one in (*table.constraints, *column.constraints)
        if isinstance(one, CheckConstraint)
    )
