"""`putright verify`: what a process owner asks before publishing, and anybody of any BPMN file."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from api.verdicts import told
from engine.bpmn import Finding
from engine.errors import InvalidAnswers
from engine.proof import After, Bound
from engine.usecases.verified import Verified
from engine.usecases.verifying import unreadable, verify_release, verify_soundness

# far more than any reader here takes: the rest of a longer file is not looked at
_MOST_BYTES = 32 * 1024 * 1024
_BOUND = Bound()


class _Rule(click.ParamType[After]):
    name = "END=STEP"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> After:
        end, _, step = value.partition("=")
        if not end or not step:
            self.fail(f"“{value}” is not of the form END=STEP.", param, ctx)
        return After(end, step)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@click.option(
    "--forms",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the steps' forms: what can be answered counts.",
)
@click.option(
    "--after",
    multiple=True,
    type=_Rule(),
    help="Your own rule: END is completed only after STEP has been.  Repeatable.",
)
@click.option(
    "--soundness-only",
    is_flag=True,
    help="Each file by itself, from anywhere: no closure, no marks, nothing of the engine's.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=_BOUND.seconds,
    show_default=True,
    help="Seconds for a release, or a file by itself; what is not decided by then is unknown.",
)
@click.option(
    "--states",
    type=click.IntRange(min=1),
    default=_BOUND.states,
    show_default=True,
    help="States to look at for each process, at most.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
def verify(
    files: tuple[Path, ...],
    forms: Path | None,
    after: tuple[After, ...],
    soundness_only: bool,
    timeout: float,
    states: int,
    as_json: bool,
) -> None:
    """Prove, or refute with a path, that the diagrams in FILE... are safe to run.

    Files given together are one release: diagrams, decision tables, forms.  Exit status 1 if
    anything is refuted, else 2 if anything is unreadable or unknown, else 0.
    """
    bound = Bound(timeout, states)
    if soundness_only and after:
        raise click.UsageError("--after needs the release: leave --soundness-only out.")
    found = _sound(files, bound) if soundness_only else _released(files, forms, after, bound)
    verified = []
    for one in found:
        verified.append(one)
        click.echo(json.dumps(one.as_json(), ensure_ascii=False) if as_json else told(one))
    sys.exit(_status(verified))


def _status(verified: Sequence[Verified]) -> int:
    if any(one.is_refuted for one in verified):
        return 1
    return 2 if any(one.is_undecided for one in verified) else 0


def _sound(files: Sequence[Path], bound: Bound) -> Iterator[Verified]:
    for file in files:
        content = _content(file)
        if isinstance(content, Verified):
            yield content
        else:
            yield verify_soundness(str(file), content, bound=bound)


def _released(
    files: Sequence[Path], forms: Path | None, after: Sequence[After], bound: Bound
) -> list[Verified]:
    """Return what was found of each file; of forms in a folder only what is wrong with them."""
    asked = sorted(forms.glob("*.json")) if forms is not None else []
    read = {str(file): _content(file) for file in (*files, *asked)}
    contents = {file: one for file, one in read.items() if isinstance(one, bytes)}
    found = {one.file: one for one in read.values() if isinstance(one, Verified)}
    try:
        verified = verify_release(contents, after=after, bound=bound)
    except InvalidAnswers as error:
        raise click.UsageError(" ".join(error.fields.values())) from error
    found |= {one.file: one for one in verified}
    given = {str(file) for file in files}
    return [found[file] for file in read if file in given or found[file].findings]


def _content(file: Path) -> bytes | Verified:
    """Return what a file holds, or that it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_BYTES)
    except OSError as error:
        sentence = f"It cannot be opened ({error.strerror})."
        return unreadable(Finding(str(file), None, "not_opened", sentence, "Name another."))
