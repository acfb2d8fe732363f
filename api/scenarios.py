"""`putright scenarios`: do the diagrams still tell their stories, and which ways does none take?"""

import json
import sys
from pathlib import Path

import click

from api.releasing import SHIPPED, read_release
from engine.errors import DiagramRefused
from engine.runtime import Specs
from engine.usecases.publish import failed_line
from engine.usecases.scenarios import Tried, run_scenarios


@click.command("scenarios")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def scenarios_command(folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Run every scenario in FOLDERS (without them, the shipped ones) on the real engine.

    Exit status 1 if one does not go as it says, 2 if the files cannot be run.
    """
    try:
        files = read_release(folders or SHIPPED)
        tried = run_scenarios(Specs.parse(files), files)
    except DiagramRefused as refused:
        for finding in refused.findings:
            click.echo(f"- {finding}", err=True)
        sys.exit(2)
    click.echo(json.dumps(tried.as_json()) if as_json else told(tried))
    if tried.failed:
        sys.exit(1)


def told(tried: Tried) -> str:
    """Return what came of them, for people."""
    lines = [f"- {failed_line(one)}" for one in tried.failed]
    for name, one in tried.coverage.items():
        lines.append(f"{name}: {one.of_elements:.0%} of elements, {one.of_flows:.0%} of flows")
        lines += [f"  never: {missed}" for missed in (*one.missed_elements, *one.missed_flows)]
    lines.append(f"{len(tried.outcomes)} scenarios, {len(tried.failed)} failed")
    return "\n".join(lines)
