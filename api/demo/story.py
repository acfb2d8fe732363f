"""Tells one incident's story through the use cases, on a clock that it turns itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.demo.house import House
from engine.domain.action import TargetOutcome
from engine.domain.incident import Level
from engine.domain.party import Party
from engine.domain.signal import Alert
from engine.domain.silence import Channel
from engine.queries.open_steps import (
    OpenStep,
    criteria_in_force,
    given_rows,
    next_due,
    open_steps,
)
from engine.usecases.complete import complete
from engine.usecases.covering import stand_for
from engine.usecases.handling import Handling
from engine.usecases.holding import claim
from engine.usecases.lead import take_lead
from engine.usecases.merging import merge
from engine.usecases.naming import name_person, take_off
from engine.usecases.proposing import Proposal, propose_action
from engine.usecases.receiving import receive
from engine.usecases.recurring import report_recurrence
from engine.usecases.report import Report, report_incident
from engine.usecases.setting_aside import set_aside
from engine.usecases.targets import tick_targets
from engine.usecases.timing import advance_run
from engine.usecases.trying import log_try


@dataclass
class Crank:
    """A clock that somebody turns; aware UTC, and never ahead of `limit`, the real time."""

    at: datetime
    limit: datetime

    def __call__(self) -> datetime:
        """Return the time it shows."""
        return self.at

    def set_back(self, **ago: float) -> None:
        """Show the time that was this long ago."""
        self.at = self.limit - timedelta(**ago)


class Story:
    """One incident, told step by step; names are logins of the house."""

    def __init__(self, handling: Handling, house: House, crank: Crank) -> None:
        self.handling = handling
        self.house = house
        self.crank = crank
        self.incident: UUID

    def later(self, **by: float) -> None:
        """Turn the clock forward; timers that fall due on the way ring in their order."""
        until = min(self.crank.at + timedelta(**by), self.crank.limit)
        for _ in range(200):
            with self.handling.store.read() as conn:
                due = next_due(conn, self.incident, until)
            if due is None:
                break
            self.crank.at = max(self.crank.at, due.due_at)
            advance_run(self.handling, due.id)
        self.crank.at = until

    def alerts(self, who: str, process: str, titles: Sequence[str]) -> None:
        """Have monitoring tell alerts, with the token of somebody of ours."""
        alerts = [Alert(title, title, self.crank.at) for title in titles]
        receive(self.handling, self.house.processes[process], alerts, actor=self.house.people[who])

    def reports(self, who: str, process: str, title: str, **said: Any) -> None:
        """Report the incident; `said` are the other fields of a report."""
        report = Report(
            product_id=self.house.processes[process],
            title=title,
            impact=Level(said.pop("impact", Level.MEDIUM)),
            urgency=Level(said.pop("urgency", Level.MEDIUM)),
            **said,
        )
        self.incident = report_incident(
            self.handling, report, actor=self.house.people[who], key=f"demo {title}"
        )

    def leads(self, who: str) -> None:
        """Take the lead."""
        take_lead(self.handling, self.incident, actor=self.house.people[who])

    def agrees(
        self,
        who: str,
        criteria: Sequence[tuple[str, str, str]],
        confirmers: Sequence[str],
        *,
        summary: str | None = None,
    ) -> None:
        """Agree what right means; actions are proposed beside it."""
        answers: dict[str, Any] = {
            "criteria": [
                {"measure": measure, "threshold": threshold, "evidence": evidence}
                for measure, threshold, evidence in criteria
            ],
            "confirmers": [str(self.house.people[one].id) for one in confirmers],
        }
        if summary:
            answers["summary"] = summary
        self.does(who, "agree_what_right_means", answers)

    def speaks_for(self, who: str, confirmer: str, whom: str, count: int) -> None:
        """Say for whom a confirmer answers beside themselves."""
        stand_for(
            self.handling,
            self.incident,
            self.house.people[confirmer].id,
            whom=whom,
            count=count,
            actor=self.house.people[who],
        )

    def asks(
        self,
        who: str,
        title: str,
        party: Party,
        *,
        team: str | None = None,
        person: str | None = None,
        **said: Any,
    ) -> UUID:
        """Propose an action."""
        due_in = said.pop("due_in", None)
        proposal = Proposal(
            title=title,
            party=party,
            team_id=self.house.teams[team] if team else None,
            person_id=self.house.people[person].id if person else None,
            due_at=self.crank.at + due_in if due_in else None,
            **said,
        )
        return propose_action(self.handling, self.incident, proposal, actor=self.house.people[who])

    def takes(self, who: str, action: str) -> None:
        """Take the to-do of an action."""
        claim(self.handling, self._item(None, action).id, actor=self.house.people[who])

    def finishes(self, who: str, action: str, what: str, **more: Any) -> None:
        """Say that an action is done."""
        item = self._item(None, action)
        answers: dict[str, Any] = {"outcome": "done", "what_was_done": what, **more}
        self._complete(who, item, answers)

    def declines(self, who: str, action: str, reason: str) -> None:
        """Say that an action will not be done."""
        self._complete(who, self._item(None, action), {"outcome": "declined", "reason": reason})

    def ticks(
        self, who: str, action: str, how: Mapping[TargetOutcome, slice], *, note: str | None = None
    ) -> None:
        """Note how it ended for some of those whom the action reaches."""
        with self.handling.store.read() as conn:
            targets = [one.id for one in given_rows(conn, self.incident, action)]
        outcomes = {target: outcome for outcome, which in how.items() for target in targets[which]}
        tick_targets(
            self.handling,
            self._item(None, action).id,
            outcomes,
            actor=self.house.people[who],
            note=note,
        )

    def rows_of(self, action: str) -> list[dict[str, str]]:
        """Return the lines of an action with the outcomes noted so far, as its form has them."""
        with self.handling.store.read() as conn:
            return [
                {"target": str(one.id), "outcome": one.outcome or ""}
                for one in given_rows(conn, self.incident, action)
            ]

    def checks(
        self, who: str, measured: Sequence[str], verdict: str = "right", **more: Any
    ) -> None:
        """Verify the outcome; `measured` goes with the criteria in their order."""
        rows = [
            {"criterion": str(one), "measured": found}
            for one, found in zip(self._criteria(), measured, strict=False)
        ]
        if verdict == "right":
            more.setdefault("right_since", self._instant(self.crank.at - timedelta(minutes=30)))
        self.does(who, "verify_outcome", {"measured": rows, "verdict": verdict, **more})

    def answers(self, who: str, *said: str, words: str | None = None) -> None:
        """Answer whether it is right, criterion by criterion; the last answer goes on."""
        rows: list[dict[str, Any]] = []
        for place, one in enumerate(self._criteria()):
            answer = said[min(place, len(said) - 1)]
            rows.append({"criterion": str(one), "answer": answer})
            if answer != "yes":
                rows[-1]["words"] = words
        self.does(who, "confirm_outcome", {"criteria": rows})

    def tries(self, who: str, whom: str, channel: Channel, words: str) -> None:
        """Log a try to reach somebody who has not answered."""
        log_try(
            self.handling,
            self.incident,
            whom_id=self.house.people[whom].id,
            channel=channel,
            words=words,
            actor=self.house.people[who],
        )

    def decides(self, who: str, decided: str, reason: str) -> None:
        """Decide without the customer's answer."""
        self.does(who, "decide_without_answer", {"decided": decided, "reason": reason})

    def names(self, who: str, person: str) -> None:
        """Name somebody who may read what is for named people only."""
        named, actor = self.house.people[person].id, self.house.people[who]
        name_person(self.handling, self.incident, named, actor=actor)

    def takes_off(self, who: str, person: str, reason: str) -> None:
        """Take somebody off who may not read it, whatever they are towards it."""
        named, actor = self.house.people[person].id, self.house.people[who]
        take_off(self.handling, self.incident, named, reason=reason, actor=actor)

    def sets_aside(self, who: str, reason: str) -> None:
        """Take it out of the handling."""
        set_aside(self.handling, self.incident, reason=reason, actor=self.house.people[who])

    def joins(self, who: str, earlier: UUID, reason: str) -> None:
        """Join it with an earlier report."""
        actor = self.house.people[who]
        merge(self.handling, self.incident, earlier, reason=reason, actor=actor)

    def is_back(self, who: str, words: str) -> None:
        """Say that it is back, and go on with the new incident."""
        actor = self.house.people[who]
        self.incident = report_recurrence(self.handling, self.incident, words=words, actor=actor)

    def does(self, who: str, step: str, answers: Mapping[str, Any]) -> None:
        """Complete the open to-do of a step of the incident's own run."""
        self._complete(who, self._item(step, None, self.house.people[who].id), answers)

    def _complete(self, who: str, item: OpenStep, answers: Mapping[str, Any]) -> None:
        complete(self.handling, item.id, answers, actor=self.house.people[who])

    def _item(self, step: str | None, action: str | None, who: UUID | None = None) -> OpenStep:
        with self.handling.store.read() as conn:
            found = [
                item
                for item in open_steps(conn, self.incident)
                if (step is None or item.step == step) and (action is None or item.action == action)
            ]
        found.sort(key=lambda item: who not in item.people)
        return found[0]

    def _criteria(self) -> list[UUID]:
        with self.handling.store.read() as conn:
            return criteria_in_force(conn, self.incident)

    @staticmethod
    def _instant(at: datetime) -> str:
        return at.isoformat(timespec="seconds")
