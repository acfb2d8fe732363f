"""`putright replay`: an older tool's log, told again through the real use cases."""

import json
import os
import sys
from functools import partial
from pathlib import Path

import click

from api.releasing import publish_shipped_first
from api.wiring import plain_handling, ready
from engine.usecases.ladder_in_force import at_this_moment
from engine.usecases.replay import PRESETS, Summary, preset, read_mapping, replay_log


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--preset",
    "preset_name",
    default="servicenow",
    type=click.Choice(sorted(PRESETS)),
    show_default=True,
    help="How the log is written.",
)
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file that says so for another log, in place of the preset.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many cases.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=os.cpu_count() or 1,
    show_default=True,
    help="Processes that replay at the same time.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def replay(
    file: Path,
    preset_name: str,
    mapping: Path | None,
    limit: int | None,
    workers: int,
    as_json: bool,
) -> None:
    """Replay the incident log FILE on its own clock.

    Every row becomes one transaction through the real use cases.  The log holds no confirmations,
    so none are invented: what it calls closed meets the gate and stays open.  Run again after an
    interruption, it goes on where it stopped.
    """
    log_format = read_mapping(mapping) if mapping else preset(preset_name)
    with ready() as found:
        publish_shipped_first(found.handling.store)
        with click.progressbar(length=0, label="Replaying", file=sys.stderr) as bar:

            def progress(rows: int, done: int) -> None:
                bar.length = rows
                bar.update(done)

            try:
                summary = replay_log(
                    partial(
                        plain_handling,
                        found.app_url,
                        found.handling.store.key,
                        at_this_moment(found.handling.ladder),
                        found.handling.rules,
                    ),
                    file,
                    log_format,
                    limit=limit,
                    workers=workers,
                    on_unreadable=_name_unreadable,
                    progress=progress,
                )
            except KeyboardInterrupt:
                click.echo("\nInterrupted: run it again, and it goes on from here.", err=True)
                raise
    if summary.tally.known:
        click.echo(
            f"{summary.tally.known} cases were replayed before and stay as they are.", err=True
        )
    for fault in summary.tally.faults:
        click.echo(f"could not go on with {fault}", err=True)
    click.echo(json.dumps(summary.as_json()) if as_json else _told(summary))
    if summary.tally.faults:
        sys.exit(1)


def _name_unreadable(line: int, why: str) -> None:
    click.echo(f"skipped line {line}: {why}", err=True)


def _told(summary: Summary) -> str:
    said = summary.as_json()
    said.pop("seconds_by_party")
    lines = [f"{name.replace('_', ' '):<20}{value}" for name, value in said.items()]
    for party, seconds in summary.tally.seconds_by_party.items():
        lines.append(f"{'days of ' + party:<20}{seconds / 86_400:.1f}")
    return "\n".join(lines)
