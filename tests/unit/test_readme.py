"""What the README lists is what there is."""

from pathlib import Path

from click import Context

from api.cli import main
from api.errors import STATUS

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_readme_lists_every_error_with_its_status() -> None:
    for code, status in STATUS.items():
        assert f"| `{code}` | {status} |" in README


def test_the_readme_names_every_command() -> None:
    for name in main.list_commands(Context(main)):
        assert f"`{name}" in README or f"putright {name}" in README
