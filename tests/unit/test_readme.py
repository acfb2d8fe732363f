"""What the README lists is what there is."""

import re
from pathlib import Path

from api.cli import main
from api.errors import OF_HTTP, STATUS
from api.rules_file import read_rules
from engine.domain.ladder import DEFAULT
from engine.domain.rules import DEFAULT_RULES
from engine.usecases.replay import read_mapping

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_readme_lists_every_error_with_its_status() -> None:
    for code, status in STATUS.items():
        assert f"| `{code}` | {status} |" in README
    for code, _ in OF_HTTP.values():
        assert f"| `{code}` |" in README


def test_the_readme_s_mapping_of_a_log_and_its_numbers_can_be_read(tmp_path: Path) -> None:
    mapping, rules = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "our-tool.toml"
    file.write_text(mapping, encoding="utf-8")
    assert read_mapping(file).name == "our-tool"

    file.write_text(rules, encoding="utf-8")
    assert read_rules(file) != (DEFAULT_RULES, DEFAULT)


def test_the_readme_names_every_command() -> None:
    for name in main.commands:
        assert f"`{name}" in README or f"putright {name}" in README
