"""Proving and trying what somebody sent, in a process that is given up when it takes too long.

Diagrams are hostile input: a parser may hang and a proof may grow.  A newcomer would use a thread,
which cannot be ended.  The process reads one request from its standard input and answers on its
standard output.  Whoever draws has each change proved, so the next process is begun when one was
needed: it has its modules loaded, and what every release has read, by then.
"""

import atexit
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from engine.bpmn.scenarios import Move, read_moves, written_moves
from engine.errors import Busy, DiagramRefused, InvalidAnswers
from engine.language import say
from engine.proof import After, Bound
from engine.proof.standing import Stands
from engine.runtime import Specs
from engine.runtime.trial import try_out
from engine.usecases.scenarios import run_scenarios
from engine.usecases.standing_proof import prove_here
from engine.usecases.verifying import verify_release, verify_soundness
from forms import shipped

MOST_SECONDS = 30.0
MOST_BYTES_OF_MEMORY = 1024 * 1024 * 1024
# for a release, or for each file by itself
_BOUND = Bound(seconds=5.0, states=200_000)
_NO_MEMORY = 3
_AT_ONCE = threading.BoundedSemaphore(2)


def texts_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return files as they travel to the process that proves them; there they are the same bytes.

    A newcomer would replace what is no UTF-8: nobody would be told of it.
    """
    return {name: content.decode("utf-8", "surrogateescape") for name, content in files.items()}


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
    asked = {
        "files": dict(files),
        "after": [(one.end, one.step) for one in after],
        "soundness_only": soundness_only,
    }
    verified: list[Any] = _ask(asked, seconds)["files"]
    return verified


def judge_apart(files: Mapping[str, str]) -> tuple[list[Any], Any]:
    """Return what is proved of a release and what comes of its scenarios, each as its command says.

    The scenarios are None where the files cannot be run.  Raises what `prove_apart` raises.
    """
    asked = {"files": dict(files), "after": [], "soundness_only": False, "scenarios": True}
    answer = _ask(asked, MOST_SECONDS)
    return answer["files"], answer["scenarios"]


def try_apart(
    files: Mapping[str, str], diagram: str, given: Mapping[str, Any], moves: Sequence[Move]
) -> list[Any]:
    """Return where a try stood after its beginning and each move, as plain values.

    Raises Busy, or DiagramRefused for files that cannot be run or take too long.
    """
    asked = {
        "files": dict(files),
        "diagram": diagram,
        "given": dict(given),
        "moves": written_moves(moves),
    }
    states: list[Any] = _ask(asked, MOST_SECONDS)["states"]
    return states


def stands_apart(files: Mapping[str, bytes], diagram: str) -> Stands:
    """Return how runs of a diagram of a release come to stand.

    Raises Busy, or DiagramRefused where it takes too long.
    """
    asked = {
        "files": {
            name: content.decode("utf-8", "surrogateescape") for name, content in files.items()
        },
        "stands": diagram,
    }
    return Stands.from_json(_ask(asked, MOST_SECONDS)["stands"])


def _ask(asked: Mapping[str, Any], seconds: float) -> Any:
    if not _AT_ONCE.acquire(blocking=False):
        raise Busy(say("Other diagrams are just being proved; please try again."))
    try:
        answer = _asked_apart(asked, seconds)
    finally:
        _AT_ONCE.release()
    if "invalid" in answer:
        raise InvalidAnswers(answer["invalid"])
    if "refused" in answer:
        raise DiagramRefused(answer["refused"])
    return answer


def _asked_apart(asked: Mapping[str, Any], seconds: float) -> Any:
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
    files = {name: text.encode("utf-8", "surrogateescape") for name, text in asked["files"].items()}
    if "stands" in asked:
        return {"stands": prove_here(files, asked["stands"], _BOUND).as_json()}
    if "moves" in asked:
        return _tried(asked, files)
    if asked["soundness_only"]:
        verified = [verify_soundness(name, one, bound=_BOUND) for name, one in files.items()]
    else:
        rules = [After(end, step) for end, step in asked["after"]]
        try:
            verified = list(verify_release(files, after=rules, bound=_BOUND))
        except InvalidAnswers as error:
            return {"invalid": error.fields}
    told: dict[str, Any] = {"files": [one.as_json() for one in verified]}
    if "scenarios" in asked:
        try:
            told["scenarios"] = run_scenarios(Specs.parse(files), files).as_json()
        except DiagramRefused:
            told["scenarios"] = None
    return told


def _tried(asked: Any, files: Mapping[str, bytes]) -> Any:
    try:
        specs = Specs.parse(files)
    except DiagramRefused as refused:
        return {"refused": [str(one) for one in refused.findings]}
    states = try_out(specs, asked["diagram"], asked["given"], read_moves(asked["moves"]))
    return {"states": [asdict(one) for one in states]}


def _warm_up() -> None:
    """Read Putright's own forms, of which a release has most: what was read once is known.

    Checking them costs more than proving the shipped diagrams.  Nothing of a sender's is read here.
    """
    own = {f"{name}.json": content for name, content in shipped().items()}
    verify_release(own, bound=_BOUND)


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES_OF_MEMORY, MOST_BYTES_OF_MEMORY))


if __name__ == "__main__":
    _limit_memory()
    try:
        _warm_up()
        # empty where whoever began it has ended
        if request := sys.stdin.buffer.read():
            json.dump(_answer(json.loads(request)), sys.stdout, default=str)
    except MemoryError:
        sys.exit(_NO_MEMORY)
