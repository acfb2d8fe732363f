"""The database's own guard: nothing makes or leaves a closed incident without its evidence.

This is the third of the three holds on closure (design, "Closure, three times").  It recomputes the
rule from rows, so that neither a fault in the domain nor plain SQL by the tables' owner can close
an incident.  Whoever may alter the schema can switch it off: `installed` tells whether it stands.
The evidence is checked when the transaction commits: within one, the order of statements is free.
"""

import hashlib
import re

from sqlalchemy import Connection, text

from engine.store.connect import script

# Tables whose rows are, or refer to, evidence; each has the column `incident_id`.
_EVIDENCE = (
    "action",
    "criterion",
    "confirmer",
    "confirmation",
    "decision",
    "verification",
    "entry",
)

FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION putright_missing_evidence(the_incident uuid) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public AS $$
DECLARE
  i public.incident;
  last_work integer;
  last_change integer;
BEGIN
  SELECT * INTO i FROM public.incident WHERE id = the_incident;
  IF NOT FOUND OR i.state <> 'closed' THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(max(work_seq), 0) INTO last_work
    FROM public.action WHERE incident_id = i.id AND kind = 'puts_right';
  -- answers count only if they are newer than the work and than the wording of every criterion
  SELECT greatest(last_work, max(changed_seq)) INTO last_change
    FROM public.criterion WHERE incident_id = i.id;
  IF EXISTS (SELECT FROM public.action WHERE incident_id = i.id
             AND kind = 'puts_right' AND state IN ('waiting', 'open')) THEN
    RETURN 'an action that puts right is not settled';
  END IF;
  IF EXISTS (SELECT FROM public.target t JOIN public.action a ON a.id = t.action_id
             WHERE a.incident_id = i.id AND a.kind = 'puts_right' AND a.state = 'done'
             AND (t.outcome IS NULL OR (t.outcome <> 'done' AND t.accepted_by IS NULL))) THEN
    RETURN 'a target is neither done nor accepted';
  END IF;
  IF NOT EXISTS (SELECT FROM public.criterion
                 WHERE incident_id = i.id AND withdrawn_at IS NULL) THEN
    RETURN 'no criterion says what right is';
  END IF;
  IF EXISTS (SELECT FROM public.criterion WHERE incident_id = i.id AND withdrawn_at IS NULL
             AND (verified_by IS NULL OR verified_seq <= last_work)) THEN
    RETURN 'a criterion is not verified since the last work';
  END IF;
  IF i.confirmation_id IS NOT NULL THEN
    IF NOT EXISTS (SELECT FROM public.confirmer
                   WHERE incident_id = i.id AND withdrawn_at IS NULL) THEN
      RETURN 'nobody was named to confirm';
    END IF;
    IF NOT EXISTS (SELECT FROM public.confirmation c
                   JOIN public.confirmer p USING (incident_id, person_id)
                   WHERE c.id = i.confirmation_id AND c.incident_id = i.id
                   AND p.withdrawn_at IS NULL AND c.answer = 'yes') THEN
      RETURN 'the confirmation it was closed by is not its own';
    END IF;
    IF EXISTS (
      SELECT FROM public.confirmer p WHERE p.incident_id = i.id AND p.withdrawn_at IS NULL
      AND NOT EXISTS (
        SELECT FROM public.confirmation c
        WHERE c.incident_id = i.id AND c.person_id = p.person_id AND c.answer = 'yes'
        AND c.entry_seq > last_change
        AND NOT EXISTS (SELECT FROM public.confirmation later WHERE later.incident_id = i.id
                        AND later.person_id = p.person_id AND later.entry_seq > c.entry_seq
                        AND later.answered_at <= i.ended_at)
        AND NOT EXISTS (SELECT FROM public.criterion k
                        WHERE k.incident_id = i.id AND k.withdrawn_at IS NULL
                        AND NOT EXISTS (SELECT FROM public.confirmation_line l
                                        WHERE l.confirmation_id = c.id AND l.criterion_id = k.id
                                        AND l.answer = 'yes'))
        AND EXISTS (SELECT FROM public.entry e WHERE e.incident_id = i.id
                    AND e.seq = c.entry_seq AND e.verb = 'confirmation:given'))) THEN
      RETURN 'a confirmer has not said yes to every criterion since the last work';
    END IF;
    IF EXISTS (SELECT FROM public.confirmer p WHERE p.incident_id = i.id
               AND p.withdrawn_at IS NULL AND public.putright_handled(i.id, p.person_id)) THEN
      RETURN 'a confirmer led, worked on or verified it';
    END IF;
  ELSE
    IF NOT EXISTS (SELECT FROM public.decision d
                   JOIN public.entry e ON e.incident_id = d.incident_id AND e.seq = d.entry_seq
                   WHERE d.id = i.decision_id AND d.incident_id = i.id AND d.decided = 'close'
                   AND d.entry_seq > last_change AND e.verb = 'decision:made'
                   AND e.person_id = d.person_id) THEN
      RETURN 'no decision to close since the last work';
    END IF;
    IF EXISTS (SELECT FROM public.decision d WHERE d.id = i.decision_id
               AND public.putright_led_or_worked(i.id, d.person_id)) THEN
      RETURN 'who decided to close led it or worked on it';
    END IF;
    IF i.highest_priority IN ('P1', 'P2')
       AND EXISTS (SELECT FROM public.decision d JOIN public.verification v
                   ON v.incident_id = d.incident_id AND v.person_id = d.person_id
                   WHERE d.id = i.decision_id) THEN
      RETURN 'who decided to close verified it';
    END IF;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_led_or_worked(the_incident uuid, who uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT FROM public.incident WHERE id = the_incident AND lead_id = who)
      OR EXISTS (SELECT FROM public.entry WHERE incident_id = the_incident AND person_id = who
                 AND verb = 'incident:lead_taken')
      OR EXISTS (SELECT FROM public.work_item WHERE incident_id = the_incident
                 AND action_id IS NOT NULL AND lane <> 'customer'
                 AND ended_by = who AND how = 'completed')
