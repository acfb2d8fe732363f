-- Tries to close an incident without its evidence. Each block is one transaction; the names
-- in it are those of `Besieged`: people by their login, and incidents.

--# insert one closed by nothing
INSERT INTO incident (id, process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, state, told_at, ended_at)
  SELECT gen_random_uuid(), process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, 'closed', told_at, now()
  FROM incident WHERE id = %(half)s;

--# insert one closed by a foreign confirmation
INSERT INTO incident (id, process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, state, told_at, ended_at, closed_by,
    confirmation_id, decision_id)
  SELECT gen_random_uuid(), process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, 'closed', told_at, now(), closed_by,
    confirmation_id, decision_id
  FROM incident WHERE id = %(confirmed)s;

--# insert one closed by a foreign decision
INSERT INTO incident (id, process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, state, told_at, ended_at, closed_by,
    confirmation_id, decision_id)
  SELECT gen_random_uuid(), process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, 'closed', told_at, now(), closed_by,
    confirmation_id, decision_id
  FROM incident WHERE id = %(decided)s;

--# state alone
UPDATE incident SET state = 'closed' WHERE id = %(half)s;

--# state and its end
UPDATE incident SET state = 'closed', ended_at = now() WHERE id = %(half)s;

--# closed_by alone
UPDATE incident SET closed_by = 'confirmed' WHERE id = %(half)s;

--# its end alone
UPDATE incident SET ended_at = now() WHERE id = %(half)s;

--# a state that does not exist
UPDATE incident SET state = 'withdrawn', ended_at = now() WHERE id = %(half)s;

--# both kinds of evidence
UPDATE incident SET state = 'closed', ended_at = now(), closed_by = 'confirmed',
    confirmation_id = (SELECT confirmation_id
  FROM incident WHERE id = %(confirmed)s), decision_id = (SELECT decision_id
  FROM incident WHERE id = %(decided)s) WHERE id = %(half)s;

--# a foreign confirmation
SELECT attacks.close_by_confirmation(%(half)s, (SELECT confirmation_id
  FROM incident WHERE id = %(confirmed)s));

--# a foreign decision
SELECT attacks.close_by_decision(%(kept)s, (SELECT decision_id
  FROM incident WHERE id = %(decided)s));

--# one of two confirmers
SELECT attacks.forge_end(%(half)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(half)s, (SELECT id
  FROM confirmation WHERE incident_id = %(half)s AND person_id = %(carla)s));

--# the silent confirmer deleted
DELETE FROM confirmer WHERE incident_id = %(half)s AND person_id = %(olga)s;
SELECT attacks.forge_end(%(half)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(half)s, (SELECT id
  FROM confirmation WHERE incident_id = %(half)s AND person_id = %(carla)s));

--# the silent confirmer withdrawn without a record
UPDATE confirmer SET withdrawn_at = now() WHERE incident_id = %(half)s AND person_id = %(olga)s;
SELECT attacks.forge_end(%(half)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(half)s, (SELECT id
  FROM confirmation WHERE incident_id = %(half)s AND person_id = %(carla)s));

--# the silent confirmer withdrawn at the instant of a record
UPDATE confirmer SET withdrawn_at = (SELECT at FROM entry WHERE incident_id = %(half)s AND
    verb = 'incident:agreed') WHERE incident_id = %(half)s AND person_id = %(olga)s;
SELECT attacks.forge_end(%(half)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(half)s, (SELECT id
  FROM confirmation WHERE incident_id = %(half)s AND person_id = %(carla)s));

--# a yes in the name of who did not answer, on another's entry
INSERT INTO confirmation (id, incident_id, person_id, answer, grade, answered_at, entry_seq)
  SELECT gen_random_uuid(), incident_id, %(olga)s, 'yes', 'signed_in', now(), entry_seq
  FROM confirmation WHERE incident_id = %(half)s;
SELECT attacks.say_yes_to_all(%(half)s);
SELECT attacks.forge_end(%(half)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(half)s, (SELECT id
  FROM confirmation WHERE incident_id = %(half)s AND person_id = %(carla)s));

