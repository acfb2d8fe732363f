"""`putright verify` says what can go wrong, in the diagrams' own names, and by its exit status."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.bench.shapes import branches, hostile
from api.cli import main
from tests.proof.drawing import draw

ROOT = Path(__file__).parents[2]
FORMS = str(ROOT / "forms")
DIAGRAMS = sorted(str(file) for file in (ROOT / "workflows").iterdir() if file.suffix != ".py")


def verify(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def rules(line: dict[str, Any]) -> set[tuple[str, str, str | None]]:
    found = [*line["findings"], *(one for each in line["processes"] for one in each["findings"])]
    return {(one["rule"], one["severity"], one["element"]) for one in found}


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., list[Path]]:
    """The shipped diagrams in a folder, one of them changed: `changed("incident", old, new)`."""

    def change(name: str, old: str, new: str) -> list[Path]:
        for file in DIAGRAMS:
            shutil.copy(file, tmp_path)
        file = tmp_path / f"{name}.bpmn"
        before = file.read_text()
        assert old in before
        file.write_text(before.replace(old, new))
        return sorted(tmp_path.iterdir())

    return change


def test_the_shipped_release_is_proved() -> None:
    result = verify(*DIAGRAMS, "--forms", FORMS, "--json")

    found = lines(result)
    assert result.exit_code == 0
    assert [line["file"] for line in found] == DIAGRAMS
    assert all(line["executable"] for line in found)
    processes = {one["id"]: one for line in found for one in line["processes"]}
    assert {name: one["verdict"] for name, one in processes.items()} == {
        "action": "sound",
        "confirmation": "sound",
        "incident": "sound",
    }
    assert processes["incident"]["properties"]["closure"] is True
    assert processes["incident"]["semantics"] == "run_to_completion"


def test_a_file_has_one_object_a_line_with_the_promised_keys() -> None:
    (line,) = lines(verify(ROOT / "workflows" / "confirmation.bpmn", "--soundness-only", "--json"))

    assert {"file", "executable", "elapsed_ms", "processes"} <= line.keys()
    (process,) = line["processes"]
    assert {"id", "verdict", "states", "properties", "findings"} <= process.keys()
    assert sorted(process["properties"]) == [
        "after",
        "closure",
        "no_dead_elements",
        "option_to_complete",
        "proper_completion",
        "safe",
    ]


def test_an_end_that_asks_nobody_is_refuted_with_the_path(
    changed: Callable[..., list[Path]],
) -> None:
    files = changed("incident", 'gate == "confirmed"', 'verify_outcome.verdict == "right"')

    result = verify(*files, "--forms", FORMS, "--json")

    assert result.exit_code == 1
    (incident,) = [one for line in lines(result) for one in line["processes"]][-1:]
    assert (incident["id"], incident["verdict"]) == ("incident", "unsound")
    assert incident["properties"]["closure"] is False
    stale = next(one for one in incident["findings"] if one["element"] == "closed_confirmed")
    assert stale["severity"] == "refuted"
    assert stale["path"][0] == "reported"
    assert stale["path"][-1] == "closed_confirmed"


def test_people_read_it_in_the_diagrams_own_names_within_80_columns(
    changed: Callable[..., list[Path]],
) -> None:
    files = changed("incident", 'gate == "confirmed"', 'verify_outcome.verdict == "right"')

    said = verify(*files, "--forms", FORMS).stdout

    assert "Handle an incident until the business is right again: REFUTED" in said
    assert "It goes like this:\n      1. Reported\n" in said
    assert "Verify the outcome (verdict: right)" in said
    named = [line for line in said.splitlines() if str(files[0].parent) not in line]
    assert max(len(line) for line in named) < 80


def test_what_the_engine_gets_wrong_is_refuted_by_name(
    changed: Callable[..., list[Path]],
) -> None:
    files = changed("action", '"settled"', '"End"')

    result = verify(*files, "--forms", FORMS, "--json")

    action = lines(result)[0]
    assert result.exit_code == 1
    assert action["executable"] is False
    assert ("reserved_id", "refuted", "End") in rules(action)


def test_a_process_that_is_not_there_leaves_it_open_and_refutes_nothing() -> None:
    result = verify(ROOT / "workflows" / "incident.bpmn", "--forms", FORMS, "--json")

    (incident,) = lines(result)
    assert result.exit_code == 2
    assert incident["executable"] is False
    assert incident["processes"][0]["verdict"] == "unknown"
    assert incident["processes"][0]["properties"]["closure"] is None
    assert ("missing_call", "unknown", "obtain_confirmation") in rules(incident)
    assert ("decision", "unknown", "set_priority") in rules(incident)


def test_an_own_rule_is_proved_or_refuted() -> None:
    def own(rule: str) -> Result:
        return verify(*DIAGRAMS, "--forms", FORMS, "--after", rule, "--json")

    kept = own("closed_confirmed=verify_outcome")
    broken = own("closed_confirmed=decide_without_answer")

    assert (kept.exit_code, broken.exit_code) == (0, 1)
    of_incident = [line["processes"][0] for line in lines(kept) if "incident.bpmn" in line["file"]]
    assert of_incident[0]["properties"]["after"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--after", "closed_confirmed=nobody"], "There is no “nobody”"),
        (["--after", "may_it_close=verify_outcome"], "is no end event"),
        (["--after", "closed_confirmed"], "END=STEP"),
        (["--soundness-only", "--after", "a=b"], "needs the release"),
        (["--timeout", "0"], "--timeout"),
    ],
)
def test_what_cannot_be_asked_is_said(arguments: list[str], said: str) -> None:
    result = verify(*DIAGRAMS, *arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_bound_that_is_too_small_leaves_it_open() -> None:
    result = verify(*DIAGRAMS, "--forms", FORMS, "--states", "5", "--json")

    assert result.exit_code == 2
    assert {one["verdict"] for line in lines(result) for one in line["processes"]} == {"unknown"}


def test_each_file_stands_alone_where_only_soundness_counts(tmp_path: Path) -> None:
    made = tmp_path / "made.bpmn"
    made.write_bytes(branches(3, 2))

    result = verify(made, ROOT / "workflows" / "confirmation.bpmn", "--soundness-only", "--json")

    first, second = lines(result)
    assert result.exit_code == 0
    assert (first["executable"], second["processes"][0]["verdict"]) == (False, "sound")
    assert first["processes"][0]["semantics"] == "interleaving"
    assert first["processes"][0]["properties"]["closure"] is None
    assert verify(made).exit_code == 1


def test_where_only_soundness_counts_nothing_is_said_of_running_it() -> None:
    action = ROOT / "workflows" / "action.bpmn"

    assert f"{action}: cannot be run" in verify(action).stdout
    assert "cannot be run" not in verify(action, "--soundness-only").stdout


def test_a_path_tells_timers_that_are_due_together(tmp_path: Path) -> None:
    made = tmp_path / "made.bpmn"
    events = "\n".join(f"{one}: timer on ask\n{one} -> over" for one in ("soon", "late"))
    made.write_bytes(draw(f"begin -> [ask] -> over\n{events}"))

    assert "2. Soon (due together with Late)" in verify(made).stdout


@pytest.mark.parametrize("mode", [[], ["--soundness-only"]], ids=["release", "soundness"])
def test_files_that_mean_harm_are_refused_with_a_reason(tmp_path: Path, mode: list[str]) -> None:
    files = dict(hostile(tmp_path))

    result = verify(*files.values(), *mode, "--json")

    assert result.exit_code == 2
    reasons = {Path(line["file"]).stem: line["findings"][0]["rule"] for line in lines(result)}
    assert reasons == {
        "malformed_10_mb": "not_xml" if mode else "too_large",
        "doctype": "doctype",
        "entity_bomb": "doctype",
        "nested_10000": "too_deep",
    }
    assert not any(line["executable"] or line["processes"] for line in lines(result))


def test_a_file_that_is_not_there_does_not_keep_the_others_from_being_proved() -> None:
    result = verify("nowhere.bpmn", *DIAGRAMS, "--forms", FORMS, "--json")

    missing, *others = lines(result)
    assert result.exit_code == 2
    assert rules(missing) == {("not_opened", "unknown", None)}
    assert {one["verdict"] for line in others for one in line["processes"]} == {"sound"}
    assert "cannot be read" in verify("nowhere.bpmn").stdout


def test_what_is_wrong_outweighs_what_cannot_be_read(changed: Callable[..., list[Path]]) -> None:
    files = changed("action", '"settled"', '"End"')

    assert verify("nowhere.bpmn", *files, "--forms", FORMS).exit_code == 1


def test_a_form_that_does_not_ask_what_its_mark_means_is_refuted(tmp_path: Path) -> None:
    forms = tmp_path / "forms"
    shutil.copytree(FORMS, forms, ignore=shutil.ignore_patterns("*.py", "templates"))
    verdict = forms / "verify_outcome.json"
    verdict.write_text(verdict.read_text().replace('"verdict"', '"finding"'))
    (forms / "do_it_action.json").write_text("{")

    found = lines(verify(*DIAGRAMS, "--forms", forms, "--json"))

    wrong = {rule for line in found for rule in rules(line)}
    assert ("form_of_mark", "refuted", "verify_outcome") in wrong
    assert ("form", "unknown", None) in wrong
    assert ("form_needed", "refuted", "verdict") in wrong
    told = [line["file"] for line in found[-2:]]
    assert told == [str(forms / "do_it_action.json"), str(verdict)]


def test_too_many_files_are_no_release(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.bpmn" for number in range(201)]
    for file in files:
        file.write_bytes(branches(1, 1))

    result = verify(*files, "--json")

    assert result.exit_code == 2
    assert {rule for line in lines(result) for rule in rules(line)} == {
        ("too_large", "unknown", None)
    }


POOLS = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
<collaboration id="both"><participant id="one" processRef="asks"/>
<participant id="two" processRef="answers"/>
<messageFlow id="told" sourceRef="tell" targetRef="hear"/></collaboration>
<message id="news" name="news"/>
<process id="asks" isExecutable="true"><startEvent id="begin"/><sendTask id="tell"
messageRef="news"/><endEvent id="over"/><sequenceFlow id="a" sourceRef="begin" targetRef="tell"/>
<sequenceFlow id="b" sourceRef="tell" targetRef="over"/></process>
<process id="answers" isExecutable="true"><startEvent id="in"/><receiveTask id="hear"
messageRef="news"/><endEvent id="out"/><sequenceFlow id="c" sourceRef="in" targetRef="hear"/>
<sequenceFlow id="d" sourceRef="hear" targetRef="out"/></process></definitions>"""


