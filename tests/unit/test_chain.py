"""The audit chain: its bytes, and every kind of tampering by name."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.canonical import canonical, instant_text, plain
from engine.domain.chain import (
    FORMAT,
    Broken,
    Entry,
    Head,
    Tampering,
    actor_digest,
    content_digest,
    entry_hash,
    entry_mac,
    holds,
    verify,
)
from engine.domain.incident import Priority

INCIDENT, OTHER, ADA = UUID(int=1), UUID(int=2), UUID(int=3)
KEYS = {"2026": b"k" * 32, "2027": b"n" * 32}
T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
SALT = b"s" * 32


def written(
    seq: int,
    previous: bytes,
    *,
    at: datetime | None = None,
    verb: str = "incident:noted",
    key_id: str = "2026",
    incident_id: UUID = INCIDENT,
    actor: str = "Ada",
    in_format: int = FORMAT,
    content: dict[str, object] | None = None,
) -> Entry:
    content = content or {"text": f"note {seq}"}
    salt = SALT if in_format == FORMAT else None
    entry = Entry(
        incident_id,
        seq,
        at or T0 + timedelta(minutes=seq),
        actor,
        ADA,
        verb,
        content,
        SALT,
        content_digest(content, SALT),
        key_id,
        previous,
        b"",
        in_format,
        salt,
        salt and actor_digest(actor, salt),
    )
    hashed = entry_hash(KEYS[key_id], entry)
    mac = entry_mac(KEYS[key_id], hashed) if in_format == FORMAT else None
    return replace(entry, hash=hashed, mac=mac)


def chain(length: int) -> list[Entry]:
    entries: list[Entry] = []
    for seq in range(1, length + 1):
        entries.append(written(seq, entries[-1].hash if entries else b""))
    return entries


def head_of(entries: list[Entry]) -> Head:
    return Head(entries[-1].seq, entries[-1].hash)


def found(entries: Iterable[Entry], head: Head | None = None) -> list[tuple[int, Tampering]]:
    broken = verify(entries, KEYS, incident_id=INCIDENT, head=head)
    return [(finding.seq, finding.what) for finding in broken]


def test_an_untouched_chain_holds_whatever_the_order_it_is_read_in() -> None:
    entries = chain(5)

    assert found(reversed(entries), head_of(entries)) == []
    assert found([]) == []


def test_the_entry_hash_is_the_one_that_the_docstring_specifies() -> None:
    entry = written(1, b"")
    assert entry.actor_digest is not None
    message = (
        '["putright entry 2","00000000-0000-0000-0000-000000000001","",1,'
        '"2026-03-02T09:01:00.000000Z","00000000-0000-0000-0000-000000000003",'
        f'"incident:noted","2026","{entry.actor_digest.hex()}","{entry.digest.hex()}"]'
    )

    assert entry.hash == hashlib.sha256(message.encode()).digest()
    assert entry.mac == hmac.digest(KEYS["2026"], entry.hash, hashlib.sha256)
    assert entry.digest == hmac.digest(SALT, b'{"text":"note 1"}', hashlib.sha256)
    assert entry.actor_digest == hmac.digest(SALT, b'"Ada"', hashlib.sha256)


def test_whoever_writes_an_entry_without_the_key_is_found_out() -> None:
    entries = chain(2)
    forged = replace(entries[1], verb="incident:closed")
    forged = replace(forged, hash=entry_hash(None, forged))

    assert found([entries[0], forged]) == [(2, Tampering.CHANGED)]
    assert found([entries[0], replace(entries[1], mac=None)]) == [(2, Tampering.CHANGED)]


def test_entries_of_the_first_format_hold_as_they_were_written() -> None:
    first = written(1, b"", in_format=1)
    message = (
        '["putright entry 1","00000000-0000-0000-0000-000000000001","",1,'
        '"2026-03-02T09:01:00.000000Z","Ada","00000000-0000-0000-0000-000000000003",'
        f'"incident:noted","2026","{first.digest.hex()}"]'
    )

    assert first.hash == hmac.digest(KEYS["2026"], message.encode(), hashlib.sha256)
    assert found([first, written(2, first.hash)]) == []
    assert found([replace(first, actor="Bruno")]) == [(1, Tampering.CHANGED)]


def test_a_chain_may_change_its_key_on_the_way() -> None:
    first = written(1, b"")
    second = written(2, first.hash, key_id="2027")

    assert found([first, second]) == []


@pytest.mark.parametrize(
    "forged",
    [
        {"actor": "Bruno"},
        {"person_id": None},
        {"verb": "incident:closed"},
        {"at": T0 + timedelta(minutes=3, seconds=1)},
        {"digest": b"d" * 32},
        {"hash": b"h" * 32},
        {"previous": b"p" * 32},
        {"key_id": "2027"},
        {"incident_id": OTHER},
        {"content": {"text": "something else"}},
        {"content": {"text": 1.5}},
        {"content": None},
        {"salt": None},
        {"salt": b"t" * 32},
        {"salt": b""},
        {"actor": None},
        {"actor_salt": None},
        {"actor_salt": b"t" * 32},
        {"actor_digest": b"d" * 32},
        {"actor_digest": None},
        {"format": 1},
        {"format": 3},
    ],
    ids=lambda forged: "-".join(f"{name}={value}"[:20] for name, value in forged.items()),
)
def test_a_change_to_any_field_is_named(forged: dict[str, object]) -> None:
    entries = chain(5)
    entries[2] = replace(entries[2], **forged)  # type: ignore[arg-type]

    assert found(entries, head_of(chain(5))) == [(3, Tampering.CHANGED)]


def test_a_finding_says_so_in_a_sentence() -> None:
    entries = chain(2)
    entries[1] = replace(entries[1], actor="Bruno")

    (broken,) = verify(entries, KEYS, incident_id=INCIDENT)

    assert broken == Broken(2, Tampering.CHANGED, "Record 2 is not what was written.")


CONTENT = {"content": None, "salt": None}
ACTOR = {"actor": None, "actor_salt": None}


def erasing(entries: list[Entry], content_of: list[int], actor_of: list[int]) -> Entry:
    """Return the entry that says what was taken out of those before it."""
    said = {"content_of": content_of, "actor_of": actor_of}
    last = entries[-1]
    return written(last.seq + 1, last.hash, verb="incident:erased", content=said)


@pytest.mark.parametrize("erased", [CONTENT, ACTOR, CONTENT | ACTOR], ids=["what", "who", "both"])
def test_what_is_erased_as_a_whole_is_not_tampering_where_a_later_entry_says_so(
    erased: dict[str, None],
) -> None:
    entries = chain(3)
    entries.append(erasing(entries, [2], [2]))
    taken = replace(entries[1], **erased)

    assert found([entries[0], taken, *entries[2:]], head_of(entries)) == []
    assert holds([entries[0], taken, *entries[2:]], KEYS, head_of(entries))


@pytest.mark.parametrize(("content_of", "actor_of"), [([], []), ([3], [2]), ([2], [3]), ([2], [])])
def test_what_is_erased_and_said_by_no_later_entry_is_named(
    content_of: list[int], actor_of: list[int]
) -> None:
    entries = chain(3)
    entries.append(erasing(entries, content_of, actor_of))
    taken = replace(entries[1], **CONTENT, **ACTOR)
    known = [entries[0], taken, *entries[2:]]

    assert found(known, head_of(entries)) == [(2, Tampering.ERASED_UNSAID)]
    assert not holds(known, KEYS, head_of(entries))


def test_what_says_that_something_is_erased_says_nothing_once_it_is_erased_itself() -> None:
    entries = chain(2)
    entries.append(erasing(entries, [2], [2]))
    entries[1], entries[2] = replace(entries[1], **CONTENT), replace(entries[2], **CONTENT)

    assert found(entries) == [(2, Tampering.ERASED_UNSAID), (3, Tampering.ERASED_UNSAID)]


def test_what_is_erased_after_it_was_said_is_named() -> None:
    entries = chain(2)
    entries.append(erasing(entries, [2, 4], []))
    entries.append(written(4, entries[-1].hash))
    entries[3] = replace(entries[3], **CONTENT)

    assert found(entries) == [(4, Tampering.ERASED_UNSAID)]


def test_who_acted_cannot_be_taken_out_of_the_first_format() -> None:
    first = written(1, b"", in_format=1)

    entries = [replace(first, content=None, salt=None), erasing([first], [1], [])]

    assert found(entries) == []
    assert found([replace(first, actor=None)]) == [(1, Tampering.CHANGED)]


def test_a_removed_entry_is_named() -> None:
    entries = chain(5)

    assert found(entries[:2] + entries[3:]) == [(3, Tampering.REMOVED)]
    assert found(entries[2:]) == [(1, Tampering.REMOVED), (2, Tampering.REMOVED)]


def test_a_removed_entry_is_named_even_when_the_rest_is_renumbered() -> None:
    entries = chain(6)
    renumbered = entries[:2] + [replace(e, seq=e.seq - 1) for e in entries[3:]]

    assert found(renumbered) == [
        (3, Tampering.REMOVED),
        (3, Tampering.SWAPPED),
        (4, Tampering.SWAPPED),
        (5, Tampering.SWAPPED),
    ]


def test_a_whole_stretch_taken_out_is_named_even_when_the_rest_is_renumbered() -> None:
    entries = chain(9)
    renumbered = entries[:2] + [replace(e, seq=e.seq - 4) for e in entries[6:]]

    removed = [seq for seq, what in found(renumbered) if what is Tampering.REMOVED]

    assert removed == [3, 4, 5, 6]


def test_an_added_entry_is_named_wherever_it_stands() -> None:
    entries = chain(5)
    forged = replace(written(6, entries[-1].hash), hash=b"f" * 32)

    assert found([*entries, forged], head_of(entries)) == [(6, Tampering.ADDED)]
    between = replace(forged, seq=3, at=entries[2].at)
    pushed = [*entries[:2], between, *[replace(e, seq=e.seq + 1) for e in entries[2:]]]
    assert found(pushed)[0] == (3, Tampering.ADDED)
    doubled = [*entries, replace(entries[2], verb="incident:closed")]
    assert found(doubled) == [(3, Tampering.ADDED)]


def test_a_genuine_entry_that_stands_twice_is_named() -> None:
    entries = chain(3)

    assert found([*entries, entries[1]]) == [(2, Tampering.ADDED)]


def test_without_a_head_a_forged_last_entry_still_does_not_hold() -> None:
    entries = chain(3)
    forged = replace(written(4, entries[-1].hash), hash=b"f" * 32)

    assert found([*entries, forged]) == [(4, Tampering.CHANGED)]


@pytest.mark.parametrize(("one", "two"), [(2, 3), (1, 2), (4, 5), (2, 4), (1, 5)])
def test_two_swapped_entries_are_named(one: int, two: int) -> None:
    entries = chain(5)
    first, second = entries[one - 1], entries[two - 1]
    entries[one - 1], entries[two - 1] = replace(second, seq=one), replace(first, seq=two)

    swapped = {seq for seq, what in found(entries) if what is Tampering.SWAPPED}

    assert swapped == {one, two}


def test_a_cut_off_tail_is_noticed_by_whoever_kept_the_head() -> None:
    entries = chain(5)

    assert found(entries[:3], head_of(entries)) == [(4, Tampering.TRUNCATED)]
    assert found([], head_of(entries)) == [(1, Tampering.TRUNCATED)]
    assert found(entries[:3]) == []


def test_a_head_that_was_kept_earlier_still_holds() -> None:
    entries = chain(5)

    assert found(entries, head_of(entries[:3])) == []


def test_a_chain_written_anew_with_the_key_does_not_match_the_head_kept_elsewhere() -> None:
    entries = chain(5)
    rewritten = [*entries[:4], written(5, entries[3].hash, verb="incident:closed")]

    assert found(rewritten, head_of(entries)) == [(5, Tampering.CHANGED)]


def test_genuine_entries_of_two_histories_do_not_go_together() -> None:
    entries = chain(4)
    fork = written(2, entries[0].hash, actor="Bruno")

    assert found([entries[0], fork, *entries[2:]]) == [(2, Tampering.CHANGED)]


def test_a_first_entry_that_follows_from_another_chain_is_named() -> None:
    assert found([written(1, b"x" * 32)]) == [(1, Tampering.CHANGED)]


def test_a_back_dated_entry_is_named_even_when_the_key_signed_it() -> None:
    entries = chain(2)
    entries.append(written(3, entries[-1].hash, at=T0))

    assert found(entries) == [(3, Tampering.BACK_DATED)]


def test_a_forged_date_is_named_and_throws_no_doubt_on_those_after_it() -> None:
    entries = chain(5)
    past = [*entries[:2], replace(entries[2], at=T0 - timedelta(days=1)), *entries[3:]]
    future = [*entries[:2], replace(entries[2], at=T0 + timedelta(days=1)), *entries[3:]]

    assert found(past) == [(3, Tampering.BACK_DATED), (3, Tampering.CHANGED)]
    assert found(future) == [(3, Tampering.CHANGED)]


def test_an_entry_under_a_key_that_is_not_known_cannot_be_checked() -> None:
    entries = chain(3)
    entries[1] = replace(entries[1], key_id="1999")

    assert found(entries) == [(2, Tampering.UNKNOWN_KEY)]


def test_with_the_wrong_key_every_entry_is_named() -> None:
    broken = verify(chain(200), {"2026": b"w" * 32}, incident_id=INCIDENT)

    assert [finding.seq for finding in broken] == list(range(1, 201))


def test_weak_keys_and_salts_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        entry_mac(b"short", written(1, b"").hash)
    with pytest.raises(ValueError, match="salt"):
        content_digest({}, b"short")
    with pytest.raises(ValueError, match="salt"):
        actor_digest("Ada", b"short")


def test_no_entry_is_written_in_a_format_that_is_not_known() -> None:
    with pytest.raises(ValueError, match="format 3"):
        entry_hash(KEYS["2026"], replace(written(1, b""), format=3))


# --- canonical bytes ---------------------------------------------------------------------------


def test_what_json_cannot_hold_becomes_text() -> None:
    moment = datetime(2026, 3, 29, 3, 0, 0, 1, tzinfo=ZoneInfo("Europe/Berlin"))

    assert plain(
        {
            "at": moment,
            "on": date(2026, 3, 29),
            "who": ADA,
            "money": Decimal("1E+3"),
            "priority": Priority.P1,
            "teams": {"b", "a"},
            "pair": (1, True, None),
        }
    ) == {
        "at": "2026-03-29T01:00:00.000001Z",
        "on": "2026-03-29",
        "who": str(ADA),
        "money": "1000",
        "priority": "P1",
        "teams": ["a", "b"],
        "pair": [1, True, None],
    }


def test_the_canonical_bytes_are_as_specified() -> None:
    assert canonical({"b": [1, -2], "ä": 'é\n"\\\x01', "a": None, "B": True}) == (
        '{"B":true,"a":null,"b":[1,-2],"ä":"é\\n\\"\\\\\\u0001"}'.encode()
    )


@pytest.mark.parametrize("value", [1.0, Decimal("NaN"), b"bytes", object(), {1: "a"}])
def test_what_has_no_single_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="entry"):
        canonical([value])


@pytest.mark.parametrize("text", ["\x00", "\ud800"])
def test_text_that_the_database_cannot_keep_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="entry"):
        canonical({"text": text})
    with pytest.raises(ValueError, match="entry"):
        canonical({text: 1})


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        instant_text(T0.replace(tzinfo=None))


general = settings(deadline=None, derandomize=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


def _as_jsonb_returns_it(value: object) -> object:
    """JSONB keeps the values but orders keys by length first, and forgets white space."""
    if isinstance(value, dict):
        ordered = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _as_jsonb_returns_it(value[key]) for key in ordered}
    if isinstance(value, list):
        return [_as_jsonb_returns_it(item) for item in value]
    return value


@general
@given(JSON)
def test_the_canonical_bytes_survive_the_database(value: object) -> None:
    returned = _as_jsonb_returns_it(json.loads(json.dumps(value, indent=1)))

    assert canonical(returned) == canonical(value)
    assert json.loads(canonical(value)) == value


@general
@given(JSON, JSON)
def test_different_values_have_different_bytes(one: object, two: object) -> None:
    assert (canonical(one) == canonical(two)) == (
        json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    )


FIELDS = st.sampled_from(["at", "actor", "person_id", "verb", "digest", "hash", "previous"])


@general
@given(st.integers(2, 8), st.data())
def test_no_single_forged_field_goes_unnoticed(length: int, data: st.DataObject) -> None:
    entries = chain(length)
    place = data.draw(st.integers(0, length - 1))
    field = data.draw(FIELDS)
    forged = {
        "at": entries[place].at + timedelta(microseconds=data.draw(st.integers(1, 10**12))),
        "actor": "Ada " + data.draw(TEXT),
        "person_id": data.draw(st.none() | st.uuids()),
        "verb": "incident:closed",
        **{
            name: data.draw(st.binary(max_size=40)) + b"!"
            for name in ("digest", "hash", "previous")
        },
    }[field]
    entries[place] = replace(entries[place], **{field: forged})  # type: ignore[arg-type]

    assert (place + 1) in {seq for seq, _ in found(entries)}


@general
@given(st.integers(1, 8), st.data())
def test_no_set_of_removed_entries_goes_unnoticed(length: int, data: st.DataObject) -> None:
    entries = chain(length)
    gone = data.draw(st.sets(st.integers(1, length), min_size=1))
    left = [entry for entry in entries if entry.seq not in gone]

    assert found(left, head_of(entries))
