"""Who may do what: every address with every role, and nothing that an auditor changes.

The walk knows every address by the application's own map: one that is added fails here until it is
told who is let in.  Let in is whoever is not told to sign in, that it is not for them, or that it
is not there; whether the deed can be done just then is another question.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule

from tests.outsiders import furnish_open, values_with
from tests.walk import Caller, paths_of, rules, sent_to
from tests.world import World

# Each with a letter: our staff, an auditor, an operator, a process owner, a customer who reported
# the incident and answers in the end, somebody without rights, nobody.  But for the customer none
# of them has a part in it: what having one grants is told by the tests of each deed.
ROLES = {"S": "nils", "A": "egon", "O": "fay", "P": "piet", "C": "carla", "Z": "zoe", "N": None}
# who is let in -> the addresses; those for nobody here need a part in the incident
WHO: dict[str, dict[str, str]] = {
    "SAOPCZN": {
        "GET": "api-docs.openapi_json following.page operations.health signing.sign_in",
        "POST": "language.choose signing.sign_in_with",
    },
    "SAOPCZ": {
        "GET": """
            answers.page api_audit.diagram api_changes.asked api_disputes.list_to_decide
            api_incidents.list_incidents api_items.list_items api_me.list_choices
            api_me.list_tokens api_me.show api_releases.waits api_silence.list_told
            api_silence.show inbox.count inbox.page incidents.listed reporting.alike
            reporting.page todos.home you.page your_tokens.page
            """,
        "POST": """
            api_incidents.add_evidence api_incidents.report api_lists.make api_me.make
            api_silence.away inbox.by_mail inbox.read lists.make many.do reporting.send
            todos.drop todos.save you.away you.deputy you.password you.time_zone
            your_tokens.make
            """,
        "PUT": "api_silence.deputy",
    },
    "SAOPZ": {
        "GET": "quick.page",
        "POST": "quick.send",
    },
    "SAC": {
        "GET": """
            actions.page actions.propose api_actions.history api_actions.targets
            api_changes.form api_incidents.history api_incidents.ledger
            api_incidents.list_evidence api_incidents.records api_incidents.said
            api_incidents.show api_silence.missing deeds.page history.drawing
            history.moments_of history.page history.state incident.page incident.time
            named_people.page record.page silence.delegate silence.page
            """,
        "POST": "files.add",
    },
    "AO": {
        "GET": """
            api_erasing.held api_erasing.listed api_erasing.old api_erasing.one
            api_setting_up.list_changes erasing.held erasing.listed erasing.old erasing.one
            erasing.person setting_up.trail
            """,
    },
    "AOP": {
        "GET": """
            figures.held figures.incidents figures.page figures.table figures.waits_now
            figures.whose_time
            """,
    },
    "AP": {
        "GET": """
            api_audit.sample api_drafts.list_drafts api_drafts.read api_drafts.show
            api_lists.debt api_moves.list_moves api_proofs.proof
            api_releases.differences comparing.draft comparing.of_draft
            comparing.release_file comparing.releases diagram_editor.page
            form_editor.begin form_editor.page hurting.page incidents.sample
            lists.missing moving.listed scenario_editor.page studio.all_releases
            studio.content studio.draft studio.draft_content studio.file studio.library
            table_editor.begin table_editor.page trying.begin
            """,
        "POST": "api_drafts.check api_drafts.prove form_editor.preview studio.bring trying.move",
    },
    "SA": {
        "GET": """
            api_incidents.get_evidence api_items.form api_items.show
            api_signals.list_signals files.get phoning.page signals.listed signals.page
            todo.page
            """,
        "POST": "api_items.release todo.give_back",
    },
    "SC": {
        "POST": "incident.watch_it",
        "PUT": "api_incidents.watch_it",
    },
    "A": {
        "GET": """
            access.page api_access.listed api_audit.closures api_audit.one_incident
            api_closures.controls api_closures.duties api_closures.missing_numbers
            api_closures.replayed api_finding.count api_finding.find
            api_made_files.listed closures.listed closures.sample
            controls.one controls.page desk.page duties.page finding.count
            finding.download finding.page gaps.page made_files.files mining.page
            one_incident.page packs.page purposes.page replayed.page rights.page
            unchanged.page
            """,
        "POST": """
            api_made_files.ask closures.check finding.drop finding.keep made_files.make
            made_files.take_away mining.ask packs.make purposes.state
            """,
        "DELETE": "api_made_files.drop",
    },
    "C": {
        "POST": """
            actions.propose_it api_disputes.raise_it api_incidents.propose
            api_incidents.say api_ways_out.separate api_ways_out.take_up_again
            incident.write
            """,
    },
    "O": {
        "GET": """
            api_setting_up.form api_setting_up.list_records inbox.letters
            operations.metrics setting_up.export setting_up.file setting_up.listed
            setting_up.new setting_up.overview setting_up.rules
            """,
        "POST": """
            api_erasing.agree api_erasing.ask api_erasing.decline api_erasing.go_on
            api_erasing.hold api_erasing.let_go api_setting_up.enter
            api_setting_up.take_file erasing.agree erasing.ask_old erasing.ask_person
            erasing.decline erasing.go_on erasing.hold erasing.let_go setting_up.change
            setting_up.enter setting_up.invitation setting_up.take_file
            """,
        "PUT": "api_setting_up.change",
    },
    "P": {
        "GET": "moving.new",
        "POST": """
            api_drafts.begin api_proofs.prove form_editor.begin form_editor.save
            scenario_editor.save studio.begin studio.decline studio.discard
            studio.publish studio.remove studio.rename studio.undo studio.update
            table_editor.begin trying.keep
            """,
        "PUT": "api_drafts.save",
    },
    "S": {
        "POST": """
            api_signals.alert api_signals.alertmanager api_signals.name
            api_ways_out.me_too signals.join signals.name
            """,
    },
    "": {
        "GET": """
            api_closures.closure api_lists.show api_made_files.content
            api_made_files.show api_moves.runs api_moves.show api_restrictions.show
            api_setting_up.show beginning.first beginning.password changes.page
            closures.ended
            closures.one disputes.page figures.drawing leaving_mail.page links.get_file
            links.page lists.page made_files.content made_files.one moving.one
            setting_up.one telling.page unchanged.head
            """,
        "POST": """
            actions.accept actions.accept_not_done actions.accept_that_it_comes_back
            actions.refuse api_actions.accept api_actions.accept_not_done
            api_actions.accept_that_it_comes_back api_actions.refuse api_changes.do
            api_disputes.decide api_disputes.withdraw api_incidents.at_once
            api_incidents.lead api_incidents.told api_items.claim api_items.finish
            api_items.hand_over api_items.later api_items.not_said
            api_items.somebody_else api_items.tick api_items.write_down api_lists.close
            api_moves.begin api_moves.dry_run api_moves.go_on_with
            api_restrictions.agree api_restrictions.ask_for_everybody
            api_restrictions.decline api_restrictions.limit api_restrictions.name
            api_restrictions.take_somebody_off api_signals.join api_silence.log
            api_ways_out.answered_late api_ways_out.is_back api_ways_out.join
            api_ways_out.make_two api_ways_out.not_right_for_me api_ways_out.put_aside
            api_ways_out.take_back beginning.begin beginning.choose changes.do deeds.do
            disputes.decide disputes.raise_it disputes.withdraw inbox.again
            incident.lead incident.not_right leaving_mail.leave links.add_file
            links.answer links.draft links.later links.new links.not_said
            links.somebody_else links.speak lists.close moving.begin moving.on
            named_people.agree named_people.ask_for_everybody named_people.decline
            named_people.limit named_people.name named_people.take_somebody_off
            phoning.write_down purposes.end signing.sign_out silence.log silence.name
            studio.agree telling.send todo.answer todo.draft todo.hand_over todo.later
            todo.not_said todo.reached todo.somebody_else todo.take you.back
            you.sign_out_everywhere your_tokens.end
            """,
        "PUT": "api_items.draft api_silence.delegate api_ways_out.belong",
        "DELETE": "api_me.revoke api_silence.back",
    },
}

# it ends the session that walks
_LEFT_OUT = {"you.sign_out_everywhere"}
# What auditors change is their own: what they chose, that they were there, why
# they look, and what they have looked through or made for them.
_THEIR_OWN = {
    "absence", "access_chain", "access_entry", "api_token", "closure_check", "person", "purpose",
    "register", "register_entry", "result_file", "saved_query", "saved_view", "sign_in_attempt",
    "unmailed",
}  # fmt: skip
# that something for named people only was read is an entry of its record
_READINGS = {"entry", "incident"}
_MORE = """
    INSERT INTO person (id, name, login, email, roles) VALUES
      (gen_random_uuid(), 'Zoe Zorn', 'zoe', 'zoe@example.org', '{}'),
      (gen_random_uuid(), 'Piet Prins', 'piet', 'piet@example.org', '{process_owner}')
    RETURNING login, id
