"""Views of the tables that hold customers' personal data, as an auditor reads them (`masked`).

They have the tables' names and columns, and stand in front of them for the length of one
transaction (`Store.read`): so whatever is asked, listed, searched or exported is masked in one
place, and a query that is written tomorrow is too.  A newcomer would mask what pages show.
Whoever may alter the schema can have them show everything; `faults` tells.

Who is outside has a name that says nothing and stays the same.  In what people wrote, names as they
stand in the register, addresses of mail and telephone numbers are masked; nobody can find the rest.
What incidents and actions are searched by is left as it is: masked, no index would find it.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Table, text

from engine.domain.signer import BEARERS
from engine.store import schema as t
from engine.store.connect import script

# What each column is made of, `{c}` being its name; all others are as they are.
_WORDS: Final = "masked.words({c})"
_ANSWERS: Final = "masked.answers({c})"
_GONE: Final = "NULL"
_HIDDEN: Final = "CASE WHEN {c} <> '' THEN masked.hidden() ELSE {c} END"
# most are our own people: what is asked here, and not in a function, is asked of all at once
_WHO: Final = """CASE WHEN person_id IS NULL THEN masked.words({c})
  WHEN EXISTS (SELECT FROM public.person p WHERE p.id = person_id AND p.organisation_id IS NOT NULL)
  THEN masked.who(person_id, {c}) ELSE {c} END"""
_OUTSIDE: Final = "organisation_id IS NOT NULL AND id <> ALL ((SELECT masked.people())::uuid[])"

MASKED: Mapping[Table, Mapping[str, str]] = {
    t.person: {
        "name": f"CASE WHEN {_OUTSIDE} THEN masked.other_name(id) ELSE {{c}} END",
        "login": f"CASE WHEN {_OUTSIDE} THEN masked.alias('', id) ELSE {{c}} END",
        "email": f"CASE WHEN {_OUTSIDE} THEN masked.hidden() ELSE {{c}} END",
        "phone": f"CASE WHEN {_OUTSIDE} AND {{c}} IS NOT NULL THEN masked.hidden() ELSE {{c}} END",
        "unreachable_because": f"CASE WHEN {_OUTSIDE} THEN {_HIDDEN} ELSE {{c}} END",
        "password_hash": _GONE,
    },
    t.caller: {"name": "masked.alias('Caller ', incident_id)", "contact": _HIDDEN},
    t.entry: {"actor": _WHO, "content": _ANSWERS},
    t.access_entry: {"actor": _WHO, "content": _ANSWERS},
    t.register_entry: {
        "actor": _WHO,
        # what is entered of our own people is not what is masked
        "content": "CASE WHEN kind <> 'person' THEN masked.answers({c})"
        " WHEN masked.is_outside(subject_id) THEN masked.personal({c}) ELSE {c} END",
    },
    t.target: {
        "label": "masked.alias('Recipient ', id)",
        "note": _WORDS,
        "accepted_because": _WORDS,
    },
    t.file: {"name": _WORDS, "added_by": _WORDS},
    t.file_content: {
        "content": "CASE WHEN EXISTS (SELECT FROM public.file f WHERE f.digest = its.digest"
        " AND f.incident_id = ANY ((SELECT masked.incidents())::uuid[])) THEN {c}"
        " ELSE ''::bytea END"
    },
    t.action: {
        "contact": _HIDDEN,
        "evidence": _WORDS,
        "declined_because": _WORDS,
        "deadline_because": _WORDS,
    },
    t.work_item: {"answers": _ANSWERS, "draft": _ANSWERS, "left_over": _ANSWERS},
    t.closure_finding: {"why": _WORDS},
    t.confirmer: {"stands_for": _WORDS},
    t.representative: {"stands_for": _WORDS},
    t.confirmation: {"words": _WORDS},
    t.confirmation_line: {"words": _WORDS},
    t.verification: {"words": _WORDS},
    t.criterion: {"measured": _WORDS, "missed_because": _WORDS},
    t.decision: {"reason": _WORDS},
    t.tried: {"words": _WORDS},
    t.dispute: {"why": _WORDS},
    t.dispute_end: {"why": _WORDS},
    t.way_out: {"reason": _WORDS},
    t.way_back: {"words": _WORDS},
    t.acceptance: {"reason": _WORDS},
    t.uncovered_accepted: {"reason": _WORDS},
    t.priority_lowering: {"reason": _WORDS},
    t.restriction: {"reason": _WORDS, "lift_reason": _WORDS, "declined_because": _WORDS},
    t.erasure: {
        "names": "CASE WHEN {c} <> '{{}}' THEN ARRAY[masked.hidden()] ELSE {c} END",
        "why": _WORDS,
    },
    t.erasure_answer: {"words": _WORDS},
    t.legal_hold: {"why": _WORDS},
    t.legal_hold_end: {"why": _WORDS},
    t.message: {"failed": _WORDS, "call_failed": _WORDS},
}

# How a name is written in an index of names: letters and digits, one blank between.
PLAIN_NAME: Final = "regexp_replace(lower(name), '[^[:alnum:]]+', ' ', 'g')"

_FUNCTIONS = rf"""
CREATE FUNCTION masked.hidden() RETURNS text IMMUTABLE LANGUAGE sql RETURN '•••';
CREATE FUNCTION masked.people() RETURNS uuid[] STABLE LANGUAGE sql RETURN
  coalesce(nullif(current_setting('putright.people', true), ''), '{{}}')::uuid[];
