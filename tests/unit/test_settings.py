"""Settings are read once, whole, and every problem is told at once."""

import os
from pathlib import Path

import pytest

from api.settings import SETTINGS, Settings, SettingsWrong

SECRET = "x" * 32


def test_without_settings_everything_is_embedded() -> None:
    settings = Settings.from_environment({})

    assert settings.is_embedded
    assert (settings.host, settings.port) == ("127.0.0.1", 8420)


def test_a_database_of_ones_own_needs_secrets_of_ones_own() -> None:
    with pytest.raises(SettingsWrong) as refused:
        Settings.from_environment({"DATABASE_URL": "postgresql://db/putright"})

    assert [line.split()[0] for line in refused.value.problems] == [
        "PUTRIGHT_SECRET_KEY",
        "PUTRIGHT_AUDIT_KEY",
        "PUTRIGHT_SIGNING_KEY",
    ]


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(SettingsWrong) as refused:
        Settings.from_environment(
            {"PUTRIGHT_PORT": "many", "PUTRIGHT_SECURE_COOKIES": "perhaps", "DATABASE_URL": "x:y"}
        )

    told = refused.value.sentence
    assert "PUTRIGHT_PORT" in told
    assert "PUTRIGHT_SECURE_COOKIES" in told
    assert "DATABASE_URL must start with postgresql://" in told


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(SettingsWrong, match="at least 32 characters"):
        Settings.from_environment({"PUTRIGHT_SECRET_KEY": "hush"})


def test_earlier_audit_keys_are_named_by_the_ids_that_entries_have() -> None:
    earlier = f"first={SECRET} second={'y' * 40}==\nfourth=with a {SECRET}"

    settings = Settings.from_environment(
        {"PUTRIGHT_AUDIT_KEY_ID": "third", "PUTRIGHT_AUDIT_KEYS_BEFORE": earlier}
    )

    assert settings.audit_keys_before == {
        "first": SECRET.encode(),
        "second": b"y" * 40 + b"==",
        "fourth": b"with a " + SECRET.encode(),
    }
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (f"second=hush fourth={SECRET}", "of at least 32 characters: number 1 is not"),
        (f"={SECRET}", "number 1 is not"),
        (SECRET, "number 1 is not"),
        (f"second={SECRET} second={SECRET}y", "two keys called “second”"),
        (f"first={SECRET}", "has a key “first”, and so is the one in use called"),
    ],
)
def test_earlier_audit_keys_that_cannot_be_told_apart_are_refused(said: str, problem: str) -> None:
    with pytest.raises(SettingsWrong, match=problem) as refused:
        Settings.from_environment({"PUTRIGHT_AUDIT_KEYS_BEFORE": said})

    assert SECRET not in refused.value.sentence


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")

    settings = Settings.from_environment({"PUTRIGHT_SECRET_KEY_FILE": str(file)})

    assert settings.secret_key == SECRET


def test_a_value_and_its_file_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match="both set"):
        Settings.from_environment(
            {"PUTRIGHT_AUDIT_KEY": SECRET, "PUTRIGHT_AUDIT_KEY_FILE": str(tmp_path / "none")}
        )


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = Settings.from_environment(
        {"PUTRIGHT_SECRET_KEY": SECRET, "PUTRIGHT_OWNER_URL": "postgresql://o:hush@db/putright"}
    )

    assert SECRET not in repr(settings)
    assert "hush" not in repr(settings)


def test_the_readme_lists_every_setting() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()

    for setting in SETTINGS:
        assert f"| `{setting.name}` | {setting.meaning} | {setting.default} |" in readme


def test_the_data_of_root_is_not_in_roots_own_home() -> None:
    data_dir = Settings.from_environment({}).data_dir

    assert (data_dir == Path("/var/lib/putright")) is (os.geteuid() == 0)
    assert data_dir.name == "putright"


def test_the_rules_come_from_a_file_and_what_is_wrong_with_it_is_told_with_the_rest(
    tmp_path: Path,
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("[rules]\nremedy_after = 2\n")
    assert Settings.from_environment({"PUTRIGHT_RULES": str(file)}).rules.remedy_after == 2

    file.write_text("[rules]\nremedy_after = -2\n")
    with pytest.raises(SettingsWrong) as refused:
        Settings.from_environment({"PUTRIGHT_RULES": str(file), "PUTRIGHT_PORT": "many"})

    assert len(refused.value.problems) == 2
