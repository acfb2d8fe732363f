-- Tries to take from a closed incident what it was closed by, or to change what was so.

--# reopen it
UPDATE incident SET state = 'open', closed_by = NULL, ended_at = NULL, confirmation_id = NULL,
    decision_id = NULL WHERE id = %(confirmed)s;

--# delete it
DELETE FROM incident WHERE id = %(confirmed)s;

--# change its facts
UPDATE incident SET title = 'Never mind' WHERE id = %(confirmed)s;

--# change its end
UPDATE incident SET ended_at = told_at WHERE id = %(decided)s;

--# change its lead
UPDATE incident SET lead_id = %(fay)s WHERE id = %(decided)s;

--# cut its record short
UPDATE incident SET head_seq = 1 WHERE id = %(confirmed)s;

--# swap its evidence
UPDATE incident SET confirmation_id = (SELECT id
  FROM confirmation WHERE incident_id = %(half)s) WHERE id = %(confirmed)s;

--# delete the confirmation
DELETE FROM confirmation WHERE incident_id = %(confirmed)s;

--# change the confirmation
UPDATE confirmation SET answer = 'no' WHERE incident_id = %(confirmed)s;

--# delete its lines
DELETE FROM confirmation_line WHERE confirmation_id = (SELECT confirmation_id
  FROM incident WHERE id = %(confirmed)s);

--# change its lines
UPDATE confirmation_line SET answer = 'no' WHERE confirmation_id = (SELECT confirmation_id
  FROM incident WHERE id = %(confirmed)s);

--# delete the decision
DELETE FROM decision WHERE incident_id = %(decided)s;

--# change the decision
UPDATE decision SET reason = 'x' WHERE incident_id = %(decided)s;

--# delete the criteria
DELETE FROM criterion WHERE incident_id = %(decided)s;

--# withdraw the criteria
UPDATE criterion SET withdrawn_at = now() WHERE incident_id = %(confirmed)s;

--# word the criteria anew
UPDATE criterion SET threshold = '9 differences' WHERE incident_id = %(confirmed)s;

--# add a criterion
INSERT INTO criterion (id, incident_id, position, measure, threshold, evidence, verified_by,
    verified_at, verified_seq, changed_seq)
  SELECT gen_random_uuid(), incident_id, 9, 'Else', 'Any', '', verified_by, verified_at,
    verified_seq, changed_seq
  FROM criterion WHERE incident_id = %(decided)s;

--# unverify the criteria
UPDATE criterion SET verified_by = NULL, verified_seq = 0 WHERE incident_id = %(decided)s;

--# delete the verification
DELETE FROM verification WHERE incident_id = %(decided)s;

--# change the verification
UPDATE verification SET verdict = 'not_right' WHERE incident_id = %(decided)s;

--# open an action again
UPDATE action SET state = 'open', settled_at = NULL WHERE incident_id = %(confirmed)s;

--# make an action newer
UPDATE action SET work_seq = 1000 WHERE incident_id = %(confirmed)s;

--# add work that puts right
INSERT INTO action (id, incident_id, number, kind, state, title, detail, party, due_at,
    proposed_at)
  VALUES (gen_random_uuid(), %(confirmed)s, 99, 'puts_right', 'open', 'More', '', 'it', now(),
    now());

--# add work that is done
INSERT INTO action (id, incident_id, number, kind, state, title, detail, party, due_at,
    proposed_at, settled_at, work_seq)
  VALUES (gen_random_uuid(), %(confirmed)s, 99, 'puts_right', 'done', 'More', '', 'it', now(),
    now(), now(), 1000);

--# move work in from another incident
UPDATE action SET incident_id = %(confirmed)s, number = 99 WHERE incident_id = %(stale)s AND
    state = 'open';

--# delete its action
DELETE FROM action WHERE incident_id = %(confirmed)s;

--# add a target that is not done
INSERT INTO target (id, action_id, position, label)
  SELECT gen_random_uuid(), id, 99, 'Else' FROM action WHERE incident_id = %(confirmed)s;

--# delete the confirmers
DELETE FROM confirmer WHERE incident_id = %(confirmed)s;

--# withdraw the confirmers
UPDATE confirmer SET withdrawn_at = now() WHERE incident_id = %(confirmed)s;

--# add a confirmer
INSERT INTO confirmer (incident_id, person_id, named_at) VALUES (%(decided)s, %(olga)s, now());

--# make the confirmer one who worked on it
UPDATE work_item SET ended_by = %(carla)s WHERE incident_id = %(confirmed)s AND action_id IS
    NOT NULL;

--# add work done by the decider
INSERT INTO work_item (id, incident_id, run_id, action_id, task_id, step, title, lane, party,
    opened_at, ended_at, how, ended_by)
  SELECT gen_random_uuid(), incident_id, run_id, action_id, gen_random_uuid(), step, title,
    lane, party, opened_at, ended_at, how, %(dora)s
  FROM work_item WHERE incident_id = %(decided)s AND action_id IS NOT NULL;

--# delete its to-dos
DELETE FROM work_item WHERE incident_id = %(decided)s;

--# delete an entry
DELETE FROM entry WHERE incident_id = %(confirmed)s AND seq = 1;

--# change an entry
UPDATE entry SET actor = 'Nobody' WHERE incident_id = %(confirmed)s AND seq = 1;

--# with the constraints immediate
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE action SET state = 'open', settled_at = NULL WHERE incident_id = %(confirmed)s;

--# with the constraints deferred
SET CONSTRAINTS ALL DEFERRED;
UPDATE criterion SET verified_seq = 0 WHERE incident_id = %(confirmed)s;

--# as a replica
SET session_replication_role = replica;
DELETE FROM confirmation WHERE incident_id = %(confirmed)s;

--# with all triggers disabled
ALTER TABLE incident DISABLE TRIGGER ALL;

--# withdraw what made a missed criterion good
UPDATE criterion SET withdrawn_at = now(), changed_seq = changed_seq + 1
  WHERE incident_id = %(missed)s AND instead_of IS NOT NULL;

--# add a criterion that was missed
INSERT INTO criterion (id, incident_id, position, measure, threshold, evidence, missed_at,
    missed_because)
  VALUES (gen_random_uuid(), %(confirmed)s, 9, 'In time', 'All', 'List', now(), 'Too late');

--# call its criterion missed
UPDATE criterion SET missed_at = now(), missed_because = 'Too late', changed_seq = changed_seq + 1
  WHERE incident_id = %(confirmed)s;

--# take a signature back
DELETE FROM criterion_signature WHERE incident_id = %(missed)s;
