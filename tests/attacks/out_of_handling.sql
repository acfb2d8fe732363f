-- Tries to take an incident out of the handling without what that needs, or to change one that is
-- out.  `planned` is open and nobody has begun, `begun` has a to-do that Ada holds, `later` is open
-- and was told after `half`; `aside` is set aside, `joined` is merged into `earlier`, `returned` was
-- set aside and is back.

--# the state alone
UPDATE incident SET state = 'set_aside', ended_at = now() WHERE id = %(planned)s;

--# merged as the state alone
UPDATE incident SET state = 'merged', ended_at = now() WHERE id = %(later)s;

--# a way out that is not taken
INSERT INTO way_out (id, incident_id, kind, person_id, reason, left_at, entry_seq)
  SELECT gen_random_uuid(), id, 'set_aside', %(hugo)s, 'Spam', now(), head_seq
  FROM incident WHERE id = %(planned)s;

--# insert one that is set aside
INSERT INTO incident (id, process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, state, told_at, ended_at, way_out_id)
  SELECT gen_random_uuid(), process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, state, told_at, ended_at, way_out_id
  FROM incident WHERE id = %(aside)s;

--# by the way out of another
UPDATE incident SET state = 'set_aside', ended_at = (SELECT ended_at FROM incident
    WHERE id = %(aside)s), way_out_id = (SELECT way_out_id FROM incident WHERE id = %(aside)s)
  WHERE id = %(planned)s;

--# by a way out that was undone
UPDATE incident SET state = 'set_aside', way_out_id = w.id, ended_at = w.left_at
  FROM way_out w WHERE w.incident_id = incident.id AND incident.id = %(returned)s;

--# without a reason
INSERT INTO way_out (id, incident_id, kind, person_id, reason, left_at, entry_seq)
  SELECT gen_random_uuid(), id, 'set_aside', %(hugo)s, '  ', now(), head_seq
  FROM incident WHERE id = %(planned)s;

--# by nobody
INSERT INTO way_out (id, incident_id, kind, reason, left_at, entry_seq)
  SELECT gen_random_uuid(), id, 'set_aside', 'Spam', now(), head_seq
  FROM incident WHERE id = %(planned)s;

--# without an entry
INSERT INTO way_out (id, incident_id, kind, person_id, reason, left_at, entry_seq)
  SELECT md5(id::text)::uuid, id, 'set_aside', %(hugo)s, 'Spam', now(), head_seq
  FROM incident WHERE id = %(planned)s;
UPDATE incident SET state = 'set_aside', ended_at = now(), way_out_id = md5(id::text)::uuid
  WHERE id = %(planned)s;

--# on the entry of somebody else
SELECT attacks.forge_entry(%(planned)s, %(fay)s, 'incident:set_aside', 'Spam');
INSERT INTO way_out (id, incident_id, kind, person_id, reason, left_at, entry_seq)
  SELECT md5(id::text)::uuid, id, 'set_aside', %(hugo)s, 'Spam', now(), head_seq + 1
  FROM incident WHERE id = %(planned)s;
UPDATE incident SET state = 'set_aside', ended_at = now(), way_out_id = md5(id::text)::uuid,
    head_seq = head_seq + 1 WHERE id = %(planned)s;

--# for another reason than its entry has
SELECT attacks.forge_entry(%(planned)s, %(hugo)s, 'incident:set_aside', 'Spam');
INSERT INTO way_out (id, incident_id, kind, person_id, reason, left_at, entry_seq)
  SELECT md5(id::text)::uuid, id, 'set_aside', %(hugo)s, 'A mistake', now(), head_seq + 1
  FROM incident WHERE id = %(planned)s;
UPDATE incident SET state = 'set_aside', ended_at = now(), way_out_id = md5(id::text)::uuid,
    head_seq = head_seq + 1 WHERE id = %(planned)s;

--# at another instant than its entry has
SELECT attacks.leave(%(planned)s, 'set_aside', %(hugo)s, NULL);
UPDATE incident SET ended_at = told_at WHERE id = %(planned)s;

--# while somebody acts
SELECT attacks.leave(%(begun)s, 'set_aside', %(hugo)s, NULL);

--# while somebody acts, whose to-do is withdrawn
UPDATE work_item SET ended_at = now(), how = 'cancelled' WHERE incident_id = %(begun)s
    AND ended_at IS NULL;
SELECT attacks.leave(%(begun)s, 'set_aside', %(hugo)s, NULL);

--# after work was done
SELECT attacks.leave(%(half)s, 'set_aside', %(hugo)s, NULL);

--# a closed one set aside
SELECT attacks.leave(%(confirmed)s, 'set_aside', %(hugo)s, NULL);

--# a closed one merged
SELECT attacks.leave(%(decided)s, 'merged', %(hugo)s, %(half)s);

--# merged into itself
SELECT attacks.leave(%(later)s, 'merged', %(hugo)s, %(later)s);

--# merged into nothing
SELECT attacks.leave(%(later)s, 'merged', %(hugo)s, NULL);

--# merged into a later one
SELECT attacks.leave(%(half)s, 'merged', %(hugo)s, %(later)s);

--# merged into a later one, by telling it later
UPDATE incident SET told_at = now() WHERE id = %(half)s;

--# merged into a closed one
SELECT attacks.leave(%(planned)s, 'merged', %(hugo)s, %(confirmed)s);