--# a yes in the name of who did not answer, on no entry
INSERT INTO confirmation (id, incident_id, person_id, answer, grade, answered_at, entry_seq)
  SELECT gen_random_uuid(), id, %(olga)s, 'yes', 'signed_in', now(), head_seq + 7
  FROM incident WHERE id = %(half)s;
SELECT attacks.say_yes_to_all(%(half)s);
SELECT attacks.forge_end(%(half)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(half)s, (SELECT id
  FROM confirmation WHERE incident_id = %(half)s AND person_id = %(carla)s));

--# a yes of somebody who is no confirmer
INSERT INTO confirmation (id, incident_id, person_id, answer, grade, answered_at, entry_seq)
  SELECT gen_random_uuid(), id, %(fay)s, 'yes', 'signed_in', now(), head_seq
  FROM incident WHERE id = %(kept)s;
SELECT attacks.say_yes_to_all(%(kept)s);
SELECT attacks.forge_end(%(kept)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(kept)s, (SELECT id
  FROM confirmation WHERE incident_id = %(kept)s));

--# while work goes on
SELECT attacks.forge_end(%(stale)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(stale)s, (SELECT id
  FROM confirmation WHERE incident_id = %(stale)s AND person_id = %(carla)s));

--# work that goes on made to prevent
UPDATE action SET kind = 'prevents', work_seq = 0 WHERE incident_id = %(stale)s AND state =
    'open';
DELETE FROM confirmer WHERE incident_id = %(stale)s AND person_id = %(olga)s;
SELECT attacks.forge_end(%(stale)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(stale)s, (SELECT id
  FROM confirmation WHERE incident_id = %(stale)s AND person_id = %(carla)s));

--# work that goes on made to prevent, keeping its record
UPDATE action SET kind = 'prevents' WHERE incident_id = %(stale)s AND state = 'open';

--# work that goes on called done, with an older check and answer
UPDATE action SET state = 'done', settled_at = now() WHERE incident_id = %(stale)s AND state =
    'open';
SELECT attacks.forge_end(%(stale)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(stale)s, (SELECT id
  FROM confirmation WHERE incident_id = %(stale)s AND person_id = %(carla)s));

--# work deleted with its run and to-do
DELETE FROM work_item WHERE incident_id = %(stale)s AND ended_at IS NULL;
DELETE FROM visit WHERE run_id IN (SELECT r.id FROM run r JOIN action a ON a.id = r.action_id
    WHERE a.incident_id = %(stale)s AND a.state = 'open');
DELETE FROM run USING action a WHERE a.id = run.action_id AND a.state = 'open' AND
    a.incident_id = %(stale)s;
DELETE FROM action WHERE incident_id = %(stale)s AND state = 'open';

--# work moved to another incident
UPDATE action SET incident_id = %(kept)s, number = 99 WHERE incident_id = %(stale)s AND state
    = 'open';

--# the last work dated before the answers
UPDATE action SET work_seq = 1 WHERE incident_id = %(stale)s;

--# the incident's last work dated before the answers
UPDATE incident SET work_seq = 1 WHERE id = %(stale)s;

--# criteria verified by hand
UPDATE criterion SET verified_seq = 1000 WHERE incident_id = %(stale)s;
UPDATE action SET state = 'done', settled_at = now(), work_seq = work_seq + 1 WHERE
    incident_id = %(stale)s AND state = 'open';
INSERT INTO decision (id, incident_id, person_id, authority, decided, reason, decided_at,
    entry_seq)
  SELECT gen_random_uuid(), id, %(dora)s, 'owner', 'close', 'So it is', now(), head_seq
  FROM incident WHERE id = %(stale)s;
SELECT attacks.forge_end(%(stale)s, 'escalated');
SELECT attacks.close_by_decision(%(stale)s, (SELECT id
  FROM decision WHERE incident_id = %(stale)s));

--# a target that nobody accepted
SELECT attacks.forge_end(%(targeted)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(targeted)s, (SELECT id
  FROM confirmation WHERE incident_id = %(targeted)s));