CREATE FUNCTION masked.incidents() RETURNS uuid[] STABLE LANGUAGE sql RETURN
  coalesce(nullif(current_setting('putright.incidents', true), ''), '{{}}')::uuid[];
CREATE FUNCTION masked.alias(what text, id uuid) RETURNS text IMMUTABLE LANGUAGE sql RETURN
  what || upper(left(md5(id::text), 6));
CREATE FUNCTION masked.is_outside(the_id uuid) RETURNS boolean STABLE LANGUAGE sql RETURN
  EXISTS (SELECT FROM public.person p WHERE p.id = the_id AND p.organisation_id IS NOT NULL
    AND p.id <> ALL (masked.people()));
CREATE FUNCTION masked.other_name(the_id uuid) RETURNS text STABLE LANGUAGE sql RETURN
  masked.alias((SELECT CASE o.kind WHEN 'supplier' THEN 'Supplier ' ELSE 'Customer ' END
    FROM public.person p JOIN public.organisation o ON o.id = p.organisation_id
    WHERE p.id = the_id), the_id);
CREATE FUNCTION masked.who(the_id uuid, its_name text) RETURNS text STABLE LANGUAGE sql RETURN
  CASE WHEN its_name IS NULL OR NOT masked.is_outside(the_id) THEN its_name
    ELSE coalesce((SELECT held FROM unnest(ARRAY[{", ".join(f"'{one}'" for one in BEARERS)}]) held
      WHERE starts_with(its_name, held)), '') || masked.other_name(the_id) END;

CREATE FUNCTION masked.words(said text) RETURNS text STABLE LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_one record;
  plain text[];
BEGIN
  IF said IS NULL OR said !~ '[[:alnum:]]' OR said ~ '^[0-9a-f-]{{36}}$' THEN
    RETURN said;
  END IF;
  said := regexp_replace(said, '[^\s@"<>:,;]+@[^\s@"<>,;]+', masked.hidden(), 'g');
  said := regexp_replace(said,
    '(?<![\w:.,-])(?!\d\d/\d\d/\d\d\d\d)[+0]\d[\d /()-]{{5,}}\d(?![\w-])', masked.hidden(), 'g');
  plain := string_to_array(btrim(regexp_replace(lower(said), '[^[:alnum:]]+', ' ', 'g')), ' ');
  FOR found_one IN
    SELECT p.id, {PLAIN_NAME} AS named FROM public.person p
    WHERE p.organisation_id IS NOT NULL AND p.id <> ALL (masked.people())
      AND {PLAIN_NAME} = ANY (ARRAY(
        SELECT array_to_string(plain[place:place + longer], ' ')
        FROM generate_subscripts(plain, 1) place, generate_series(0, 3) longer))
      AND {PLAIN_NAME} ~ '[[:alnum:]]'
  LOOP
    said := regexp_replace(said,
      '\m' || replace(found_one.named, ' ', '[^[:alnum:]]+') || '\M',
      masked.other_name(found_one.id), 'gi');
  END LOOP;
  RETURN said;
END $$;

