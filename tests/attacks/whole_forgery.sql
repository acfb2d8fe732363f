-- Every row that the guard asks for, entries and all: only the key of the audit chain is missing.

--# a whole forgery
INSERT INTO entry (incident_id, seq, at, person_id, actor, verb, content, salt, digest, key_id,
    previous, hash)
  SELECT id, head_seq + 1, now(), %(carla)s, 'Carla Costa', 'confirmation:given',
    '{"answer": "yes"}', '', '', 'test', head_hash, 'one'
  FROM incident WHERE id = %(incident)s;
INSERT INTO confirmation (id, incident_id, person_id, answer, grade, answered_at, entry_seq)
  SELECT gen_random_uuid(), id, %(carla)s, 'yes', 'signed_in', now(), head_seq + 1
  FROM incident WHERE id = %(incident)s;
SELECT attacks.say_yes_to_all(%(incident)s);
SELECT attacks.forge_end(%(incident)s, 'confirmed');
SELECT attacks.close_by_confirmation(%(incident)s,
  (SELECT id FROM confirmation WHERE incident_id = %(incident)s));
