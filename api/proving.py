"""Proving what somebody sent, in a process of its own that is given up when it takes too long.

Diagrams are hostile input: a parser may hang and a proof may grow.  A newcomer would use a thread,
which cannot be ended.  The process reads one request from its standard input and answers on its
standard output.  Whoever draws has each change proved, so the next process is begun when one was
needed: it has its modules loaded by then.
"""

import atexit
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from engine.errors import Busy, DiagramRefused, InvalidAnswers
from engine.language import say
from engine.proof import After, Bound
from engine.usecases.verifying import verify_release, verify_soundness

MOST_SECONDS = 30.0
MOST_BYTES_OF_MEMORY = 1024 * 1024 * 1024
# for a release, or for each file by itself
_BOUND = Bound(seconds=5.0, states=200_000)
_NO_MEMORY = 3
_AT_ONCE = threading.BoundedSemaphore(2)


def prove_apart(
    files: Mapping[str, str],
    after: Sequence[After],
    *,
    soundness_only: bool = False,
    seconds: float = MOST_SECONDS,
) -> list[Any]:
    """Return what `putright verify --json` says of these files, one object for each.

    Raises Busy while two others are being proved, InvalidAnswers for a rule about something that
    is not there, and DiagramRefused if it takes longer than `seconds` or too much memory.
    """
    if not _AT_ONCE.acquire(blocking=False):
        raise Busy(say("Other diagrams are just being proved; please try again."))
    try:
        answer = _ask(files, after, soundness_only, seconds)
    finally:
        _AT_ONCE.release()
    if "invalid" in answer:
        raise InvalidAnswers(answer["invalid"])
    verified: list[Any] = answer["files"]
    return verified


def _ask(
    files: Mapping[str, str], after: Sequence[After], soundness_only: bool, seconds: float
) -> Any:
    asked = {
        "files": dict(files),
        "after": [(one.end, one.step) for one in after],
        "soundness_only": soundness_only,
    }
    with _SPARE.taken() as process:
        try:
            told, _ = process.communicate(json.dumps(asked).encode(), timeout=seconds)
        except subprocess.TimeoutExpired as late:
            raise DiagramRefused(
                [f"Proving them takes longer than {seconds:.0f} seconds"]
            ) from late
    if process.returncode == _NO_MEMORY or process.returncode < 0:
        raise DiagramRefused(["Proving them takes more memory than there may be"])
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return json.loads(told)


class _Spare:
    """A process that waits for the next request, begun as the one before was taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: subprocess.Popen[bytes] | None = None

    @contextmanager
    def taken(self) -> Iterator[subprocess.Popen[bytes]]:
        """Give a process for one request; whatever becomes of it, it has ended afterwards."""
        with self._lock:
            process, self._waiting = self._waiting, None
        if process is None or process.poll() is not None:
            if process is not None:
                _end(process)
            process = _begun()
        try:
            yield process
        finally:
            _end(process)
            with self._lock:
                if self._waiting is None:
                    self._waiting = _begun()

    def end(self) -> None:
        """End the one that waits."""
        with self._lock:
            process, self._waiting = self._waiting, None
        if process is not None:
            _end(process)


def _begun() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own module, nothing of the sender's
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


_SPARE = _Spare()
atexit.register(_SPARE.end)


def _answer(asked: Any) -> Any:
    files = {name: text.encode() for name, text in asked["files"].items()}
    if asked["soundness_only"]:
        verified = [verify_soundness(name, one, bound=_BOUND) for name, one in files.items()]
    else:
        rules = [After(end, step) for end, step in asked["after"]]
        try:
            verified = list(verify_release(files, after=rules, bound=_BOUND))
        except InvalidAnswers as error:
            return {"invalid": error.fields}
    return {"files": [one.as_json() for one in verified]}


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES_OF_MEMORY, MOST_BYTES_OF_MEMORY))


if __name__ == "__main__":
    _limit_memory()
    try:
        # empty where whoever began it has ended
        if request := sys.stdin.buffer.read():
            json.dump(_answer(json.loads(request)), sys.stdout)
    except MemoryError:
        sys.exit(_NO_MEMORY)