--# the target that is not done deleted
DELETE FROM target USING action a WHERE a.id = target.action_id AND a.incident_id =
    %(targeted)s AND target.outcome = 'unreachable';
SELECT attacks.forge_end(%(targeted)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(targeted)s, (SELECT id
  FROM confirmation WHERE incident_id = %(targeted)s));

--# the target that is not done called done
UPDATE target SET outcome = 'done' FROM action a WHERE a.id = target.action_id AND
    a.incident_id = %(targeted)s;
SELECT attacks.forge_end(%(targeted)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(targeted)s, (SELECT id
  FROM confirmation WHERE incident_id = %(targeted)s));

--# the target that is not done accepted without a record
UPDATE target SET accepted_by = %(dora)s, accepted_because = 'So it is' FROM action a WHERE
    a.id = target.action_id AND a.incident_id = %(targeted)s AND target.outcome =
    'unreachable';
SELECT attacks.forge_end(%(targeted)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(targeted)s, (SELECT id
  FROM confirmation WHERE incident_id = %(targeted)s));

--# a decision on the entry of another answer
INSERT INTO decision (id, incident_id, person_id, authority, decided, reason, decided_at,
    entry_seq)
  SELECT gen_random_uuid(), incident_id, person_id, authority, 'close', 'So it is', now(),
    entry_seq
  FROM decision WHERE incident_id = %(kept)s;
SELECT attacks.forge_end(%(kept)s, 'escalated');
SELECT attacks.close_by_decision(%(kept)s, (SELECT id
  FROM decision WHERE incident_id = %(kept)s AND decided = 'close'));

--# a decision on no entry
INSERT INTO decision (id, incident_id, person_id, authority, decided, reason, decided_at,
    entry_seq)
  SELECT gen_random_uuid(), id, %(gita)s, 'authority', 'close', 'So it is', now(), head_seq +
    7
  FROM incident WHERE id = %(kept)s;
SELECT attacks.forge_end(%(kept)s, 'escalated');
SELECT attacks.close_by_decision(%(kept)s, (SELECT id
  FROM decision WHERE incident_id = %(kept)s AND decided = 'close'));

--# a decision by somebody else on the decider's entry
INSERT INTO decision (id, incident_id, person_id, authority, decided, reason, decided_at,
    entry_seq)
  SELECT gen_random_uuid(), incident_id, %(fay)s, authority, 'close', 'So it is', now(),
    entry_seq
  FROM decision WHERE incident_id = %(kept)s;
SELECT attacks.forge_end(%(kept)s, 'escalated');
SELECT attacks.close_by_decision(%(kept)s, (SELECT id
  FROM decision WHERE incident_id = %(kept)s AND decided = 'close'));

--# a decision that keeps asking
SELECT attacks.forge_end(%(kept)s, 'escalated');
SELECT attacks.close_by_decision(%(kept)s, (SELECT id
  FROM decision WHERE incident_id = %(kept)s));

--# the decision rewritten
UPDATE decision SET decided = 'close' WHERE incident_id = %(kept)s;

--# the highest priority lowered, so that who verified it may decide
UPDATE incident SET highest_priority = 'P4' WHERE id = %(kept)s;

--# the lead changed without a record, so that who led it may decide
UPDATE incident SET lead_id = %(bruno)s WHERE id = %(kept)s;

--# a delegate named without a record, so that they may decide
UPDATE incident SET delegate_id = %(bruno)s WHERE id = %(kept)s;

--# work done by the decider given to somebody else
UPDATE work_item SET ended_by = %(fay)s WHERE incident_id = %(kept)s AND action_id IS NOT NULL;

--# work done by the decider deleted
DELETE FROM work_item WHERE incident_id = %(kept)s AND action_id IS NOT NULL;

--# a missed criterion that nobody has made good for the owner
SELECT attacks.forge_outcome(%(unmade)s, %(dora)s, %(carla)s);

--# a make-good called agreed with one signature
UPDATE criterion SET is_pending = false, changed_seq = changed_seq + 100
  WHERE incident_id = %(unmade)s AND is_pending;
