"""What closes an incident, as PostgreSQL works it out from rows: `putright_missing_evidence`.

The rule is the gate's (`engine/domain/gate.py`), held once more where plain SQL cannot pass it by.
A newcomer would trust a column that says *verified* or *accepted*: each counts only with the entry
that recorded it, for the audit trail is the one thing that can be added to but never rewritten.
*Newer* is by the entry's number; what comes after the closing entry is not asked for.
"""

EVIDENCE = r"""
CREATE OR REPLACE FUNCTION putright_led_or_worked(the_incident uuid, who uuid, closing integer)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.incident WHERE id = the_incident AND lead_id = who)
      OR EXISTS (SELECT FROM public.entry WHERE incident_id = the_incident AND person_id = who
                 AND verb = 'incident:lead_taken' AND seq < closing)
      -- work that prevents goes on after closing: it takes nothing from who closed
      OR EXISTS (SELECT FROM public.work_item w JOIN public.incident i ON i.id = w.incident_id
                 WHERE w.incident_id = the_incident AND w.action_id IS NOT NULL
                 AND w.lane <> 'customer' AND w.ended_by = who AND w.how = 'completed'
                 AND w.ended_at <= i.ended_at)
      OR EXISTS (SELECT FROM public.target t JOIN public.action a ON a.id = t.action_id
                 JOIN public.incident i ON i.id = a.incident_id
                 WHERE a.incident_id = the_incident AND a.party <> 'customer'
                 AND t.answered_by = who AND t.answered_at <= i.ended_at)
$$;

CREATE OR REPLACE FUNCTION putright_verified(the_incident uuid, who uuid, closing integer)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.verification WHERE incident_id = the_incident
                 AND person_id = who AND entry_seq < closing)
$$;

CREATE OR REPLACE FUNCTION putright_in_force(the_incident uuid) RETURNS SETOF public.criterion
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT * FROM public.criterion WHERE incident_id = the_incident
    AND withdrawn_at IS NULL AND missed_at IS NULL AND NOT is_pending
$$;

CREATE OR REPLACE FUNCTION putright_missing_work(the_incident uuid, last_work integer)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM public.action WHERE incident_id = the_incident
             AND kind = 'puts_right' AND state IN ('waiting', 'open')) THEN
    RETURN 'an action that puts right is not settled';
  END IF;
  IF EXISTS (SELECT FROM public.target t JOIN public.action a ON a.id = t.action_id
             WHERE a.incident_id = the_incident AND a.kind = 'puts_right' AND a.state = 'done'
             AND (t.outcome IS NULL OR (t.outcome <> 'done' AND NOT EXISTS (
               SELECT FROM public.entry e WHERE e.incident_id = the_incident
               AND e.verb = 'target:accepted' AND e.person_id = t.accepted_by
               AND coalesce(e.content->'targets' @> to_jsonb(t.id::text), true))))) THEN
    RETURN 'a target is neither done nor accepted';
  END IF;
  IF NOT EXISTS (SELECT FROM public.putright_in_force(the_incident)) THEN
    RETURN 'no criterion says what right is';
  END IF;
  IF EXISTS (
    SELECT FROM public.criterion k WHERE k.incident_id = the_incident AND k.withdrawn_at IS NULL
    AND k.missed_at IS NOT NULL AND NOT EXISTS (
      SELECT FROM public.criterion good WHERE good.instead_of = k.id
      AND good.withdrawn_at IS NULL AND NOT good.is_pending
      -- two people: the database's key lets nobody sign as both
      AND 2 = (SELECT count(*) FROM public.criterion_signature s
        JOIN public.entry e ON e.incident_id = the_incident AND e.seq = s.entry_seq
        WHERE s.criterion_id = good.id AND e.verb = 'criterion:signed'
        AND e.person_id = s.person_id
        AND coalesce(e.content->>'criterion' = good.id::text, true)))) THEN
    RETURN 'a criterion was missed, and nothing agreed makes it good';
  END IF;
  IF EXISTS (
    SELECT FROM public.putright_in_force(the_incident) k WHERE k.must_hold > 1 AND k.must_hold > (
      SELECT count(DISTINCT v.entry_seq) FROM public.verification v
      JOIN public.entry e ON e.incident_id = v.incident_id AND e.seq = v.entry_seq
      WHERE v.incident_id = the_incident AND v.verdict <> 'not_right'
      AND e.verb IN ('outcome:verified', 'outcome:watching')
      AND coalesce(e.person_id, v.person_id) = v.person_id
      AND v.entry_seq > greatest(k.changed_seq, last_work, (SELECT max(n.entry_seq)
        FROM public.verification n WHERE n.incident_id = the_incident
        AND n.verdict = 'not_right')))) THEN
    RETURN 'a criterion that has to hold was not right so many times in a row';
  END IF;
  IF EXISTS (
    SELECT FROM public.putright_in_force(the_incident) k
    WHERE NOT EXISTS (
      SELECT FROM public.verification v
      JOIN public.entry e ON e.incident_id = v.incident_id AND e.seq = v.entry_seq
      WHERE v.incident_id = the_incident AND v.entry_seq = k.verified_seq
      AND v.entry_seq > last_work AND v.person_id = k.verified_by AND v.verdict = 'right'
      AND e.verb = 'outcome:verified' AND coalesce(e.person_id, v.person_id) = v.person_id)) THEN
    RETURN 'a criterion is not verified since the last work';
  END IF;
  RETURN NULL;
END $$;

-- As `domain/coverage.py` has it; what the owner accepted counts with its entry only.
CREATE OR REPLACE FUNCTION putright_missing_coverage(i public.incident, closing integer)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  covered bigint;
  accepted integer;
BEGIN
  IF i.harmed_count IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT count(*) + sum(stands_for_count) INTO covered FROM public.confirmer
    WHERE incident_id = i.id AND withdrawn_at IS NULL;
  SELECT covered + count(DISTINCT t.label) INTO covered
    FROM public.target t JOIN public.action a ON a.id = t.action_id
    WHERE a.incident_id = i.id AND a.kind = 'puts_right' AND a.targets_answer AND a.state = 'done'
    AND (t.outcome IN ('done', 'not_needed') OR t.accepted_by IS NOT NULL);
  SELECT u.number INTO accepted FROM public.uncovered_accepted u
    JOIN public.entry e ON e.incident_id = u.incident_id AND e.seq = u.entry_seq
    WHERE u.incident_id = i.id AND u.entry_seq < closing AND e.verb = 'coverage:accepted'
    AND e.person_id = u.person_id AND coalesce(e.content->>'number' = u.number::text, true)
    ORDER BY u.entry_seq DESC LIMIT 1;
  IF i.harmed_count - coalesce(covered, 0) > coalesce(accepted, 0) THEN
    RETURN 'some of those harmed are covered by nobody, and nobody has accepted that';
  END IF;
  RETURN NULL;
END $$;

-- Where the content was erased by law, its entry is all that is asked for.
CREATE OR REPLACE FUNCTION putright_missing_count(i public.incident)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  reported public.entry;
  counted public.entry;
BEGIN
  SELECT * INTO reported FROM public.entry
    WHERE incident_id = i.id AND verb = 'incident:reported' ORDER BY seq LIMIT 1;
  SELECT * INTO counted FROM public.entry
    WHERE incident_id = i.id AND verb = 'incident:harmed_counted' ORDER BY seq DESC LIMIT 1;
  IF (reported.content IS NOT NULL
      AND (reported.content->>'size')::numeric IS DISTINCT FROM i.size)
     OR (CASE WHEN counted.seq IS NOT NULL
              THEN counted.content IS NOT NULL
                AND (counted.content->>'now')::integer IS DISTINCT FROM i.harmed_count
              ELSE reported.content IS NOT NULL
                AND (reported.content->>'harmed_count')::integer IS DISTINCT FROM i.harmed_count
         END) THEN
    RETURN 'how many are harmed is not what its record says';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_missing_record(the_incident uuid, closing integer)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM public.confirmer p WHERE p.incident_id = the_incident
    AND p.withdrawn_at IS NOT NULL
    AND NOT EXISTS (
      SELECT FROM public.entry e WHERE e.incident_id = the_incident AND e.at = p.withdrawn_at
      AND e.seq < closing
      AND CASE WHEN e.content->'confirmers' IS NOT NULL
               THEN NOT e.content->'confirmers' @> to_jsonb(p.person_id::text)
               ELSE coalesce(e.content->>'decided' = 'ask_somebody_else', e.content IS NULL)
          END)) THEN
    RETURN 'no entry says that a confirmer was withdrawn';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_missing_answers(
  i public.incident, last_change integer, closing integer)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.confirmer
                 WHERE incident_id = i.id AND withdrawn_at IS NULL) THEN
    RETURN 'nobody was named to confirm';
  END IF;
  IF public.putright_missing_record(i.id, closing) IS NOT NULL THEN
    RETURN public.putright_missing_record(i.id, closing);
  END IF;
  IF NOT EXISTS (SELECT FROM public.confirmation c
                 JOIN public.confirmer p USING (incident_id, person_id)
                 WHERE c.id = i.confirmation_id AND c.incident_id = i.id
                 AND p.withdrawn_at IS NULL AND c.answer = 'yes' AND c.entry_seq > last_change) THEN
    RETURN 'the confirmation it was closed by is not its own';
  END IF;
  IF EXISTS (
    SELECT FROM public.confirmer p WHERE p.incident_id = i.id AND p.withdrawn_at IS NULL
    AND NOT EXISTS (
      SELECT FROM public.confirmation c
      JOIN public.entry e ON e.incident_id = c.incident_id AND e.seq = c.entry_seq
      WHERE c.incident_id = i.id AND c.person_id = p.person_id AND c.answer = 'yes'
      AND c.entry_seq > last_change AND c.entry_seq < closing
      AND e.verb = CASE WHEN c.recorded_by IS NULL THEN 'confirmation:given'
                        ELSE 'confirmation:recorded' END
      AND e.person_id = coalesce(c.recorded_by, c.person_id)
      AND coalesce(e.content->>'answer', 'yes') = 'yes'
      AND NOT (c.grade = 'phone'
               AND (i.highest_priority IN ('P1', 'P2') OR i.money IS NOT NULL))
      -- the last word before the end, and an entry of its own
      AND NOT EXISTS (SELECT FROM public.confirmation other WHERE other.incident_id = i.id
                      AND other.id <> c.id AND (other.entry_seq = c.entry_seq
                        OR (other.person_id = p.person_id AND other.entry_seq > c.entry_seq
                            AND other.entry_seq < closing)))
      AND NOT EXISTS (SELECT FROM public.putright_in_force(i.id) k
                      WHERE NOT EXISTS (SELECT FROM public.confirmation_line l
                                      WHERE l.confirmation_id = c.id AND l.criterion_id = k.id
                                      AND l.answer = 'yes')))) THEN
    RETURN 'a confirmer has not said yes to every criterion since the last work';
  END IF;
  IF EXISTS (SELECT FROM public.confirmer p WHERE p.incident_id = i.id AND p.withdrawn_at IS NULL
             AND (public.putright_led_or_worked(i.id, p.person_id, closing)
                  OR public.putright_verified(i.id, p.person_id, closing))) THEN
    RETURN 'a confirmer led, worked on or verified it';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_missing_decision(
  i public.incident, last_change integer, closing integer)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  d public.decision;
BEGIN
  SELECT * INTO d FROM public.decision
    WHERE id = i.decision_id AND incident_id = i.id AND decided = 'close'
    AND entry_seq > last_change AND entry_seq < closing;
  IF NOT FOUND OR NOT EXISTS (
       SELECT FROM public.entry e WHERE e.incident_id = i.id AND e.seq = d.entry_seq
       AND e.verb = 'decision:made' AND e.person_id = d.person_id
       AND coalesce(e.content->>'decided', 'close') = 'close') THEN
    RETURN 'no decision to close since the last work';
  END IF;
  IF EXISTS (SELECT FROM public.decision other WHERE other.incident_id = i.id
             AND other.id <> d.id AND other.entry_seq >= d.entry_seq
             AND other.entry_seq < closing) THEN
    RETURN 'it was decided otherwise since';
  END IF;
  -- an objection that the decider could not have known is never decided over
  IF EXISTS (SELECT FROM public.confirmation c
             JOIN public.confirmer p USING (incident_id, person_id)
             WHERE c.incident_id = i.id AND p.withdrawn_at IS NULL AND c.answer <> 'yes'
             AND c.entry_seq > d.entry_seq AND c.entry_seq < closing) THEN
    RETURN 'a confirmer has objected since it was decided';
  END IF;
  IF public.putright_led_or_worked(i.id, d.person_id, closing) THEN
    RETURN 'who decided to close led it or worked on it';
  END IF;
  IF i.highest_priority IN ('P1', 'P2')
     AND public.putright_verified(i.id, d.person_id, closing) THEN
    RETURN 'who decided to close verified it';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_missing_evidence(the_incident uuid) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  i public.incident;
  closing integer;
  last_work integer;
  last_change integer;
BEGIN
  SELECT * INTO i FROM public.incident WHERE id = the_incident;
  IF NOT FOUND OR i.state = 'open' THEN
    RETURN NULL;
  END IF;
  IF i.state <> 'closed' THEN
    RETURN public.putright_missing_way_out(i);
  END IF;
  IF num_nonnulls(i.confirmation_id, i.decision_id) <> 1 THEN
    RETURN 'it is closed by one confirmation or by one decision';
  END IF;
  SELECT max(seq) INTO closing FROM public.entry
    WHERE incident_id = i.id AND verb = 'incident:closed' AND at = i.ended_at
    AND coalesce(content->>'closed_by', i.closed_by) = i.closed_by;
  IF closing IS NULL THEN
    RETURN 'no entry says that it was closed';
  END IF;
  IF i.head_seq IS DISTINCT FROM
     (SELECT max(seq) FROM public.entry WHERE incident_id = i.id) THEN
    RETURN 'its record does not end where it says';
  END IF;
  SELECT greatest(i.work_seq, max(work_seq)) INTO last_work
    FROM public.action WHERE incident_id = i.id AND kind = 'puts_right';
  IF public.putright_missing_count(i) IS NOT NULL THEN
    RETURN public.putright_missing_count(i);
  END IF;
  IF EXISTS (SELECT FROM public.confirmation WHERE id = i.confirmation_id AND is_withdrawal) THEN
    RETURN public.putright_missing_withdrawal(i, last_work, closing);
  END IF;
  -- answers count only if they are newer than the work and than the wording of every criterion
  SELECT greatest(last_work, max(changed_seq)) INTO last_change
    FROM public.criterion WHERE incident_id = i.id;
  RETURN coalesce(
    public.putright_missing_work(i.id, last_work),
    public.putright_missing_coverage(i, closing),
    CASE WHEN i.confirmation_id IS NOT NULL
         THEN public.putright_missing_answers(i, last_change, closing)
         ELSE public.putright_missing_decision(i, last_change, closing) END);
END $$;
"""
