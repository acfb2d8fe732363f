"""Reading a log: what is read, what is unreadable and why, and in which order cases come."""

import gzip
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.domain.incident import Level
from engine.errors import LogRefused
from engine.usecases.replay.mapping import Phase, preset
from engine.usecases.replay.reading import Log, Row, read_log
from engine.usecases.replay.sorting import Sorted
from tests.replayed import COLUMNS, case, row, write_log

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Named = list[tuple[int, str]]


def read(path: Path, *, limit: int | None = None) -> tuple[Log, list[list[Row]], Named]:
    """Read a log as a replay does; return it, its cases and the rows that were skipped."""
    named: Named = []
    with read_log(
        path,
        preset("servicenow"),
        now=NOW,
        on_unreadable=lambda line, why: named.append((line, why)),
        limit=limit,
    ) as log:
        return log, list(log.cases()), named


def test_a_row_is_read_by_what_its_columns_mean(tmp_path: Path) -> None:
    rows = [row("A", 0, "Awaiting Vendor", 2, vendor="Vendor  3", impact="1 - High")]

    _, [[read_row]], named = read(write_log(tmp_path / "log.csv", rows))

    assert not named
    assert read_row.phase is Phase.WAIT_EXTERNAL
    assert read_row.at == datetime(2016, 3, 1, 10, 0, tzinfo=UTC)
    assert (read_row.vendor, read_row.impact) == ("Vendor 3", Level.HIGH)
    assert (read_row.person, read_row.problem) == (None, None)
    assert read_row.title == "Category 1, Symptom 1"


def test_who_resolved_it_is_unknown_before_it_is_resolved(tmp_path: Path) -> None:
    _, [rows], _ = read(write_log(tmp_path / "log.csv", case("A", ("New", 0), ("Resolved", 1))))

    assert [one.resolved_by for one in rows] == [None, "Resolved by 1"]
    assert rows[0].resolved_at is None


def test_a_packed_log_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    packed = write_log(tmp_path / "log.csv.gz", case("A", ("New", 0)))
    misnamed = packed.rename(tmp_path / "log.csv")

    assert len(read(misnamed)[1]) == 1


def test_rows_of_one_instant_are_ordered_by_their_count(tmp_path: Path) -> None:
    rows = [row("A", count, "Active", 5, sys_updated_by=f"U{count}") for count in (10, 9, 2)]

    _, [found], _ = read(write_log(tmp_path / "log.csv", rows))

    assert [one.order for one in found] == [2, 9, 10]


def test_rows_of_one_case_need_not_stand_together(tmp_path: Path) -> None:
    rows = [
        one
        for number in range(30)
        for one in case(f"C{number:02}", ("New", number), ("Active", number + 1))
    ]
    random.Random(1).shuffle(rows)

    _, cases, _ = read(write_log(tmp_path / "log.csv", rows))

    assert [found[0].number for found in cases] == [f"C{number:02}" for number in range(30)]
    assert all([one.order for one in found] == [0, 1] for found in cases)


def test_more_rows_than_memory_should_hold_come_back_sorted() -> None:
    numbers = list(range(5_000))
    random.Random(2).shuffle(numbers)
    kept = Sorted(piece=7)  # more pieces than files may be open

    for number in numbers:
        kept.add((f"{number:05}", 0, "", number, []))

    assert [one[3] for one in kept.merged()] == sorted(numbers)
    assert kept.count == 5_000
    kept.close()


def test_the_first_cases_are_those_that_appear_first(tmp_path: Path) -> None:
    rows = [*case("Z", ("New", 0)), *case("A", ("New", 1)), *case("B", ("New", 900))]
    rows += [row("Z", 1, "Active", 3)]

    log, cases, _ = read(write_log(tmp_path / "log.csv", rows), limit=2)

    assert [[one.number for one in found] for found in cases] == [["A"], ["Z", "Z"]]
    assert log.rows == 3
    # the log's last instant is that of the whole log
    assert log.last_at == datetime(2016, 4, 7, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"incident_state": "Asleep"}, "the state “Asleep” is not in the mapping"),
        ({"incident_state": "?"}, "it has no state"),
        ({"number": "?"}, "it has no number"),
        ({"sys_updated_at": "?"}, "it has no date"),
        ({"sys_updated_at": "31/2/2016 10:00"}, "“31/2/2016 10:00” is no date"),
        ({"sys_updated_at": "3/31/2016 10:00"}, "is no date"),
        ({"sys_updated_at": "1/1/1931 10:00"}, "too long ago"),
        ({"sys_updated_at": "1/1/2931 10:00"}, "in the future"),
        ({"opened_at": "yesterday"}, "“yesterday” is no date"),
        ({"sys_mod_count": "first"}, "no number to order by"),
        ({"impact": "9 - Vast"}, "the impact “9 - Vast” is not in the mapping"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_costs_only_itself(
    tmp_path: Path, change: dict[str, str], why: str
) -> None:
    rows = [row("A", 0, "New", 0), {**row("A", 1, "Active", 1), **change}, row("A", 2, "Active", 2)]

    log, [found], named = read(write_log(tmp_path / "log.csv", rows))

    assert [one.order for one in found] == [0, 2]
    assert log.skipped == 1
    assert [line for line, _ in named] == [3]
    assert why in named[0][1]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("A,New", "it has 2 fields where the header has 19"),
        ('"A,New,never closed', "never closed"),
        ("A,New\x00", "NUL"),
        ("x" * 1_100_000, "longer than a million"),
    ],
)
def test_a_damaged_line_is_named_and_costs_only_itself(tmp_path: Path, line: str, why: str) -> None:
    path = write_log(tmp_path / "log.csv", case("A", ("New", 0)), extra=[line, "", "B,New"])

    log, cases, named = read(path)

    assert len(cases) == 1
    assert [number for number, _ in named] == [3, 5]
    assert why in named[0][1]
    assert log.skipped == 2


def test_a_line_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv", case("A", ("New", 0)))
    path.write_bytes(path.read_bytes() + b"A,\xff\n")

    assert read(path)[2] == [(3, "it is not UTF-8")]


def test_a_quoted_text_may_run_over_lines(tmp_path: Path) -> None:
    rows = case("A", ("New", 0), category='"It says:\n""no, thanks"""') + case("B", ("New", 0))

    _, cases, named = read(write_log(tmp_path / "log.csv", rows))

    assert not named
    assert cases[0][0].title == 'It says: "no, thanks", Symptom 1'
    assert [found[0].line for found in cases] == [2, 4]


def test_a_header_without_a_column_of_the_mapping_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("number,incident_state\nA,New\n")

    with pytest.raises(LogRefused, match="“sys_updated_at”"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,a\n1,2\n"])
def test_what_has_no_header_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)

    with pytest.raises(LogRefused):
        read(path)


def test_a_packed_log_that_breaks_off_is_refused(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv.gz", case("A", *[("Active", n / 10) for n in range(99)]))
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(LogRefused, match="damaged"):
        read(path)


def test_bytes_after_a_byte_order_mark_are_the_header(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv", case("A", ("New", 0)))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert len(read(path)[1]) == 1


def test_a_log_without_a_single_row_is_read(tmp_path: Path) -> None:
    log, cases, _ = read(write_log(tmp_path / "log.csv", []))

    assert (log.last_at, cases) == (None, [])


def test_the_columns_of_the_tests_hold_those_of_the_preset() -> None:
    assert set(preset("servicenow").needed_columns) <= set(COLUMNS)


def test_what_begins_as_gzip_does_and_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(gzip.compress(b"number\n")[:4] + b"nonsense")

    with pytest.raises(LogRefused):
        read(path)
