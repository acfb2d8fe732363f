"""Payroll late through a supplier: a day that has passed stays missed, and is made good by two.

The bureau that pays the salaries misses the bank's cut-off.  All the while the clock runs, in the
bureau's name; that 86 people had no money on the 3rd can not be put right any more, so the owner
and those who answer for the 86 agree on what makes it good.
"""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.story import DONE, Teller
from tests.visitor import words_of
from tests.world import World

ON_THE_3RD = {"measure": "Salaries", "threshold": "Paid on 3 March", "evidence": "Bank statement"}
INTEREST = {
    "measure": "Interest for each late day",
    "threshold": "Paid to all 86",
    "evidence": "The bank's list of payments",
}


@pytest.fixture
def incident(teller: Teller, world: World) -> UUID:
    """Reported on Monday morning; the bank's cut-off is on Tuesday, and the bureau has to pay."""
    cut_off = world.clock.now + timedelta(days=1, hours=9)
    made = teller.reports(
        "bruno",
        "Salaries are not on their way",
        harmed="Everybody at the works",
        harmed_count=86,
        harm_begins_at=cut_off.isoformat(),
    )
    teller.agrees(made, confirmers=("bruno",), criteria=[ON_THE_3RD])
    spoken_for = {"whom": "Everybody at the works, as their council", "count": 85}
    teller.changes("hugo", made, "stand-for", world.people["bruno"], **spoken_for)
    teller.does(
        "hugo",
        f"/incidents/{made}/actions",
        {
            "title": "Send the payment file",
            "party": "external",
            "team": str(world.teams["post"]),
            "reference": "PP-2026-112",
            "deadline_at": cut_off.isoformat(),
            "deadline_because": "§ 4 of the contract",
            "ends_cause": True,
        },
    )
    return made


def paid_too_late(teller: Teller, incident: UUID) -> None:
    """Let the bureau pay on Thursday, two days after the cut-off."""
    world = teller.world
    for _ in range(6):
        world.clock.forward(hours=12)
        world.fire(incident)
    teller.completes("sami", incident, "do_supplier_action", **DONE)


def test_a_missed_day_stays_missed_and_is_made_good_by_owner_and_confirmer(
    teller: Teller, world: World, incident: UUID
) -> None:
    promised = world.row(incident).restore_by
    paid_too_late(teller, incident)
    assert "action:overdue" in world.verbs(incident)
    (salaries,) = world.criteria(incident)

    # nobody can say any more that they were paid on the 3rd
    teller.changes("hugo", incident, "miss-criterion", salaries, why="The 3rd has passed")
    item = world.item(incident, "verify_outcome", "dora")
    early = {"verdict": "right", "right_since": world.clock.now.isoformat(), "measured": []}
    refused = teller.send("dora", f"/items/{item.id}/complete", {"answers": early})
    assert refused.status_code == 422
    assert "can no longer be met" in refused.text

    # the lead proposes what makes it good; it counts when both sides have signed
    teller.changes("hugo", incident, "make-good", salaries, **INTEREST)
    (good,) = [
        one["id"]
        for one in teller.ask("dora", f"/incidents/{incident}")["criteria"]
        if one["measure"] == INTEREST["measure"]
    ]
    assert world.criteria(incident) == []
    for login in ("dora", "bruno"):
        teller.changes(login, incident, "sign-make-good", good)
    assert [str(one) for one in world.criteria(incident)] == [good]

    # it is work like any other, it is checked, and those who are harmed say so
    interest = {"title": "Pay the interest", "party": "business"}
    gita = str(world.people["gita"])
    teller.does("bruno", f"/incidents/{incident}/actions", interest | {"person": gita})
    assert world.steps(incident) == ["do_business_action"]
    teller.completes("gita", incident, "do_business_action", **DONE)
    teller.verifies("dora", incident)
    teller.answers("bruno", incident, "yes")

    row = world.row(incident)
    assert row.closed_by == "confirmed"
    assert row.restore_by == promised, "waiting for the bureau extends nothing"
    page = words_of(teller.visits("bruno").get("/incidents/1"))
    assert "The 3rd has passed" in page
    teller.adds_up(incident)
    assert teller.proven() == 1


def test_the_days_of_the_bureau_are_its_own_and_its_deadline_is_nobodys_to_move(
    teller: Teller, world: World, incident: UUID
) -> None:
    (action,) = teller.ask("hugo", f"/incidents/{incident}")["actions"]
    assert action["reference"] == "PP-2026-112"
    moved = {"due_at": (world.clock.now + timedelta(days=9)).isoformat(), "reason": "They ask"}
    refused = teller.send(
        "hugo", f"/incidents/{incident}/changes/move-due", {"about": action["id"], "answers": moved}
    )
    assert (refused.status_code, "deadline" in refused.text) == (422, True)

    paid_too_late(teller, incident)

    ledger = teller.ask("hugo", f"/incidents/{incident}/ledger")
    assert ledger["totals_seconds"]["external"] == 3 * 24 * 3600
    assert ledger["whole_seconds"] == sum(ledger["totals_seconds"].values())