-- answers and records: each text by itself, as a whole it would not stay JSON
CREATE FUNCTION masked.json(said jsonb, hides text[], is_hidden boolean) RETURNS jsonb
STABLE LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  CASE jsonb_typeof(said)
    WHEN 'string' THEN
      RETURN to_jsonb(CASE WHEN is_hidden THEN masked.hidden()
        ELSE masked.words(said #>> '{{}}') END);
    WHEN 'array' THEN
      RETURN (SELECT coalesce(jsonb_agg(masked.json(one, hides, is_hidden) ORDER BY place), '[]')
        FROM jsonb_array_elements(said) WITH ORDINALITY listed (one, place));
    WHEN 'object' THEN
      RETURN (SELECT coalesce(jsonb_object_agg(key,
          masked.json(value, hides, is_hidden OR key = ANY (hides))), '{{}}')
        FROM jsonb_each(said));
    ELSE
      RETURN said;
  END CASE;
END $$;
CREATE FUNCTION masked.answers(said jsonb) RETURNS jsonb STABLE LANGUAGE sql RETURN
  masked.json(said, ARRAY['caller', 'contact', 'email', 'phone', 'place', 'address', 'client'],
    false);
CREATE FUNCTION masked.personal(said jsonb) RETURNS jsonb STABLE LANGUAGE sql RETURN
  masked.json(said, ARRAY['name', 'login', 'contact', 'email', 'phone'], false);

CREATE FUNCTION masked.begin(me uuid, at timestamptz) RETURNS boolean VOLATILE LANGUAGE plpgsql
AS $$
DECLARE
  every boolean;
  seen uuid[];
  known uuid[] := '{{}}';
BEGIN
  SELECT coalesce(bool_or(p.incident_ids IS NULL), false),
         coalesce(array_agg(one) FILTER (WHERE one IS NOT NULL), '{{}}') INTO every, seen
    FROM public.purpose p LEFT JOIN LATERAL unnest(p.incident_ids) one ON true
    WHERE p.person_id = me AND p.ended_at IS NULL AND p.until > at;
  IF every THEN
    RETURN false;
  END IF;
  IF seen <> '{{}}' THEN
    SELECT array_agg(DISTINCT who) INTO known FROM (
      SELECT reporter_id AS who FROM public.incident WHERE id = ANY (seen)
      UNION SELECT lead_id FROM public.incident WHERE id = ANY (seen)
      UNION SELECT person_id FROM public.entry WHERE incident_id = ANY (seen)
      UNION SELECT person_id FROM public.confirmer WHERE incident_id = ANY (seen)
      UNION SELECT unnest(people) FROM public.work_item WHERE incident_id = ANY (seen)
      UNION SELECT person_id FROM public.message WHERE incident_id = ANY (seen)
      UNION SELECT person_id FROM public.also_harmed WHERE incident_id = ANY (seen)) part
      WHERE who IS NOT NULL;
  END IF;
  PERFORM set_config('putright.incidents', seen::text, true),
    set_config('putright.people', known::text, true),
    set_config('putright.masked', 'yes', true);
  PERFORM set_config('search_path', 'masked, public', true);
  RETURN true;
END $$;
"""  # noqa: S608 - constants of this module


def remove(conn: Connection) -> None:
    """Take the views down, so that the tables beneath them can be changed."""
    conn.exec_driver_sql("DROP SCHEMA IF EXISTS masked CASCADE")


def install(conn: Connection) -> None:
    """Make the views of today's tables anew; called by migrations, as the owner of the tables."""
    remove(conn)
    _make(conn, "masked")


def _make(conn: Connection, schema: str) -> None:
    conn.exec_driver_sql(f"CREATE SCHEMA {schema}")
    script(conn, _FUNCTIONS.replace("masked.", f"{schema}."))
    for table, columns in MASKED.items():
        conn.exec_driver_sql(_view(table, columns).replace("masked.", f"{schema}."))


# All that stands in a schema, as PostgreSQL describes it.
_STANDING = text("""
SELECT 'function ' || p.oid::regprocedure AS name, pg_get_functiondef(p.oid) AS definition
  FROM pg_proc p WHERE p.pronamespace = to_regnamespace(:schema) AND p.prokind = 'f'
UNION ALL
SELECT 'view ' || c.relname, c.relkind::text || coalesce(c.reloptions::text, '')
    || coalesce(pg_get_viewdef(c.oid), '')
  FROM pg_class c WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind <> 'c'
ORDER BY 1
""")
_AFRESH: Final = "masked_afresh"


def faults(conn: Connection) -> list[str]:
    """Return what of the masking views and functions is not this release's, a sentence each.

    They are made a second time beside those that stand, compared, and taken back: PostgreSQL
    writes what it was given in words of its own.  `conn` is the owner's.
    """
    standing = _standing(conn, "masked")
    with conn.begin_nested() as beside:
        _make(conn, _AFRESH)
        wanted = _standing(conn, _AFRESH)
        beside.rollback()
    return [
        f"the {name} that masks is missing"
        if name not in standing
        else f"the {name} masks nothing that this release knows of"
        if name not in wanted
        else f"the {name} that masks is not the one of this release"
        for name in sorted(standing.keys() | wanted.keys())
        if standing.get(name) != wanted.get(name)
    ]


def _standing(conn: Connection, schema: str) -> dict[str, str]:
    rows = conn.execute(_STANDING, {"schema": schema})
    return {
        row.name.replace(f"{schema}.", ""): row.definition.replace(f"{schema}.", "masked.")
        for row in rows
    }


def _view(table: Table, columns: Mapping[str, str]) -> str:
    listed = ", ".join(
        f"{_column(table, columns[one.name], one.name)} AS {one.name}"
        if one.name in columns
        else f"its.{one.name}"
        for one in table.c
    )
    return f"CREATE VIEW masked.{table.name} AS SELECT {listed} FROM public.{table.name} its"  # noqa: S608 - names of our own tables


def _column(table: Table, made_of: str, name: str) -> str:
    made = made_of.format(c=f"its.{name}")
    if "incident_id" not in table.c:
        return made
    clear = "its.incident_id = ANY ((SELECT masked.incidents())::uuid[])"
    return f"CASE WHEN {clear} THEN its.{name} ELSE {made} END"
