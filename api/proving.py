"""Proving what somebody sent, in a process of its own that is given up when it takes too long.

Diagrams are hostile input: a parser may hang and a proof may grow.  A newcomer would use a thread,
which cannot be ended.  The process reads one request from its standard input and answers on its
standard output.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
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
    try:
        done = subprocess.run(  # noqa: S603 - our own module, nothing of the sender's
            [sys.executable, "-P", "-m", __name__],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise DiagramRefused([f"Proving them takes longer than {seconds:.0f} seconds"]) from late
    if done.returncode == _NO_MEMORY or done.returncode < 0:
        raise DiagramRefused(["Proving them takes more memory than there may be"])
    done.check_returncode()
    return json.loads(done.stdout)


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
        json.dump(_answer(json.load(sys.stdin)), sys.stdout)
    except MemoryError:
        sys.exit(_NO_MEMORY)
