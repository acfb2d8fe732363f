"""What an incident needs to be set aside, merged or withdrawn, as PostgreSQL works it out.

A newcomer would ask a merge for its cover whenever a row of it changes: the incident it was merged
into lives on and may word its criteria anew.  So that is asked once, when the way out is taken;
what belongs to the one that left is asked each time.
"""

WAYS_OUT = r"""
CREATE OR REPLACE FUNCTION putright_has_begun(the_action public.action, left_at timestamptz)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- work that prevents lives on after the incident has left: what comes later takes nothing from it
  SELECT EXISTS (SELECT FROM public.work_item w WHERE w.action_id = the_action.id AND
                 CASE WHEN the_action.kind = 'prevents'
                      THEN w.how = 'completed' AND w.ended_at <= left_at
                      ELSE w.how = 'completed' OR w.claimed_by IS NOT NULL END)
      OR (the_action.kind = 'puts_right' AND EXISTS (
            SELECT FROM public.target t
            WHERE t.action_id = the_action.id AND t.outcome IS NOT NULL))
$$;

CREATE OR REPLACE FUNCTION putright_missing_way_out(i public.incident) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  w public.way_out;
BEGIN
  SELECT * INTO w FROM public.way_out WHERE id = i.way_out_id AND incident_id = i.id
    AND kind = i.state AND left_at = i.ended_at;
  IF NOT FOUND THEN
    RETURN 'the way out it took is not its own';
  END IF;
  IF EXISTS (SELECT FROM public.way_back WHERE way_out_id = w.id) THEN
    RETURN 'it was brought back from there';
  END IF;
  IF NOT EXISTS (SELECT FROM public.entry e WHERE e.incident_id = i.id AND e.seq = w.entry_seq
                 AND e.verb = 'incident:' || w.kind AND e.person_id = w.person_id
                 AND e.at = w.left_at AND coalesce(e.content->>'reason', w.reason) = w.reason) THEN
    RETURN 'no entry says who took it out, and why';
  END IF;
  IF i.head_seq IS DISTINCT FROM
     (SELECT max(seq) FROM public.entry WHERE incident_id = i.id) THEN
    RETURN 'its record does not end where it says';
  END IF;
  IF w.kind = 'set_aside' AND EXISTS (SELECT FROM public.action a WHERE a.incident_id = i.id
                                      AND public.putright_has_begun(a, w.left_at)) THEN
    RETURN 'somebody has begun to act on it';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_missing_cover(w public.way_out) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.incident a JOIN public.incident b ON b.id = w.incident_id
                 WHERE a.id = w.into_id AND a.state = 'open' AND a.told_at <= b.told_at) THEN
    RETURN 'it goes into an open incident that was told no later';
  END IF;
  IF EXISTS (SELECT FROM public.confirmer b
             WHERE b.incident_id = w.incident_id AND b.withdrawn_at IS NULL
             AND NOT EXISTS (SELECT FROM public.confirmer a WHERE a.incident_id = w.into_id
                             AND a.person_id = b.person_id AND a.withdrawn_at IS NULL)) THEN
    RETURN 'a confirmer does not come along';
  END IF;
  IF EXISTS (SELECT FROM public.criterion b
             WHERE b.incident_id = w.incident_id AND b.withdrawn_at IS NULL
             AND NOT EXISTS (SELECT FROM public.criterion a WHERE a.incident_id = w.into_id
                             AND (a.measure, a.threshold, a.evidence)
                               = (b.measure, b.threshold, b.evidence)
                             AND a.withdrawn_at IS NULL)) THEN
    RETURN 'a criterion does not come along';
  END IF;
  IF EXISTS (SELECT FROM public.action a WHERE a.incident_id = w.incident_id
             AND a.kind = 'puts_right' AND a.state = 'open'
             AND public.putright_has_begun(a, w.left_at)) THEN
    RETURN 'work on it goes on';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_check_way_out() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  missing text;
BEGIN
  IF NOT EXISTS (SELECT FROM public.incident
                 WHERE id = NEW.incident_id AND way_out_id = NEW.id) THEN
    PERFORM public.putright_refuse('a way out is one that is taken', 'closed_with_evidence');
  END IF;
  IF NEW.kind = 'merged' THEN
    missing := public.putright_missing_cover(NEW);
    IF missing IS NOT NULL THEN
      PERFORM public.putright_refuse('what is merged is covered: ' || missing,
        'closed_with_evidence');
    END IF;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_check_way_back() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM public.way_out w JOIN public.incident i ON i.id = w.incident_id
    JOIN public.entry e ON e.incident_id = i.id AND e.seq = NEW.entry_seq
    WHERE w.id = NEW.way_out_id AND i.way_out_id IS DISTINCT FROM w.id
    AND e.person_id = NEW.person_id AND e.at = NEW.returned_at
    AND e.verb = CASE w.kind WHEN 'merged' THEN 'incident:merge_undone'
                      ELSE 'incident:brought_back' END) THEN
    PERFORM public.putright_refuse('what comes back is open again, by an entry', 'kept');
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_missing_withdrawal(
  i public.incident, last_work integer, closing integer)
RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM public.action WHERE incident_id = i.id
             AND kind = 'puts_right' AND state IN ('waiting', 'open')) THEN
    RETURN 'an action that puts right is not settled';
  END IF;
  IF greatest(i.size, i.harmed_count) > 1
     OR EXISTS (SELECT FROM public.target t JOIN public.action a ON a.id = t.action_id
                           WHERE a.incident_id = i.id AND a.kind = 'puts_right')
     OR EXISTS (SELECT FROM public.confirmer WHERE incident_id = i.id AND withdrawn_at IS NULL
                AND person_id <> i.reporter_id)
     OR NOT EXISTS (SELECT FROM public.confirmer WHERE incident_id = i.id
                    AND withdrawn_at IS NULL AND person_id = i.reporter_id) THEN
    RETURN 'only who alone is harmed withdraws';
  END IF;
  IF NOT EXISTS (
    SELECT FROM public.confirmation c
    JOIN public.entry e ON e.incident_id = c.incident_id AND e.seq = c.entry_seq
    WHERE c.id = i.confirmation_id AND c.incident_id = i.id AND c.person_id = i.reporter_id
    AND c.answer = 'yes' AND c.grade <> 'phone' AND c.recorded_by IS NULL
    AND c.entry_seq > last_work AND c.entry_seq < closing
    AND e.verb = 'incident:withdrawn' AND e.person_id = i.reporter_id AND e.at = i.ended_at
    AND NOT EXISTS (SELECT FROM public.confirmation other WHERE other.incident_id = i.id
                    AND other.id <> c.id AND other.entry_seq >= c.entry_seq
                    AND other.entry_seq < closing)) THEN
    RETURN 'no entry says that its reporter withdrew it';
  END IF;
  IF public.putright_led_or_worked(i.id, i.reporter_id, closing)
     OR public.putright_verified(i.id, i.reporter_id, closing) THEN
    RETURN 'who withdrew it led, worked on or verified it';
  END IF;
  RETURN public.putright_missing_record(i.id, closing);
END $$;
"""