"""


def told() -> dict[str, str]:
    """Return each method and address with the letters of who is let in."""
    return {
        f"{method} {endpoint}": letters
        for letters, methods in WHO.items()
        for method, endpoints in methods.items()
        for endpoint in endpoints.split()
    }


@pytest.fixture
def furnished(world: World) -> Mapping[str, list[Any]]:
    hidden, incident = furnish_open(world)
    with world.handling.store.begin() as work:
        for row in work.conn.execute(text(_MORE)):
            world.people[row.login] = UUID(str(row.id))
    return values_with(world, hidden, incident)


def walked(web: Flask) -> Iterator[tuple[str, Rule, str]]:
    for rule, method in rules(web):
        if rule.endpoint not in _LEFT_OUT:
            yield f"{method} {rule.endpoint}", rule, method


def is_let_in(answer: Any) -> bool:
    if answer.status_code in (401, 403, 404, 410):
        return False
    return "/sign-in" not in answer.headers.get("Location", "")


def test_it_is_told_of_every_address_once_who_is_let_in(web: Flask) -> None:
    listed = [key for methods in WHO.values() for key in " ".join(methods.values()).split()]
    known = {f"{method} {rule.endpoint}" for rule, method in rules(web)}

    assert set(told()) == known, "say in WHO who is let in"
    assert len(listed) == len(known)


@pytest.mark.parametrize("letter", ROLES)
def test_each_role_is_let_in_where_it_is_told_and_nowhere_else(
    world: World, web: Flask, furnished: Mapping[str, list[Any]], letter: str
) -> None:
    caller, let_in = Caller(world, web, ROLES[letter]), set()
    for key, rule, method in walked(web):
        path = paths_of(web, rule, method, furnished)[0]
        answer, _ = caller.call(method, path, sent_to(rule.endpoint, path, furnished))
        assert answer.status_code < 500, (method, path)
        if is_let_in(answer):
            let_in.add(key)

    assert let_in == {key for key, letters in told().items() if letter in letters}


def test_an_auditor_changes_nothing_but_what_is_their_own(
    world: World, web: Flask, furnished: Mapping[str, list[Any]]
) -> None:
    egon, before = Caller(world, web, "egon"), tables(world)
    for _, rule, method in walked(web):
        # who holds a link is who it was sent to, whoever signed in beside
        if method == "GET" or rule.endpoint.startswith("links."):
            continue
        for path in paths_of(web, rule, method, furnished)[:3]:
            egon.call(method, path, sent_to(rule.endpoint, path, furnished))
    after = tables(world)

    assert {name for name in after if after[name] != before[name]} <= _THEIR_OWN | _READINGS
    with world.handling.store.read() as conn:
        asked = text("SELECT DISTINCT verb FROM entry WHERE person_id = :egon")
        assert conn.execute(asked, {"egon": world.people["egon"]}).scalars().all() in (
            [],
            ["incident:read"],
        )


def tables(world: World) -> dict[str, str | None]:
    """Return what stands for the content of each table."""
    with world.handling.store.read() as conn:
        names = conn.execute(
            text(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname NOT LIKE 'procr%'"
                " AND relnamespace = 'public'::regnamespace"
            )
        ).scalars()
        each = " UNION ALL ".join(
            f"SELECT '{name}' AS name, md5(string_agg(t::text, '|' ORDER BY t::text)) AS content"  # noqa: S608
            f" FROM {name} t"
            for name in names
        )
        return {row.name: row.content for row in conn.execute(text(each))}