SELECT attacks.forge_outcome(%(unmade)s, %(dora)s, %(carla)s);

--# a second signature without its record
INSERT INTO criterion_signature (criterion_id, signs_as, incident_id, person_id, signed_at,
    entry_seq)
  SELECT id, 'owner', incident_id, %(dora)s, now(), 2
  FROM criterion WHERE incident_id = %(unmade)s AND is_pending;
UPDATE criterion SET is_pending = false, changed_seq = changed_seq + 1
  WHERE incident_id = %(unmade)s AND is_pending;
SELECT attacks.forge_outcome(%(unmade)s, %(dora)s, %(carla)s);

--# one person's two signatures
INSERT INTO criterion_signature (criterion_id, signs_as, incident_id, person_id, signed_at,
    entry_seq)
  SELECT criterion_id, 'owner', incident_id, person_id, signed_at, entry_seq
  FROM criterion_signature WHERE incident_id = %(unmade)s;

--# a missed criterion called unmissed
UPDATE criterion SET missed_at = NULL, missed_because = NULL, changed_seq = changed_seq + 1
  WHERE incident_id = %(unmade)s AND missed_at IS NOT NULL;

--# a criterion missed without a record
UPDATE criterion SET missed_at = now(), missed_because = 'So' WHERE incident_id = %(half)s;

--# a criterion that has to hold was right at two of three checks
SELECT attacks.forge_outcome(%(held)s, %(dora)s, %(carla)s);

--# a third check on the record of another one
INSERT INTO verification (id, incident_id, person_id, verdict, verified_at, entry_seq)
  SELECT gen_random_uuid(), id, %(dora)s, 'right', now(), work_seq + 1
  FROM incident WHERE id = %(held)s;
SELECT attacks.forge_outcome(%(held)s, %(dora)s, %(carla)s);

--# a criterion that need not hold any more
UPDATE criterion SET must_hold = 1 WHERE incident_id = %(held)s;

--# withdrawn by one of two who are to answer
SELECT attacks.withdraw(%(half)s, %(carla)s, %(carla)s);

--# withdrawn in the name of its reporter
SELECT attacks.withdraw(%(alone)s, %(carla)s, %(fay)s);

--# withdrawn by somebody who did not report it
SELECT attacks.withdraw(%(alone)s, %(fay)s, %(fay)s);

--# withdrawn by a confirmer who did not report it
SELECT attacks.withdraw(%(swapped)s, %(olga)s, %(olga)s);

--# withdrawn while work goes on
SELECT attacks.withdraw(%(planned)s, %(carla)s, %(carla)s);

--# withdrawn where it reaches many
SELECT attacks.withdraw(%(targeted)s, %(carla)s, %(carla)s);

--# withdrawn where many are harmed
SELECT attacks.withdraw(%(many)s, %(carla)s, %(carla)s);

--# withdrawn on no entry
INSERT INTO confirmation (id, incident_id, person_id, answer, grade, is_withdrawal, answered_at,
    entry_seq)
  SELECT md5(id::text)::uuid, id, %(carla)s, 'yes', 'signed_in', true, now(), head_seq
  FROM incident WHERE id = %(alone)s;
SELECT attacks.forge_end(%(alone)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(alone)s, md5(%(alone)s::text)::uuid);

--# withdrawn once the other confirmer is withdrawn without a record
UPDATE confirmer SET withdrawn_at = now() WHERE incident_id = %(half)s AND person_id = %(olga)s;
SELECT attacks.withdraw(%(half)s, %(carla)s, %(carla)s);

--# withdrawn by who led it
SELECT attacks.forge_entry(%(alone)s, %(carla)s, 'incident:lead_taken', '');
SELECT attacks.withdraw(%(alone)s, %(carla)s, %(carla)s);

--# a withdrawal taken for an answer
UPDATE confirmer SET withdrawn_at = NULL WHERE incident_id = %(alone)s;
INSERT INTO confirmation (id, incident_id, person_id, answer, grade, answered_at, entry_seq)
  SELECT md5(id::text)::uuid, id, %(carla)s, 'yes', 'signed_in', now(),
    attacks.forge_entry(id, %(carla)s, 'incident:withdrawn', '')
  FROM incident WHERE id = %(alone)s;
