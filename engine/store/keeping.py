"""What PostgreSQL keeps as it was: the record, and the facts that evidence rests on.

Evidence that is asked for when an incident closes could be made to fit beforehand: an open action
called preventive, a target deleted, a criterion worded anew.  These triggers refuse that, whoever
asks.  A newcomer would allow corrections: a correction is a new row with its own entry.  Only what
the law wants erased is let pass (`erasing.py`).
"""

KEEPING = r"""
CREATE OR REPLACE FUNCTION putright_refuse(sentence text, kind text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '%', sentence USING ERRCODE = 'check_violation', CONSTRAINT = kind;
END $$;

CREATE OR REPLACE FUNCTION putright_refuse_as_over(its_state text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.putright_refuse(
    CASE its_state WHEN 'closed' THEN 'closed is final: what comes back is a new incident'
         ELSE 'what is set aside or merged stays as it was until it is brought back' END,
    'closed_is_final');
END $$;

CREATE OR REPLACE FUNCTION putright_refuse_if_closed(the_incident uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  its_state text;
BEGIN
  SELECT state INTO its_state FROM public.incident WHERE id = the_incident AND state <> 'open';
  IF FOUND THEN
    PERFORM public.putright_refuse_as_over(its_state);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION putright_keep_incident() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  -- What comes after closing is added to the audit chain, and to nothing else.
  may_change text[] := '{head_seq,head_hash}';
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('putright.erasing', true) <> '' THEN
    IF public.putright_only_erases(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
      RETURN NEW;
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    PERFORM public.putright_refuse('an incident is never deleted', 'closed_is_final');
  END IF;
  IF OLD.way_out_id IS NOT NULL AND NEW.state = 'open' AND OLD.erased_by IS NULL
     AND EXISTS (SELECT FROM public.way_back WHERE way_out_id = OLD.way_out_id) THEN
    may_change := may_change || '{state,way_out_id,ended_at}'::text[];
  END IF;
  IF OLD.state <> 'open' AND to_jsonb(NEW) - may_change
     IS DISTINCT FROM to_jsonb(OLD) - may_change THEN
    PERFORM public.putright_refuse_as_over(OLD.state);
  END IF;
  IF NEW.head_seq < OLD.head_seq OR NEW.work_seq < OLD.work_seq THEN
    PERFORM public.putright_refuse('the record of an incident is never cut', 'kept');
  END IF;
  IF NEW.highest_priority > OLD.highest_priority THEN
    PERFORM public.putright_refuse('the highest priority is never lowered', 'kept');
  END IF;
  IF NEW.told_at > OLD.told_at THEN
    PERFORM public.putright_refuse('when it was told is never set later', 'kept');
  END IF;
  IF NEW.head_seq = OLD.head_seq
     AND (NEW.lead_id, NEW.delegate_id, NEW.process_id, NEW.product_id, NEW.priority,
          NEW.highest_priority, NEW.money, NEW.size, NEW.harmed_count, NEW.is_restricted)
     IS DISTINCT FROM (OLD.lead_id, OLD.delegate_id, OLD.process_id, OLD.product_id, OLD.priority,
                       OLD.highest_priority, OLD.money, OLD.size, OLD.harmed_count,
                       OLD.is_restricted)
  THEN
    PERFORM public.putright_refuse(
      'who leads, decides and reads it and what it weighs change by an entry', 'kept');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION putright_keep_criterion() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('putright.erasing', true) <> '' THEN
    IF public.putright_only_erases(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
      RETURN NEW;
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    PERFORM public.putright_refuse('a criterion is withdrawn, never deleted', 'kept');
  END IF;
  PERFORM public.putright_refuse_if_closed(NEW.incident_id);
  IF TG_OP = 'UPDATE' THEN
    PERFORM public.putright_refuse_if_closed(OLD.incident_id);
    IF (NEW.incident_id, NEW.position, NEW.measure, NEW.threshold, NEW.evidence, NEW.must_hold,
        NEW.instead_of)
       IS DISTINCT FROM (OLD.incident_id, OLD.position, OLD.measure, OLD.threshold, OLD.evidence,
        OLD.must_hold, OLD.instead_of)
    THEN
      PERFORM public.putright_refuse('a new wording is a new criterion', 'kept');
    END IF;
    IF NEW.changed_seq < OLD.changed_seq OR (NEW.changed_seq = OLD.changed_seq
       AND (NEW.withdrawn_at, NEW.missed_at, NEW.is_pending)
       IS DISTINCT FROM (OLD.withdrawn_at, OLD.missed_at, OLD.is_pending)) THEN
      PERFORM public.putright_refuse(
        'a criterion is withdrawn, missed or agreed by an entry', 'kept');
    END IF;
    IF (OLD.missed_at IS NOT NULL AND (NEW.missed_at, NEW.missed_because)
        IS DISTINCT FROM (OLD.missed_at, OLD.missed_because))
       OR (NEW.is_pending AND NOT OLD.is_pending) THEN
      PERFORM public.putright_refuse('what was missed or agreed stays so', 'kept');
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION putright_keep_confirmer() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('putright.erasing', true) <> '' THEN
    IF public.putright_only_erases(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
      RETURN NEW;
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    PERFORM public.putright_refuse('a confirmer is withdrawn, never deleted', 'kept');
  END IF;
  PERFORM public.putright_refuse_if_closed(NEW.incident_id);
  IF TG_OP = 'UPDATE' THEN
    PERFORM public.putright_refuse_if_closed(OLD.incident_id);
    IF (NEW.incident_id, NEW.person_id) IS DISTINCT FROM (OLD.incident_id, OLD.person_id) THEN
      PERFORM public.putright_refuse('a confirmer is nobody else', 'kept');
    END IF;
  END IF;
  RETURN NEW;
END $$;

-- At the end of a transaction, for its entry is written last.  Who speaks for all that are many is
-- named as it is reported.
CREATE OR REPLACE FUNCTION putright_check_spoken_for() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM public.entry e WHERE e.incident_id = NEW.incident_id
    AND (CASE WHEN TG_OP = 'INSERT' THEN e.verb = 'incident:reported' AND e.at = NEW.named_at
              ELSE e.verb = 'confirmer:stands_for' AND e.content->>'person' = NEW.person_id::text
                AND e.content->>'count' = NEW.stands_for_count::text END)) THEN
    PERFORM public.putright_refuse('for how many somebody answers is said by an entry', 'kept');
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_keep_action() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('putright.erasing', true) <> '' THEN
    IF public.putright_only_erases(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
      RETURN NEW;
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    PERFORM public.putright_refuse('an action is dropped, never deleted', 'kept');
  END IF;
  IF NEW.kind = 'puts_right' THEN
    PERFORM public.putright_refuse_if_closed(NEW.incident_id);
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.incident_id <> OLD.incident_id OR NEW.work_seq < OLD.work_seq
       OR (NEW.kind <> OLD.kind AND OLD.state <> 'proposed') THEN
      PERFORM public.putright_refuse('an action stays what it was taken up as', 'kept');
    END IF;
    IF OLD.deadline_at IS NOT NULL AND (NEW.deadline_at, NEW.deadline_because)
       IS DISTINCT FROM (OLD.deadline_at, OLD.deadline_because) THEN
      PERFORM public.putright_refuse('a deadline from outside is not moved', 'kept');
    END IF;
    IF NEW.state <> OLD.state THEN
      IF OLD.settled_at IS NOT NULL OR NEW.state = 'proposed' THEN
        PERFORM public.putright_refuse('what is settled stays settled', 'kept');
      END IF;
      IF NEW.settled_at IS NOT NULL AND OLD.state <> 'proposed'
         AND OLD.kind = 'puts_right' AND NEW.work_seq = OLD.work_seq THEN
        PERFORM public.putright_refuse('work is settled by an entry', 'kept');
      END IF;
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION putright_keep_target() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  a public.action;
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('putright.erasing', true) <> '' THEN
    IF public.putright_only_erases(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
      RETURN NEW;
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    PERFORM public.putright_refuse('a target has an outcome, it is never deleted', 'kept');
  END IF;
  SELECT * INTO a FROM public.action WHERE id = NEW.action_id;
  IF a.kind = 'puts_right' THEN
    PERFORM public.putright_refuse_if_closed(a.incident_id);
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.action_id, NEW.position, NEW.label)
     IS DISTINCT FROM (OLD.action_id, OLD.position, OLD.label) THEN
    PERFORM public.putright_refuse('a target is nobody else', 'kept');
  END IF;
  IF a.settled_at IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.outcome IS DISTINCT FROM OLD.outcome)
  THEN
    PERFORM public.putright_refuse('what is settled stays settled', 'kept');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION putright_keep_work_item() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('putright.erasing', true) <> '' THEN
    IF public.putright_only_erases(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
      RETURN NEW;
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    PERFORM public.putright_refuse('a to-do ends, it is never deleted', 'kept');
  END IF;
  IF to_jsonb(NEW) - '{answers,draft}'::text[]
     IS DISTINCT FROM to_jsonb(OLD) - '{answers,draft}'::text[] THEN
    PERFORM public.putright_refuse('who did what stays as it was', 'kept');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION putright_append_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND current_setting('putright.erasing', true) <> '' THEN
    IF public.putright_only_erases(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
      RETURN NEW;
    END IF;
  END IF;
  PERFORM public.putright_refuse(TG_TABLE_NAME || ' is append-only', 'append_only');
  RETURN NULL;
END $$;
"""
