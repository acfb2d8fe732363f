"""Set-asides and merges are counted and sampled beside closures (rules, Ways out)."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from api.cli import main
from engine.queries.way_out_sample import WayOutCounts, WayOutSample, sample_ways_out
from engine.store.embedded import DatabaseUrls
from engine.usecases.merging import merge, undo_merge
from engine.usecases.setting_aside import bring_back, set_aside
from engine.usecases.withdrawing import withdraw
from tests.machine import Machine
from tests.unguarded import unguarded
from tests.visitor import Visitor, words_of
from tests.world import KEY, World


def aside(world: World, **changes: Any) -> UUID:
    made = world.report(**changes)
    set_aside(world.handling, made, reason="Spam", actor=world.actor("hugo"))
    return made


def joined(world: World, into: UUID) -> UUID:
    made = world.report("olga")
    merge(world.handling, made, into, reason="The same", actor=world.actor("hugo"))
    return made


def out_in_every_way(world: World) -> None:
    """Close one in each way; eight stay set aside, one joined; one of each is back again."""
    carla = world.actor("carla")
    world.confirmed()
    world.decided()
    withdraw(world.handling, world.report(), words="My mistake", actor=carla)
    bring_back(world.handling, aside(world), actor=carla)
    earlier = world.report()
    world.clock.forward(minutes=5)
    undo_merge(world.handling, joined(world, earlier), actor=world.actor("olga"))
    joined(world, earlier)
    for _ in range(7):
        aside(world)
    aside(world, is_restricted=True)


def drawn(world: World, **asked: Any) -> WayOutSample:
    with world.handling.store.read() as conn:
        return sample_ways_out(conn, **asked)


COUNTS = WayOutCounts(
    confirmed=1, escalated=1, withdrawn=1, set_aside=8, brought_back=1, merged=1, undone=1
)


def test_set_asides_and_merges_are_counted_and_sampled_beside_closures(world: World) -> None:
    out_in_every_way(world)

    found = drawn(world, most=3, seed=1)

    assert found.counts == COUNTS
    assert [line.kind for line in found.lines] == ["merged", *["set_aside"] * 3]
    assert found.lines[0].into is not None
    assert drawn(world, most=3, seed=1) == found
    others = {drawn(world, most=3, seed=seed).lines for seed in range(20)}
    assert len(others) > 5, "another seed draws others"
    everything = drawn(world, most=50, seed=1).lines
    assert len(everything) == 9
    (limited,) = [line for line in everything if line.title is None]
    assert (limited.by, limited.reason, limited.kind) == (None, None, "set_aside")


def test_an_owner_draws_from_their_own_business_processes_only(world: World) -> None:
    out_in_every_way(world)

    assert drawn(world, most=50, seed=1, owner=world.people["dora"]).counts == COUNTS
    other = drawn(world, most=50, seed=1, owner=world.people["gita"])
    assert (other.lines, other.counts) == ((), WayOutCounts(*[0] * 7))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database: DatabaseUrls) -> Callable[..., Result]:
    for name, value in (
        ("DATABASE_URL", database.app_url), ("PUTRIGHT_OWNER_URL", database.owner_url),
        ("PUTRIGHT_SECRET_KEY", "x" * 40), ("PUTRIGHT_AUDIT_KEY", KEY.secret.decode()),
        ("PUTRIGHT_AUDIT_KEY_ID", KEY.id), ("PUTRIGHT_SIGNING_KEY", "5" * 64),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    return lambda *more: CliRunner().invoke(main, ["audit", "ways-out", *more])


def test_the_command_says_the_seed_that_draws_the_same_ones_again(
    world: World, run: Callable[..., Result]
) -> None:
    out_in_every_way(world)

    first = run("--sample", "2")
    seed = first.output.split("--seed ")[1].split(":")[0]

    assert first.exit_code == 0
    assert first.output.startswith("1 confirmed, 1 escalated, 1 withdrawn, 8 set aside, 1 brought")
    assert run("--sample", "2", "--seed", seed).output == first.output
    told = json.loads(run("--sample", "2", "--seed", seed, "--json").output)
    assert (told["seed"], told["set_aside"], len(told["sample"])) == (int(seed), 8, 3)
    assert told["without_evidence"] == []


def test_the_command_fails_if_one_that_is_out_lacks_its_evidence(
    world: World, database: DatabaseUrls, run: Callable[..., Result]
) -> None:
    number = world.row(aside(world)).number
    with unguarded(database) as conn:
        conn.execute(text("UPDATE way_out SET reason = 'A whim'"))

    told, as_json = run(), run("--json")

    assert (told.exit_code, as_json.exit_code) == (1, 1)
    assert f"without evidence: incident {number}" in told.output
    assert json.loads(as_json.output)["without_evidence"][0]["incident"] == number


def test_auditors_and_owners_find_the_sample_behind_what_is_out(
    world: World, visit: Callable[[str], Visitor], machine: Callable[[str], Machine]
) -> None:
    out_in_every_way(world)
    way = "Look at some of them, drawn at random"

    for login in ("egon", "dora"):
        assert way in words_of(visit(login).get("/incidents?show=out"))
        page = words_of(visit(login).get("/incidents/ways-out?sample=50&seed=7"))
        assert "8 set aside (1 brought back), 1 joined with an earlier report (1 sep" in page
        assert "For named people only #" in page
        assert "drawn at random with the seed 7" in page
        shown = machine(login).get("/ways-out?sample=2&seed=7")
        assert (shown["seed"], shown["counts"]["undone"], len(shown["lines"])) == (7, 1, 3)
        assert shown == machine(login).get("/ways-out?sample=2&seed=7")
    for login in ("hugo", "carla"):
        assert way not in words_of(visit(login).get("/incidents?show=out"))
        visit(login).get("/incidents/ways-out", 403)
        machine(login).get("/ways-out", 403)
    for said in ("seed=x&sample=", "seed=-1&sample=9999999999999999", "sample=²"):
        visit("egon").get(f"/incidents/ways-out?{said}")
    machine("egon").get("/ways-out?sample=101", 422)


def test_nothing_out_of_the_handling_is_an_empty_sample(
    world: World, visit: Callable[[str], Visitor]
) -> None:
    assert drawn(world, most=5, seed=1).lines == ()
    assert "Nothing to look at" in visit("egon").get("/incidents/ways-out")