SELECT attacks.forge_end(%(alone)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(alone)s, md5(%(alone)s::text)::uuid);

--# while some of those harmed are covered by nobody
SELECT attacks.forge_end(%(uncovered)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(uncovered)s, (SELECT id
  FROM confirmation WHERE incident_id = %(uncovered)s));

--# those harmed counted away
UPDATE incident SET harmed_count = 1 WHERE id = %(uncovered)s;

--# those harmed not counted any more
UPDATE incident SET harmed_count = NULL WHERE id = %(uncovered)s;

--# those harmed counted away on the way to the end
SELECT attacks.forge_end(%(uncovered)s, 'confirmed');
UPDATE incident SET harmed_count = 1, head_seq = head_seq + 1 WHERE id = %(uncovered)s;
SELECT attacks.close_by_confirmation(%(uncovered)s, (SELECT id
  FROM confirmation WHERE incident_id = %(uncovered)s));

--# those harmed not counted any more on the way to the end
SELECT attacks.forge_end(%(uncovered)s, 'confirmed');
UPDATE incident SET harmed_count = NULL, head_seq = head_seq + 1 WHERE id = %(uncovered)s;
SELECT attacks.close_by_confirmation(%(uncovered)s, (SELECT id
  FROM confirmation WHERE incident_id = %(uncovered)s));

--# all of them answered for without a record
UPDATE confirmer SET stands_for_count = 8 WHERE incident_id = %(uncovered)s;

--# all of them answered for on the record of something else
SELECT attacks.forge_entry(%(uncovered)s, %(hugo)s, 'confirmer:stands_for', '');
UPDATE confirmer SET stands_for_count = 8 WHERE incident_id = %(uncovered)s;
UPDATE incident SET head_seq = head_seq + 1 WHERE id = %(uncovered)s;

--# one more confirmer who answers for all of them
INSERT INTO confirmer (incident_id, person_id, named_at, stands_for_count)
  VALUES (%(uncovered)s, %(olga)s, now(), 8);

--# left out, and accepted on no entry
INSERT INTO uncovered_accepted (id, incident_id, number, reason, person_id, accepted_at, entry_seq)
  SELECT gen_random_uuid(), id, 8, 'So', %(dora)s, now(), 1
  FROM incident WHERE id = %(uncovered)s;
SELECT attacks.forge_end(%(uncovered)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(uncovered)s, (SELECT id
  FROM confirmation WHERE incident_id = %(uncovered)s));

--# left out, and accepted in the name of somebody else
INSERT INTO uncovered_accepted (id, incident_id, number, reason, person_id, accepted_at, entry_seq)
  SELECT gen_random_uuid(), id, 8, 'So', %(dora)s, now(),
    attacks.forge_entry(id, %(fay)s, 'coverage:accepted', 'So')
  FROM incident WHERE id = %(uncovered)s;
SELECT attacks.forge_end(%(uncovered)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(uncovered)s, (SELECT id
  FROM confirmation WHERE incident_id = %(uncovered)s));

--# covered by targets of what only prevents
INSERT INTO action (id, incident_id, number, kind, state, title, detail, party, due_at,
    proposed_at, settled_at, targets_answer)
  VALUES (md5('prevents')::uuid, %(uncovered)s, 99, 'prevents', 'done', 'More', '', 'it', now(),
    now(), now(), true);
INSERT INTO target (id, action_id, position, label, outcome, answered_at, answered_by)
  SELECT gen_random_uuid(), md5('prevents')::uuid, n, 'No. ' || n, 'done', now(), %(ada)s
  FROM generate_series(1, 8) n;
SELECT attacks.forge_end(%(uncovered)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(uncovered)s, (SELECT id
  FROM confirmation WHERE incident_id = %(uncovered)s));

--# withdrawn once many are one
UPDATE incident SET size = 1, head_seq = head_seq + 1 WHERE id = %(many)s;
SELECT attacks.withdraw(%(many)s, %(carla)s, %(carla)s);
