"""The database's own guard: nothing makes or leaves a closed incident without its evidence.

This is the third of the three holds on closure (design, "Closure, three times").  It recomputes the
rule from rows (`evidence.py`) and keeps those rows as they were (`keeping.py`), so that neither a
fault in the domain nor plain SQL by the tables' owner can close an incident.  Whoever may alter the
schema can switch it off: `fingerprint` tells.  The evidence is checked when the transaction
commits: within one, the order of statements is free.

What the guard cannot tell is an entry that the application did not write: whoever forges every row
of a closure and its entries is named by the audit chain, whose key the database does not have.
"""

import hashlib
import re

from sqlalchemy import Connection, bindparam, text

from engine.store import erasing
from engine.store.connect import script
from engine.store.evidence import EVIDENCE
from engine.store.keeping import KEEPING
from engine.store.ways_out import WAYS_OUT

# Never changed by anybody; the application's role may not even try.
APPEND_ONLY = (
    "entry",
    "visit",
    "confirmation",
    "confirmation_line",
    "decision",
    "verification",
    "calendar",
    "dispute",
    "dispute_end",
    "rung",
    "tried",
    "criterion_signature",
    "uncovered_accepted",
    "way_out",
    "way_back",
    "acceptance",
    "naming",
    "register_entry",
    "access_entry",
    "also_harmed",
    "closing_list",
    "closing_list_line",
    "signed_head",
    "signed_leaf",
    "head_receipt",
    "chain_check",
    "legal_hold",
    "legal_hold_end",
    "erasure",
    "erasure_answer",
    "erasure_done",
)

# Tables whose rows are, or refer to, evidence; each has the column `incident_id`.
_EVIDENCE = (
    "action",
    "criterion",
    "criterion_signature",
    "confirmer",
    "confirmation",
    "decision",
    "verification",
    "way_out",
)

# Everything the guard stands on.
_GUARDED = tuple(dict.fromkeys(("incident", *_EVIDENCE, "target", "work_item", *APPEND_ONLY)))

_REQUIRE = r"""
CREATE OR REPLACE FUNCTION putright_require_evidence() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  ids uuid[];
  one uuid;
  missing text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF public.putright_only_rewords(TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW)) THEN
      -- as many words are erased at once: no evidence asks for them
      RETURN NULL;
    END IF;
  END IF;
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
      PERFORM public.putright_refuse(
        'what is over needs its evidence: ' || missing, 'closed_with_evidence');
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
"""

FUNCTIONS = KEEPING + WAYS_OUT + EVIDENCE + _REQUIRE + erasing.FUNCTIONS


def _triggers() -> list[str]:
    # events in the order in which PostgreSQL lists them: `faults` compares definitions
    evidence = "EXECUTE FUNCTION putright_require_evidence()"
    deferred = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    made = [
        (
            "CREATE CONSTRAINT TRIGGER guard_evidence AFTER INSERT OR UPDATE ON incident"
            f" {deferred} WHEN (NEW.state <> 'open') {evidence}"
        ),
        (
            "CREATE CONSTRAINT TRIGGER guard_evidence AFTER INSERT OR UPDATE ON work_item"
            f" {deferred} WHEN (NEW.action_id IS NOT NULL"
            f" AND (NEW.ended_by IS NOT NULL OR NEW.claimed_by IS NOT NULL)) {evidence}"
        ),
        (
            f"CREATE CONSTRAINT TRIGGER guard_taken AFTER INSERT ON way_out {deferred}"
            " EXECUTE FUNCTION putright_check_way_out()"
        ),
        (
            f"CREATE CONSTRAINT TRIGGER guard_taken AFTER INSERT ON way_back {deferred}"
            " EXECUTE FUNCTION putright_check_way_back()"
        ),
        (
            f"CREATE CONSTRAINT TRIGGER guard_spoken_for AFTER INSERT ON confirmer {deferred}"
            " WHEN (NEW.stands_for_count > 0) EXECUTE FUNCTION putright_check_spoken_for()"
        ),
        (
            f"CREATE CONSTRAINT TRIGGER guard_spoken_anew AFTER UPDATE ON confirmer {deferred}"
            " WHEN (OLD.stands_for_count <> NEW.stands_for_count)"
            " EXECUTE FUNCTION putright_check_spoken_for()"
        ),
        (
            "CREATE TRIGGER guard_kept BEFORE DELETE OR UPDATE ON incident FOR EACH ROW"
            " EXECUTE FUNCTION putright_keep_incident()"
        ),
        (
            "CREATE TRIGGER guard_kept BEFORE UPDATE ON work_item FOR EACH ROW"
            " WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION putright_keep_work_item()"
        ),
        (
            "CREATE TRIGGER guard_deleted BEFORE DELETE ON work_item FOR EACH ROW"
            " EXECUTE FUNCTION putright_keep_work_item()"
        ),
    ]
    made += [
        f"CREATE CONSTRAINT TRIGGER guard_evidence AFTER INSERT OR DELETE OR UPDATE ON {table}"
        f" {deferred} {evidence}"
        for table in (*_EVIDENCE, "target", "confirmation_line")
    ]
    made += [
        f"CREATE TRIGGER guard_kept BEFORE INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION putright_keep_{table}()"
        for table in ("criterion", "confirmer", "action", "target")
    ]
    made += [
        f"CREATE CONSTRAINT TRIGGER guard_erased AFTER UPDATE ON {table} {deferred}"
        " EXECUTE FUNCTION putright_check_tombstone()"
        for table in ("entry", "register_entry", "access_entry")
    ]
    made += [
        f"CREATE TRIGGER guard_append_only BEFORE DELETE OR UPDATE ON {table} FOR EACH ROW"
        " EXECUTE FUNCTION putright_append_only()"
        for table in APPEND_ONLY
    ]
    made += [
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
        " EXECUTE FUNCTION putright_append_only()"
        for table in _GUARDED
    ]
    return made


