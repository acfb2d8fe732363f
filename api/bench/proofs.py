"""What proving costs: shipped diagrams, shapes that grow, and files that mean harm.

No database is needed.  Times are medians in milliseconds, with what is promised beside them.  A
hostile file is given to the real command, so its time includes starting it.
"""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

from api.bench.shapes import blocks, branches, hostile
from api.proving import prove_apart
from api.releasing import read_release
from engine.proof import Bound
from engine.usecases.verified import Verified
from engine.usecases.verifying import verify_release, verify_soundness

Figure = dict[str, Any]

_SAMPLES = 9
# seconds between two changes of who draws quickly
_THINKS = 0.8
_REFUSALS = 3
_MODES = ((), ("--soundness-only",))
_BOUND = Bound(seconds=60)


def shipped() -> Figure:
    """Verify the shipped release, as publishing does; one figure for each diagram."""
    files = read_release()
    runs: dict[str, list[Verified]] = defaultdict(list)
    for _ in range(_SAMPLES):
        for one in verify_release(files, bound=_BOUND):
            if one.processes:
                runs[one.file.removesuffix(".bpmn")].append(one)
    return {name: _told(found, at_most_ms=50) for name, found in runs.items()}


def _sound(content: bytes, at_most_ms: int) -> Figure:
    """Verify a made-up diagram by itself, reading included."""
    runs = [verify_soundness("made.bpmn", content, bound=_BOUND) for _ in range(_SAMPLES)]
    return _told(runs, at_most_ms=at_most_ms)


def _told(runs: Sequence[Verified], *, at_most_ms: int) -> Figure:
    (process, *_) = runs[0].processes
    return {
        "median_ms": round(median(one.elapsed_ms for one in runs), 2),
        "at_most_ms": at_most_ms,
        "states": process.states,
        "verdict": process.verdict.value,
    }


def refusals() -> Figure:
    """Give hostile files to the command, as part of a release and by themselves."""
    with TemporaryDirectory() as folder:
        return {name: _refusal(file) for name, file in hostile(Path(folder))}


def _refusal(file: Path) -> Figure:
    runs = [_given(file, *mode) for mode in _MODES for _ in range(_REFUSALS)]
    return {
        "median_ms": round(median(elapsed for elapsed, _, _ in runs)),
        "at_most_ms": 2000,
        "megabytes": max(megabytes for _, megabytes, _ in runs),
        "at_most_megabytes": 300,
        "status": max(status for _, _, status in runs),
    }


def _given(file: Path, *mode: str) -> tuple[float, int, int]:
    """Return milliseconds, megabytes and exit status of verifying a file."""
    begun = perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", "from api.cli import main; main()", "verify", str(file), *mode],
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return (perf_counter() - begun) * 1000, round(used.ru_maxrss / unit), process.returncode


def while_drawing() -> Figure:
    """Prove the shipped release with a diagram of 66 nodes beside it, as the editor asks for it.

    The editor waits for 150 ms without a change first, and says what was found within 500.
    """
    files = {name: content.decode() for name, content in read_release().items()}
    files["made.bpmn"] = blocks(8).decode()
    runs = []
    for _ in range(_SAMPLES):
        sleep(_THINKS)
        begun = perf_counter()
        prove_apart(files, ())
        runs.append((perf_counter() - begun) * 1000)
    # the first one has no process that waits for it
    return {"median_ms": round(median(runs[1:])), "at_most_ms": 350}


# Refusals come first: a process is counted with the memory of the one that started it.
PROOFS: dict[str, Callable[[], Figure]] = {
    "refusals": refusals,
    "shipped": shipped,
    "while_drawing": while_drawing,
    "parallel_10": lambda: _sound(branches(10, 1), 10),
    "parallel_20": lambda: _sound(branches(20, 1), 200),
    "five_by_five": lambda: _sound(branches(5, 5), 50),
    "blocks_500": lambda: _sound(blocks(500), 500),
}