$$;

CREATE OR REPLACE FUNCTION putright_handled(the_incident uuid, who uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT public.putright_led_or_worked(the_incident, who)
      OR EXISTS (SELECT FROM public.verification
                 WHERE incident_id = the_incident AND person_id = who)
$$;

CREATE OR REPLACE FUNCTION putright_require_evidence() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  ids uuid[];
  one uuid;
  missing text;
BEGIN
  IF TG_TABLE_NAME = 'incident' THEN
    ids := ARRAY[NEW.id];
  ELSIF TG_TABLE_NAME = 'target' THEN
    SELECT array_agg(incident_id) INTO ids FROM public.action
      WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.action_id END,
                   CASE WHEN TG_OP <> 'DELETE' THEN NEW.action_id END);
  ELSIF TG_TABLE_NAME = 'confirmation_line' THEN
    SELECT array_agg(incident_id) INTO ids FROM public.confirmation
      WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.confirmation_id END,
                   CASE WHEN TG_OP <> 'DELETE' THEN NEW.confirmation_id END);
  ELSE
    ids := ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.incident_id END,
                 CASE WHEN TG_OP <> 'DELETE' THEN NEW.incident_id END];
  END IF;
  FOREACH one IN ARRAY coalesce(ids, '{}') LOOP
    missing := public.putright_missing_evidence(one);
    IF missing IS NOT NULL THEN
      RAISE EXCEPTION 'a closed incident needs its evidence: %', missing
        USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_with_evidence';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION putright_closed_is_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.state = 'closed' THEN
    IF TG_OP = 'DELETE' THEN
      RAISE EXCEPTION 'a closed incident cannot be deleted'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_is_final';
    END IF;
    -- What comes after closing is added to the audit chain, and to nothing else.
    IF to_jsonb(NEW) - '{head_seq,head_hash}'::text[]
       IS DISTINCT FROM to_jsonb(OLD) - '{head_seq,head_hash}'::text[] THEN
      RAISE EXCEPTION 'closed is final: what comes back is a new incident'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_is_final';
    END IF;
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE FUNCTION putright_append_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = 'append_only';
END $$;

CREATE OR REPLACE FUNCTION putright_no_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF EXISTS (SELECT FROM public.incident WHERE state = 'closed') THEN
    RAISE EXCEPTION '% holds the evidence of closed incidents', TG_TABLE_NAME
      USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_with_evidence';
  END IF;
  RETURN NULL;
