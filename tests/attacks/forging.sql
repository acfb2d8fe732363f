-- What several attacks begin or end with: the rows of a closure, as a forger without the key of
-- the audit chain would write them.
CREATE SCHEMA attacks;
GRANT USAGE ON SCHEMA attacks TO putright_app;

CREATE FUNCTION attacks.forge_end(the_incident uuid, how text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO entry (incident_id, seq, at, actor, verb, content, salt, digest, key_id, previous,
                     hash)
    SELECT id, (SELECT max(seq) + 1 FROM entry WHERE incident_id = the_incident), now(), 'Putright',
           'incident:closed', jsonb_build_object('closed_by', how), '', '', 'test', head_hash, 'x'
    FROM incident WHERE id = the_incident
$$;

CREATE FUNCTION attacks.say_yes_to_all(the_incident uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO confirmation_line (confirmation_id, criterion_id, answer)
    SELECT c.id, k.id, 'yes' FROM confirmation c JOIN criterion k USING (incident_id)
    WHERE c.incident_id = the_incident AND k.withdrawn_at IS NULL
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION attacks.close_by_confirmation(the_incident uuid, evidence uuid) RETURNS void
LANGUAGE sql AS $$
  UPDATE incident SET state = 'closed', ended_at = now(), closed_by = 'confirmed',
    confirmation_id = evidence,
    head_seq = (SELECT max(seq) FROM entry WHERE incident_id = the_incident)
  WHERE id = the_incident
$$;

CREATE FUNCTION attacks.close_by_decision(the_incident uuid, evidence uuid) RETURNS void
LANGUAGE sql AS $$
  UPDATE incident SET state = 'closed', ended_at = now(), closed_by = 'escalated',
    decision_id = evidence,
    head_seq = (SELECT max(seq) FROM entry WHERE incident_id = the_incident)
  WHERE id = the_incident
$$;

CREATE FUNCTION attacks.forge_entry(the_incident uuid, who uuid, what text, why text) RETURNS integer
LANGUAGE sql AS $$
  INSERT INTO entry (incident_id, seq, at, person_id, actor, verb, content, salt, digest, key_id,
                     previous, hash)
    SELECT id, (SELECT max(seq) + 1 FROM entry WHERE incident_id = the_incident), now(), who, 'X',
           what, jsonb_build_object('reason', why), '', '', 'test', head_hash, 'x'
    FROM incident WHERE id = the_incident RETURNING seq
$$;

-- the whole of a withdrawal
CREATE FUNCTION attacks.withdraw(the_incident uuid, who uuid, signer uuid) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO confirmation (id, incident_id, person_id, answer, grade, is_withdrawal, answered_at,
                            entry_seq)
    VALUES (md5(the_incident::text)::uuid, the_incident, who, 'yes', 'signed_in', true, now(),
            attacks.forge_entry(the_incident, signer, 'incident:withdrawn', ''));
  SELECT attacks.forge_end(the_incident, 'confirmed');
  SELECT attacks.close_by_confirmation(the_incident, md5(the_incident::text)::uuid)
$$;

-- the whole of a way out, by the book as far as rows can tell
CREATE FUNCTION attacks.leave(the_incident uuid, its_kind text, who uuid, into_it uuid) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO way_out (id, incident_id, kind, person_id, reason, into_id, left_at, entry_seq)
    VALUES (md5(the_incident::text)::uuid, the_incident, its_kind, who, 'So it is', into_it, now(),
            attacks.forge_entry(the_incident, who, 'incident:' || its_kind, 'So it is'));
  UPDATE incident SET state = its_kind, ended_at = now(),
    way_out_id = md5(the_incident::text)::uuid,
    head_seq = (SELECT max(seq) FROM entry WHERE incident_id = the_incident)
  WHERE id = the_incident
$$;

-- what a way back needs beside the incident's own row
CREATE FUNCTION attacks.come_back(the_incident uuid, who uuid, what text) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO way_back (way_out_id, person_id, returned_at, entry_seq)
    SELECT way_out_id, who, now(), attacks.forge_entry(the_incident, who, what, '')
    FROM incident WHERE id = the_incident
$$;

-- A check that found everything right and a customer who says so, each with an entry.
CREATE FUNCTION attacks.forge_outcome(the_incident uuid, verifier uuid, customer uuid)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last integer := (SELECT max(seq) FROM entry WHERE incident_id = the_incident);
  said uuid := gen_random_uuid();
BEGIN
  INSERT INTO entry (incident_id, seq, at, person_id, actor, verb, content, salt, digest, key_id,
                     previous, hash)
    VALUES (the_incident, last + 1, now(), verifier, 'X', 'outcome:verified', '{}', '', '', 'test',
            '', 'x'),
           (the_incident, last + 2, now(), customer, 'X', 'confirmation:given', '{}', '', '',
            'test', '', 'x');
  INSERT INTO verification (id, incident_id, person_id, verdict, verified_at, entry_seq)
    VALUES (gen_random_uuid(), the_incident, verifier, 'right', now(), last + 1);
  UPDATE criterion SET verified_by = verifier, verified_at = now(), verified_seq = last + 1
    WHERE incident_id = the_incident AND withdrawn_at IS NULL;
  INSERT INTO confirmation (id, incident_id, person_id, answer, grade, answered_at, entry_seq)
    VALUES (said, the_incident, customer, 'yes', 'signed_in', now(), last + 2);
  INSERT INTO confirmation_line (confirmation_id, criterion_id, answer)
    SELECT said, id, 'yes' FROM criterion WHERE incident_id = the_incident;
  PERFORM attacks.forge_end(the_incident, 'confirmed');
  PERFORM attacks.close_by_confirmation(the_incident, said);
END $$;