--# merged into one that is set aside
SELECT attacks.leave(%(returned)s, 'merged', %(hugo)s, %(aside)s);

--# merged without its confirmer
INSERT INTO criterion (id, incident_id, position, measure, threshold, evidence, changed_seq)
  SELECT gen_random_uuid(), %(planned)s, 7, measure, threshold, evidence, 1
  FROM criterion WHERE incident_id = %(later)s;
SELECT attacks.leave(%(later)s, 'merged', %(hugo)s, %(planned)s);

--# merged without its criterion
INSERT INTO confirmer (incident_id, person_id, named_at)
  SELECT %(planned)s, person_id, now() FROM confirmer WHERE incident_id = %(later)s;
SELECT attacks.leave(%(later)s, 'merged', %(hugo)s, %(planned)s);

--# merged while work on it goes on
SELECT attacks.leave(%(begun)s, 'merged', %(hugo)s, %(planned)s);

--# back by the state alone
UPDATE incident SET state = 'open', ended_at = NULL, way_out_id = NULL WHERE id = %(aside)s;

--# back without an entry
INSERT INTO way_back (way_out_id, person_id, returned_at, entry_seq)
  SELECT way_out_id, %(carla)s, now(), head_seq FROM incident WHERE id = %(aside)s;
UPDATE incident SET state = 'open', ended_at = NULL, way_out_id = NULL WHERE id = %(aside)s;

--# back by the entry of another deed
SELECT attacks.come_back(%(aside)s, %(carla)s, 'incident:noted');
UPDATE incident SET state = 'open', ended_at = NULL, way_out_id = NULL,
    head_seq = head_seq + 1 WHERE id = %(aside)s;

--# back on paper only
SELECT attacks.come_back(%(aside)s, %(carla)s, 'incident:brought_back');

--# back with another title
SELECT attacks.come_back(%(aside)s, %(carla)s, 'incident:brought_back');
UPDATE incident SET state = 'open', ended_at = NULL, way_out_id = NULL, title = 'Else',
    head_seq = head_seq + 1 WHERE id = %(aside)s;

--# from set aside to closed
SELECT attacks.forge_end(%(aside)s, 'confirmed');
UPDATE incident SET state = 'closed', closed_by = 'confirmed', way_out_id = NULL,
    confirmation_id = (SELECT confirmation_id FROM incident WHERE id = %(confirmed)s)
  WHERE id = %(aside)s;

--# from set aside to merged
UPDATE incident SET state = 'merged' WHERE id = %(aside)s;

--# its end moved
UPDATE incident SET ended_at = now() WHERE id = %(joined)s;

--# its title changed
UPDATE incident SET title = 'Never mind' WHERE id = %(joined)s;

--# its reporter changed
UPDATE incident SET reporter_id = %(fay)s WHERE id = %(aside)s;

--# deleted
DELETE FROM incident WHERE id = %(aside)s;

--# its way out deleted
DELETE FROM way_out WHERE incident_id = %(aside)s;

--# its way out given to somebody else
UPDATE way_out SET person_id = %(fay)s WHERE incident_id = %(aside)s;

--# its way out led elsewhere
UPDATE way_out SET into_id = %(half)s WHERE incident_id = %(joined)s;

--# a way back taken away
DELETE FROM way_back;

--# a criterion added
INSERT INTO criterion (id, incident_id, position, measure, threshold, evidence)
  VALUES (gen_random_uuid(), %(joined)s, 9, 'Else', 'Any', '');

--# a criterion withdrawn
UPDATE criterion SET withdrawn_at = now(), changed_seq = changed_seq + 1
  WHERE incident_id = %(aside)s;

--# a confirmer withdrawn
UPDATE confirmer SET withdrawn_at = now() WHERE incident_id = %(joined)s;

--# work added
INSERT INTO action (id, incident_id, number, kind, state, title, detail, party, due_at, proposed_at)
  VALUES (gen_random_uuid(), %(joined)s, 99, 'puts_right', 'open', 'More', '', 'it', now(), now());

--# work done on what is set aside
UPDATE action SET state = 'done', settled_at = now(), work_seq = work_seq + 1
  WHERE incident_id = %(aside)s;

--# a to-do of it done
INSERT INTO work_item (id, incident_id, run_id, action_id, task_id, step, title, lane, party,
    opened_at, ended_at, how, ended_by)
  SELECT gen_random_uuid(), incident_id, run_id, action_id, gen_random_uuid(), step, title,
    lane, party, opened_at, ended_at, 'completed', %(ada)s
  FROM work_item WHERE incident_id = %(aside)s AND action_id IS NOT NULL;

--# a to-do of it taken
INSERT INTO work_item (id, incident_id, run_id, action_id, task_id, step, title, lane, party,
    opened_at, claimed_by)
  SELECT gen_random_uuid(), incident_id, run_id, action_id, gen_random_uuid(), step, title,
    lane, party, opened_at, %(ada)s
  FROM work_item WHERE incident_id = %(aside)s AND action_id IS NOT NULL;

--# what is back is back once
INSERT INTO incident (id, process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, state, told_at, origin, origin_id)
  SELECT gen_random_uuid(), process_id, title, expected, actual, harmed, impact, urgency,
    priority, highest_priority, reporter_id, lead_id, 'open', told_at, 'recurs', %(decided)s
  FROM incident, generate_series(1, 2) WHERE id = %(half)s;