END $$;
"""


def _triggers() -> list[str]:
    evidence = "EXECUTE FUNCTION putright_require_evidence()"
    deferred = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    made = [
        (
            "CREATE CONSTRAINT TRIGGER guard_evidence AFTER INSERT OR UPDATE ON incident"
            f" {deferred} WHEN (NEW.state = 'closed') {evidence}"
        ),
        (
            "CREATE TRIGGER guard_final BEFORE UPDATE OR DELETE ON incident FOR EACH ROW"
            " EXECUTE FUNCTION putright_closed_is_final()"
        ),
    ]
    made += [
        f"CREATE CONSTRAINT TRIGGER guard_evidence AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" {deferred} {evidence}"
        # an entry may always be added; it is never changed
        for table in (*_EVIDENCE, "target", "confirmation_line")
        if table != "entry"
    ]
    made += [
        f"CREATE TRIGGER guard_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"
        " EXECUTE FUNCTION putright_append_only()"
        for table in APPEND_ONLY
    ]
    made += [
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
        " EXECUTE FUNCTION putright_no_truncate()"
        for table in ("incident", *_EVIDENCE, "target", "confirmation_line", "work_item", "visit")
    ]
    return made


# Never changed by anybody; the application's role may not even try.
APPEND_ONLY = ("entry", "visit", "confirmation", "confirmation_line", "decision", "verification")

# The standing guard as PostgreSQL describes it: functions, triggers and the CHECK.
_STANDING = """
SELECT 'function ' || p.proname || ' ' || md5(p.prosrc) AS line
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = 'public' AND p.proname LIKE 'putright%'
UNION ALL
SELECT 'trigger ' || t.tgname || ' ' || t.tgenabled::text || ' ' || pg_get_triggerdef(t.oid)
  FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgname LIKE 'guard%'
UNION ALL
SELECT 'constraint ' || c.conname || ' ' || c.convalidated::text || ' '
       || pg_get_constraintdef(c.oid)
  FROM pg_constraint c WHERE c.conrelid = 'public.incident'::regclass AND c.contype = 'c'
ORDER BY 1
"""


def install(conn: Connection) -> None:
    """Create or replace the guard's functions and triggers; called by migrations, as the owner."""
    script(conn, FUNCTIONS)
    for sql in _triggers():
        name, table = _named(sql)
        conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        conn.exec_driver_sql(sql)


def fingerprint(conn: Connection) -> str:
    """Return a hash over the guard as it stands now, enabled or not."""
    lines = conn.execute(text(_STANDING)).scalars().all()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


_BODY = re.compile(r"CREATE OR REPLACE FUNCTION (\w+)\(.*?AS \$\$(.*?)\$\$;", re.DOTALL)


def faults(conn: Connection) -> list[str]:
    """Return what of the guard is missing, altered or switched off, a sentence each."""
    found = []
    standing = {
        row.proname: row.prosrc
        for row in conn.execute(
            text(
                "SELECT proname, prosrc FROM pg_proc"
                " WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'putright%'"
            )
        )
    }
    for name, body in _BODY.findall(FUNCTIONS):
        if standing.get(name) != body:
            found.append(f"the function {name} is not the one of this release")
    triggers = {
        (row.tgname, row.relname): row.tgenabled
        for row in conn.execute(
            text(
                "SELECT tgname, relname, tgenabled::text FROM pg_trigger"
                " JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal"
            )
        )
    }
    for sql in _triggers():
        name, table = _named(sql)
        if triggers.get((name, table)) not in ("O", "A"):
            found.append(f"the trigger {name} on {table} is missing or switched off")
    check = conn.scalar(
        text(
            # only newer servers can leave a constraint unenforced, and have the column
            "SELECT convalidated AND to_jsonb(c) ->> 'conenforced' IS DISTINCT FROM 'false'"
            " FROM pg_constraint c WHERE conname = 'ck_incident_closed_with_evidence'"
        )
    )
    if not check:
        found.append("the constraint closed_with_evidence on incident is missing or switched off")
    return found


def _named(sql: str) -> tuple[str, str]:
    head, table = sql.split(" ON ", 1)
    return head.split("TRIGGER ", 1)[1].split()[0], table.split()[0]
