"""All chains and signed heads looked through, with every core, and what was found kept.

Slices of chains go to processes of their own, each with its own connection, while this one reads
the signed heads; memory stays flat however many entries there are.  A newcomer would let the
processes outlive who started them: they end by themselves when it is killed.
"""

import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from time import perf_counter

from engine.domain.audited import Audited, Finding, Tally
from engine.domain.signed_head import SignedHead
from engine.errors import Unavailable
from engine.language import Said, say
from engine.queries.signed_heads import restorings
from engine.queries.whole_chains import look_through
from engine.queries.wrong_heads import Known, wrong_heads
from engine.store.chain_checks import keep_check
from engine.store.chains import Slice, at_one_instant, entries_told, slices
from engine.store.signed_heads import signed_heads
from engine.store.work import Store
from engine.usecases.handling import Handling

# so many entries are looked through sooner than a process has begun
FEW = 20_000

# Opens the database in a process of its own; it travels there, so it holds plain values only.
OpenHandling = Callable[[], Handling]


@dataclass(frozen=True)
class Against:
    """What everything is held against: keys by their ids, and signed heads from outside."""

    keys: Mapping[str, bytes]
    known: Known
    given: Sequence[SignedHead] = ()


def audit_chains(
    store: Store,
    against: Against,
    open_handling: OpenHandling | None = None,
    *,
    workers: int = 1,
    few: int = FEW,
) -> Audited:
    """Look through everything, with so many processes besides this one; with one, in this one.

    Several need `open_handling`, and are not begun for a `few` entries.  Raises Unavailable if the
    database is away or a process was killed.
    """
    begun, begun_at = perf_counter(), store.clock()
    with store.read() as conn:
        parts = slices(conn)
        workers = workers if entries_told(conn) > few else 1
    total = Tally()
    with _hands(store, open_handling, against.keys, workers) as look:
        coming = look(parts)
        head_tally, heads, notes = _heads(store, against)
        for tally in coming:
            total.add(tally)
    total.add(head_tally)
    return Audited(
        begun_at=begun_at,
        chains=total.chains,
        entries=total.entries,
        erased=total.erased,
        heads=len(heads),
        given=len(against.given),
        seconds=perf_counter() - begun,
        wrong=total.wrong,
        findings=sorted(total.findings, key=_in_order),
        notes=notes,
        signed_by=dict(Counter((head.key_id, head.public_key.hex()) for head in heads)),
    )


def check_and_keep(
    handling: Handling,
    given: Sequence[SignedHead],
    open_handling: OpenHandling | None = None,
    *,
    workers: int = 1,
) -> Audited:
    """Look through everything and keep what was found."""
    store = handling.store
    against = Against(store.key.known, handling.signing.known if handling.signing else {}, given)
    audited = audit_chains(store, against, open_handling, workers=workers)
    with store.begin() as work:
        keep_check(work.conn, audited, work.now)
    return audited


def _heads(store: Store, against: Against) -> tuple[Tally, list[SignedHead], list[Said]]:
    tally = Tally()
    with store.read() as conn:
        at_one_instant(conn)
        tally.note(wrong_heads(conn, against.known, against.given))
        heads = signed_heads(conn)
        notes = [
            say(
                "An older database was put back on %(at)s: %(why)s",
                at=f"{one.at:%Y-%m-%d}",
                why=one.why,
            )
            for one in restorings(conn)
        ]
    if not heads:
        notes.append(say("Nothing is signed yet: what was cut off before would not show."))
    if not against.given:
        notes.append(
            say(
                "No signed head from outside was given: whoever has all keys could have written"
                " everything anew."
            )
        )
    return tally, heads, notes


def _in_order(finding: Finding) -> tuple[str, int, int]:
    number = re.search(r"\d+", finding.where)
    return (finding.where.template, int(number.group()) if number else 0, finding.seq)


# --- processes ---------------------------------------------------------------------------------

Look = Callable[[Sequence[Slice]], Iterator[Tally]]
_opened: list[Handling] = []


@contextmanager
def _hands(
    store: Store, open_handling: OpenHandling | None, keys: Mapping[str, bytes], workers: int
) -> Iterator[Look]:
    if open_handling is None or workers == 1:
        yield lambda parts: (_look(store, keys, part) for part in parts)
        return
    pool = ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_begin, initargs=(open_handling,)
    )
    try:
        yield partial(_spread, pool, keys)
    finally:
        pool.shutdown(cancel_futures=True)


def _spread(
    pool: ProcessPoolExecutor, keys: Mapping[str, bytes], parts: Sequence[Slice]
) -> Iterator[Tally]:
    # handed out at once, so that they are at it before anybody asks for what they found
    coming = [pool.submit(_look_here, keys, part) for part in parts]
    return _taken(coming)


def _taken(coming: Sequence[Future[Tally]]) -> Iterator[Tally]:
    try:
        for done in as_completed(coming):
            yield done.result()
    except BrokenProcessPool as error:
        raise Unavailable(say("A process of the check was killed; please run it again.")) from error


def _begin(open_handling: OpenHandling) -> None:
    """The beginning of a process: it has its own connections, and ends with its parent."""
    # Ctrl-C goes to all; whoever started this one decides what becomes of it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _opened.append(open_handling())


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _look_here(keys: Mapping[str, bytes], part: Slice) -> Tally:
    return _look(_opened[0].store, keys, part)


def _look(store: Store, keys: Mapping[str, bytes], part: Slice) -> Tally:
    with store.read() as conn:
        return look_through(conn, part, keys)
