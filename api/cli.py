"""The console command `putright`: which commands there are, and what all of them share.

A newcomer would import them all here: verifying a file would wait for a web server to load.
"""

import gc
import logging
import signal
from collections.abc import Mapping
from importlib import import_module
from types import FrameType

import click

from engine.errors import PutrightError

# command -> module:name
_HOMES: Mapping[str, str] = {
    "audit": "api.commands:audit",
    "bench": "api.bench:bench",
    "check": "api.commands:check",
    "demo": "api.commands:demo",
    "export": "api.commands:export_command",
    "left": "api.commands:left",
    "receive-mail": "api.commands:receive_mail",
    "migrate": "api.commands:migrate_command",
    "publish": "api.commands:publish_command",
    "replay": "api.replaying:replay",
    "retain": "api.retaining:retain",
    "serve": "api.commands:serve",
    "scenarios": "api.scenarios:scenarios_command",
    "verify": "api.verifying:verify",
    "worker": "api.commands:worker",
}


class _Commands(click.Group):
    """Loads a command when it is asked for.

    Says what is wrong in one sentence, and keeps tracebacks for faults of our own.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*_HOMES, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _HOMES:
            return super().get_command(ctx, cmd_name)
        module, _, name = _HOMES[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except PutrightError as error:
            raise click.ClickException(error.sentence) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="putright", prog_name="putright")
def main() -> None:
    """Putright handles incidents until the business is right again."""
    signal.signal(signal.SIGTERM, _leave)
    gc.freeze()  # the command's own code is never garbage: a long proof need not go through it
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # what the engines say of each task, job and migration is of no interest to an operator
    for chatty in ("alembic", "procrastinate", "spiff"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _leave(number: int, frame: FrameType | None) -> None:
    """Close what was opened: by itself, SIGTERM would leave the embedded database running."""
    del frame
    raise SystemExit(128 + number)