# The standing guard as PostgreSQL describes it: its functions, and all that could bend a table it
# stands on.  A table that inherits, a rule, a policy or a trigger of somebody else's do so without
# touching the guard's own.
_STANDING = text("""
WITH guarded AS (SELECT oid, relname, relpersistence, relrowsecurity, relacl, relowner
  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname IN :tables)
SELECT 'function ' || p.proname || ' ' || md5(pg_get_functiondef(p.oid)) AS line
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'putright%'
UNION ALL
SELECT 'trigger ' || t.tgenabled::text || ' ' || pg_get_triggerdef(t.oid)
  FROM pg_trigger t JOIN guarded g ON g.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'constraint ' || g.relname || ' ' || c.conname || ' ' || c.convalidated::text || ' '
       || pg_get_constraintdef(c.oid)
  FROM pg_constraint c JOIN guarded g ON g.oid = c.conrelid
UNION ALL
SELECT 'table ' || relname || ' ' || relpersistence::text || ' ' || relrowsecurity::text
  FROM guarded
UNION ALL
SELECT 'rule ' || pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN guarded g ON g.oid = r.ev_class
UNION ALL
SELECT 'heir ' || i.inhrelid::regclass::text
  FROM pg_inherits i JOIN guarded g ON g.oid = i.inhparent
UNION ALL
SELECT 'policy ' || p.polname FROM pg_policy p JOIN guarded g ON g.oid = p.polrelid
UNION ALL
SELECT 'grant ' || g.relname || ' ' || a.privilege_type
  FROM guarded g, aclexplode(g.relacl) a WHERE a.grantee <> g.relowner
ORDER BY 1
""").bindparams(bindparam("tables", _GUARDED, expanding=True))


def install(conn: Connection) -> None:
    """Create or replace the guard's functions and triggers; called by migrations, as the owner."""
    script(conn, FUNCTIONS)
    for function in erasing.DEFINERS:
        conn.exec_driver_sql(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    for sql in _triggers():
        name, table = _named(sql)
        conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        conn.exec_driver_sql(sql)


def fingerprint(conn: Connection) -> str:
    """Return a hash (hex) over the guard as it stands now, enabled or not.

    The same for two databases of the same release and grants, different as soon as a trigger, a
    constraint, a rule, an heir or a grant of the tables it stands on was changed.
    """
    lines = conn.execute(_STANDING).scalars().all()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


_BODY = re.compile(r"CREATE OR REPLACE FUNCTION (\w+)\(.*?AS \$\$(.*?)\$\$;", re.DOTALL)


def faults(conn: Connection) -> list[str]:
    """Return what of the guard is missing, altered, bent or switched off, a sentence each."""
    found = []
    standing = {
        row.proname: row.prosrc
        for row in conn.execute(
            text(
                "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                " AND proname LIKE 'putright%' AND prosecdef = (proname = ANY (:definers))"
                " AND proconfig = '{\"search_path=pg_catalog, pg_temp\"}'"
                # what runs as the owner is called by whom it was granted to
                " AND NOT (prosecdef AND EXISTS (SELECT FROM"
                " aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0))"
            ),
            {"definers": [one.partition("(")[0] for one in erasing.DEFINERS]},
        )
    }
    for name, body in _BODY.findall(FUNCTIONS):
        if standing.get(name) != body:
            found.append(f"the function {name} is not the one of this release")
    enabled = {
        _plain(row.definition)
        for row in conn.execute(
            text(
                "SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger"
                " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
            )
        )
    }
    for sql in _triggers():
        name, table = _named(sql)
        if _plain(sql) not in enabled:
            found.append(f"the trigger {name} on {table} is missing, altered or switched off")
    check = conn.scalar(
        text(
            # only newer servers can leave a constraint unenforced, and have the column
            "SELECT convalidated AND to_jsonb(c) ->> 'conenforced' IS DISTINCT FROM 'false'"
            " FROM pg_constraint c WHERE conname = 'ck_incident_closed_with_evidence'"
        )
    )
    if not check:
        found.append("the constraint closed_with_evidence on incident is missing or switched off")
    found += [
        f"{row.line}: nothing of this kind belongs to a guarded table"
        for row in conn.execute(_STANDING)
        if row.line.split()[0] in ("rule", "heir", "policy")
        or (row.line.startswith("table ") and not row.line.endswith(" p false"))
        or (row.line.startswith("trigger ") and " TRIGGER guard_" not in row.line)
    ]
    return found


def _plain(definition: str) -> str:
    """Return a trigger's definition without what PostgreSQL adds when it repeats it."""
    return re.sub(r"public\.|::text|[()]", "", definition).lower()


def _named(sql: str) -> tuple[str, str]:
    head, table = sql.split(" ON ", 1)
    return head.split("TRIGGER ", 1)[1].split()[0], table.split()[0]
