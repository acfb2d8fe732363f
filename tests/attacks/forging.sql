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