@pytest.mark.parametrize("mode", [[], ["--soundness-only"]], ids=["release", "soundness"])
def test_pools_are_judged_together_as_well_as_alone(tmp_path: Path, mode: list[str]) -> None:
    file = tmp_path / "pools.bpmn"
    file.write_text(POOLS)

    (line,) = lines(verify(file, *mode, "--json"))

    verdicts = {one["id"]: one["verdict"] for one in line["processes"]}
    assert verdicts == {"asks": "sound", "answers": "sound", "both": "sound"}


def test_the_bench_measures_proofs_without_a_database() -> None:
    asked = ["bench", "--proof", "--json", "--only", "shipped", "--only", "parallel_20"]

    measured = json.loads(CliRunner().invoke(main, asked).stdout)

    assert sorted(measured) == ["parallel_20", "shipped"]
    assert {one["verdict"] for one in measured["shipped"].values()} == {"sound"}
    assert measured["parallel_20"]["verdict"] == "sound"


def test_rows_of_a_table_that_overlap_or_leave_a_gap_are_a_warning(tmp_path: Path) -> None:
    table = tmp_path / "priority.dmn"
    shipped = (ROOT / "workflows" / "priority.dmn").read_text()
    table.write_text(shipped.replace('"medium"', '"high"', 1))

    (found,) = lines(verify(table, "--json"))

    assert {one["rule"]: one["severity"] for one in found["findings"]} == {
        "table_overlap": "warning",
        "table_gap": "warning",
    }
    assert found["executable"] is True
