"""What is erased by law, as PostgreSQL does it and lets nobody else do it.

Three functions run as the owner of the tables: one for an incident, one for what stands beside
incidents, one for the end.  Each asks by itself whether a second person has agreed, whether
somebody holds on to it, and whether it was done before; while it runs, the guard lets pass that
words become others, and nothing else.  A newcomer would give the application's role the right to
change records for the purpose: it would have it for every other purpose too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB

from engine.domain.erasing import ERASED, OF_ACCESS, OF_INCIDENT, OF_REGISTER, PSEUDONYM
from engine.store import schema as t


@dataclass(frozen=True)
class Place:
    """A table with people's words, and the condition for the rows of one incident."""

    table: Table
    words: tuple[str, ...]
    of: str = "incident_id = the_incident"

    @property
    def texts(self) -> list[str]:
        """The columns that are texts."""
        return [one for one in self.words if not isinstance(self.table.c[one].type, JSONB)]

    @property
    def documents(self) -> list[str]:
        """The columns that are JSON."""
        return [one for one in self.words if isinstance(self.table.c[one].type, JSONB)]


def _through(column: str, table: str) -> str:
    return f"{column} IN (SELECT id FROM public.{table} WHERE incident_id = the_incident)"  # noqa: S608


# What is written of an incident, beside its record.
OF_INCIDENTS: Final = (
    Place(
        t.incident, ("title", "expected", "actual", "harmed", "source_reference"),
        "id = the_incident",
    ),
    Place(t.way_out, ("reason",)),
    Place(t.way_back, ("words",), _through("way_out_id", "way_out")),
    Place(t.acceptance, ("reason",)),
    Place(t.criterion, ("measure", "threshold", "evidence", "measured", "missed_because")),
    Place(t.confirmer, ("stands_for",)),
    Place(t.uncovered_accepted, ("reason",)),
    Place(t.priority_lowering, ("reason",)),
    Place(t.caller, ("name", "contact")),
    Place(
        t.action,
        (
            "title", "detail", "deadline_because", "reference", "contact", "outcome", "evidence",
            "declined_because",
        ),
    ),
    Place(t.target, ("label", "note", "accepted_because")),
    Place(t.confirmation, ("words",)),
    Place(t.confirmation_line, ("words",), _through("confirmation_id", "confirmation")),
    Place(t.verification, ("words",)),
    Place(t.decision, ("reason",)),
    Place(t.work_item, ("title", "draft", "left_over", "answers")),
    Place(t.tried, ("words",), _through("item_id", "work_item")),
    Place(t.restriction, ("reason", "lift_reason", "declined_because")),
    Place(t.dispute, ("why",)),
    Place(t.dispute_end, ("why",), _through("dispute_id", "dispute")),
    Place(t.run, ("fault",)),
    Place(t.move_line, ("sentence", "said"), _through("run_id", "run")),
    Place(t.message, ("failed", "call_failed")),
    Place(t.file, ("name", "added_by")),
    Place(t.closure_finding, ("why",)),
)  # fmt: skip

# What people wrote beside incidents, and may have named somebody in.
ELSEWHERE: Final = (
    Place(t.representative, ("stands_for",)),
    Place(t.release, ("published_by", "reason", "agreed_by", "waived", "touches")),
    Place(t.draft, ("title", "reason")),
    Place(t.move, ("reason",)),
    Place(t.purpose, ("why",)),
    Place(t.api_token, ("name",)),
    Place(t.saved_view, ("name", "query")),
    Place(t.saved_query, ("name", "query")),
    Place(t.person, ("unreachable_because",)),
    Place(t.alert, ("title",)),
    Place(t.legal_hold, ("why",)),
    Place(t.legal_hold_end, ("why",)),
    Place(t.erasure, ("why",)),
    Place(t.erasure_answer, ("words",)),
    Place(t.unanchored, ("why",)),
)
# What changes beside words while something is erased.
_BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "incident": ("erased_by",),
    "erasure": ("names",),
    "entry": ("content", "salt", "actor", "actor_salt"),
    "register_entry": ("content", "salt", "actor", "actor_salt"),
    "access_entry": ("content", "salt", "actor", "actor_salt"),
}

# What the guard asks: may this change pass?  Only words may become others, or nothing.
PASSING: Final = (
    r"""
CREATE OR REPLACE FUNCTION putright_is_erasing() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public AS $$
DECLARE
  called_by text;
BEGIN
  GET DIAGNOSTICS called_by = PG_CONTEXT;
  -- within the functions that erase, which run as the owner of the tables, and nowhere else
  RETURN called_by ~ '\mfunction putright_(erase_incident|finish_erasing)\('
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class
                        WHERE oid = 'public.incident'::regclass);
END $$;

CREATE OR REPLACE FUNCTION putright_only_erases(its_table text, was jsonb, becomes jsonb)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public AS $$
DECLARE
  may_change text[] := public.putright_erasable(its_table);
BEGIN
  IF may_change IS NULL OR NOT public.putright_is_erasing() THEN
    RETURN false;
  END IF;
  IF its_table LIKE '%entry' AND EXISTS (
    -- what stood in a record is taken out of it, and nothing put in its place
    SELECT FROM unnest(may_change) one
    WHERE becomes -> one <> 'null' AND becomes -> one <> was -> one
  ) THEN
    RETURN false;
  END IF;
  RETURN was - may_change = becomes - may_change;
END $$;

-- At the end of a transaction, for it is written last: what is taken out of a record is said by an
-- entry of the same chain.
CREATE OR REPLACE FUNCTION putright_check_tombstone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  says jsonb;
BEGIN
  IF TG_TABLE_NAME = 'entry' THEN
    SELECT content INTO says FROM public.entry WHERE incident_id = NEW.incident_id
      AND seq > NEW.seq AND verb = 'OF_INCIDENT' ORDER BY seq DESC LIMIT 1;
  ELSIF TG_TABLE_NAME = 'access_entry' THEN
    SELECT content INTO says FROM public.access_entry WHERE chain_id = NEW.chain_id
      AND seq > NEW.seq AND verb = 'OF_ACCESS' ORDER BY seq DESC LIMIT 1;
  ELSE
    SELECT content INTO says FROM public.register_entry
      WHERE seq > NEW.seq AND verb = 'OF_REGISTER' ORDER BY seq DESC LIMIT 1;
  END IF;
  IF (OLD.content IS NOT NULL AND NEW.content IS NULL
      AND NOT coalesce(says->'content_of' @> to_jsonb(NEW.seq), false))
     OR (OLD.actor IS NOT NULL AND NEW.actor IS NULL
      AND NOT coalesce(says->'actor_of' @> to_jsonb(NEW.seq), false)) THEN
    PERFORM public.putright_refuse('what is taken out of a record is said by an entry', 'kept');
  END IF;
  RETURN NULL;
END $$;
""".replace("OF_INCIDENT", OF_INCIDENT)
    .replace("OF_ACCESS", OF_ACCESS)
    .replace("OF_REGISTER", OF_REGISTER)
)

# Whom it is about, how they are found in words, and what stands in the way.
_WHOM: Final = rf"""
CREATE OR REPLACE FUNCTION putright_as_pattern(said text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
  SELECT CASE
    WHEN said LIKE '%@%' THEN '(?<![[:alnum:]_.+-])'
      || regexp_replace(lower(btrim(said)), '([^[:alnum:]])', '\\\1', 'g') || '(?![[:alnum:]_-])'
    WHEN said ~ '^[ ]*[+0-9][0-9 ()/.-]{{4,}}[0-9][ ]*$' THEN '(?<![0-9])' || array_to_string(
      regexp_split_to_array(regexp_replace(said, '[^0-9]', '', 'g'), ''), '[ ()/.-]*')
      || '(?![0-9])'
    ELSE '\m' || replace(btrim(regexp_replace(lower(said), '[^[:alnum:]]+', ' ', 'g')), ' ',
      '[^[:alnum:]]+') || '\M' END
$$;

-- What somebody is and was called; in words, a name that somebody else has too is of nobody.
CREATE OR REPLACE FUNCTION putright_called(e public.erasure) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT DISTINCT btrim(one.said) FROM (
    SELECT unnest(e.names) AS said
    UNION SELECT unnest(ARRAY[p.name, p.email, p.phone]) FROM public.person p
      WHERE p.id = e.person_id
    UNION SELECT unnest(ARRAY[r.content->>'name', f.before, f.after]) FROM public.register_entry r
      LEFT JOIN LATERAL (
        SELECT r.content->'changed'->field->>0 AS before, r.content->'changed'->field->>1 AS after
        FROM unnest(ARRAY['name', 'email', 'phone']) field) f ON true
      WHERE r.kind = 'person' AND r.subject_id = e.person_id) one
  WHERE one.said ~ '[[:alnum:]]' AND NOT EXISTS (
    SELECT FROM public.person other WHERE other.id IS DISTINCT FROM e.person_id
    AND lower(btrim(one.said)) IN (lower(other.name), lower(other.email), lower(other.phone)))
$$;

CREATE OR REPLACE FUNCTION putright_pattern(e public.erasure) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT '(' || string_agg(public.putright_as_pattern(said), '|') || ')'
  FROM public.putright_called(e) said
$$;

CREATE OR REPLACE FUNCTION putright_pseudonym(e public.erasure) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
  SELECT '{PSEUDONYM}' || upper(left(md5(coalesce(e.person_id, e.id)::text), 6))
$$;

-- JSON as one text to look for names in: a new line is no letter
CREATE OR REPLACE FUNCTION putright_flat(said jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
  SELECT replace(replace(replace(said::text, '\n', ' '), '\t', ' '), '\r', ' ')
$$;

-- each text by itself: as a whole it would not stay JSON
CREATE OR REPLACE FUNCTION putright_without(said jsonb, pattern text, pseudonym text,
  goes text[] DEFAULT '{{}}', is_gone boolean DEFAULT false)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public AS $$
BEGIN
  CASE jsonb_typeof(said)
    WHEN 'string' THEN
      RETURN to_jsonb(CASE WHEN is_gone THEN '{ERASED}'
        ELSE regexp_replace(said #>> '{{}}', pattern, pseudonym, 'gi') END);
    WHEN 'array' THEN
      RETURN (SELECT coalesce(jsonb_agg(
          public.putright_without(one, pattern, pseudonym, goes, is_gone) ORDER BY place), '[]')
        FROM jsonb_array_elements(said) WITH ORDINALITY listed (one, place));
    WHEN 'object' THEN
      RETURN (SELECT coalesce(jsonb_object_agg(key, public.putright_without(
          value, pattern, pseudonym, goes, is_gone OR key = ANY (goes))), '{{}}')
        FROM jsonb_each(said));
    ELSE
      RETURN said;
  END CASE;
END $$;

-- What somebody outside wrote by themselves, or said on the phone, goes with them.
CREATE OR REPLACE FUNCTION putright_is_theirs(content jsonb, signer uuid, who uuid)
RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
  SELECT (content ? 'words' OR content ? 'sha256'
          OR content @? '$.criteria[*].words'::jsonpath)
    AND (signer = who OR content->>'person' = who::text OR content->>'whom' = who::text)
$$;

CREATE OR REPLACE FUNCTION putright_is_held(the_incident uuid, who uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT FROM public.legal_hold h
    WHERE (h.incident_id = the_incident OR h.person_id = who)
    AND NOT EXISTS (SELECT FROM public.legal_hold_end x WHERE x.hold_id = h.id))
$$;

-- Who is still here, is still asked for something or held on to is not erased.
CREATE OR REPLACE FUNCTION putright_in_the_way(who uuid)
RETURNS TABLE (what text, number bigint, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT 'here', NULL::bigint, NULL::text FROM public.person WHERE id = who AND is_active
  UNION ALL SELECT 'held', NULL, NULL WHERE public.putright_is_held(NULL, who)
  UNION ALL SELECT DISTINCT 'incident_held', i.number, NULL FROM public.legal_hold h
    JOIN public.incident i ON i.id = h.incident_id
    WHERE public.putright_is_held(i.id, NULL) AND (i.reporter_id = who OR i.lead_id = who
      OR EXISTS (SELECT FROM public.entry x WHERE x.incident_id = i.id
                 AND (x.person_id = who OR x.content::text LIKE '%' || who::text || '%'))
      OR EXISTS (SELECT FROM public.confirmer c WHERE c.incident_id = i.id AND c.person_id = who))
  UNION ALL SELECT DISTINCT 'asked', i.number, NULL FROM public.work_item w
    JOIN public.incident i ON i.id = w.incident_id
    WHERE w.ended_at IS NULL AND (w.people @> ARRAY[who] OR w.claimed_by = who)
  UNION ALL SELECT 'leads', number, NULL FROM public.incident WHERE lead_id = who AND state = 'open'
  UNION ALL SELECT 'answers', i.number, NULL FROM public.confirmer c
    JOIN public.incident i ON i.id = c.incident_id
    WHERE c.person_id = who AND c.withdrawn_at IS NULL AND i.state = 'open'
  UNION ALL SELECT DISTINCT 'acts', i.number, NULL FROM public.action a
    JOIN public.incident i ON i.id = a.incident_id
    WHERE a.person_id = who AND a.settled_at IS NULL
  UNION ALL SELECT 'office', NULL, p.name FROM public.business_process p
    WHERE who IN (p.owner_id, p.duty_lead_id, p.authority_id)
      OR EXISTS (SELECT FROM public.deputy d WHERE d.process_id = p.id AND d.person_id = who)
      OR EXISTS (SELECT FROM public.representative r WHERE r.process_id = p.id
                 AND r.person_id = who)
$$;

-- Why an incident is kept although it ended long ago; nothing if it is not.
CREATE OR REPLACE FUNCTION putright_keeps(i public.incident) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT CASE
    WHEN i.state = 'open' OR i.ended_at IS NULL THEN 'open'
    WHEN public.putright_is_held(i.id, NULL) THEN 'held'
    WHEN EXISTS (SELECT FROM public.run WHERE incident_id = i.id AND ended_at IS NULL)
      OR EXISTS (SELECT FROM public.work_item WHERE incident_id = i.id AND ended_at IS NULL)
      OR EXISTS (SELECT FROM public.action WHERE incident_id = i.id AND settled_at IS NULL)
      THEN 'work'
    WHEN EXISTS (SELECT FROM public.dispute d WHERE d.incident_id = i.id AND NOT EXISTS (
      SELECT FROM public.dispute_end x WHERE x.dispute_id = d.id)) THEN 'dispute'
    -- what it was joined with tells on what it told
    WHEN EXISTS (SELECT FROM public.way_out w JOIN public.incident into_it ON into_it.id = w.into_id
                 WHERE w.id = i.way_out_id AND into_it.state = 'open') THEN 'joined' END
$$;
"""

_BEGIN: Final = r"""
CREATE OR REPLACE FUNCTION putright_begin_erasing(the_erasure uuid) RETURNS public.erasure
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  e public.erasure;
  by_whom uuid;
BEGIN
  -- whoever holds on to something waits for this, or this for them
  PERFORM FROM public.register FOR SHARE;
  SELECT * INTO e FROM public.erasure WHERE id = the_erasure;
  SELECT answered_by INTO by_whom FROM public.erasure_answer
    WHERE erasure_id = e.id AND is_agreed AND answered_by <> e.asked_by;
  IF by_whom IS NULL THEN
    PERFORM public.putright_refuse('what is erased was agreed to by a second person', 'kept');
  END IF;
  IF NOT EXISTS (SELECT FROM public.register_entry WHERE subject_id = e.id
                 AND verb = 'erasure:asked' AND person_id = e.asked_by)
     OR NOT EXISTS (SELECT FROM public.register_entry WHERE subject_id = e.id
                    AND verb = 'erasure:agreed' AND person_id = by_whom) THEN
    PERFORM public.putright_refuse('no entry says who asked for it and who agreed', 'kept');
  END IF;
  IF EXISTS (SELECT FROM public.erasure_done WHERE erasure_id = e.id) THEN
    PERFORM public.putright_refuse('it was erased before', 'kept');
  END IF;
  IF e.person_id IS NOT NULL
     AND EXISTS (SELECT FROM public.putright_in_the_way(e.person_id)) THEN
    PERFORM public.putright_refuse(
      'who is still here, asked for something or held on to is not erased', 'held');
  END IF;
  -- Evidence that was to be looked at when the transaction ends is looked at now; from here on it
  -- is looked at once, when all of it is done.
  SET CONSTRAINTS guard_evidence IMMEDIATE;
  PERFORM set_config('putright.erasing', e.id::text, true);
  RETURN e;
END $$;
"""

_END: Final = r"""
CREATE OR REPLACE FUNCTION putright_end_erasing() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM set_config('putright.erasing', '', true);
  SET CONSTRAINTS guard_evidence DEFERRED;
END $$;
"""


def _erasable() -> str:
    """Return the function that says which columns may change while something is erased."""
    columns: dict[str, list[str]] = {}
    for place in (*OF_INCIDENTS, *ELSEWHERE):
        columns.setdefault(place.table.name, []).extend(place.words)
    for table, beside in _BESIDE.items():
        columns.setdefault(table, []).extend(beside)
    cases = "\n".join(
        f"    WHEN '{table}' THEN '{{{','.join(names)}}}'::text[]"
        for table, names in columns.items()
    )
    return f"""
CREATE OR REPLACE FUNCTION putright_erasable(its_table text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
  SELECT CASE its_table
{cases} END
$$;
"""


def _says(place: Place) -> str:
    """Return SQL for all words of a row as one text."""
    flat = [f"public.putright_flat({one})" for one in place.documents]
    return f"concat_ws(' ', {', '.join([*place.texts, *flat])})"


# of which incident a row is, where it does not say so by itself
_INCIDENT_OF: Final[Mapping[str, str]] = {
    "incident": "id",
    "way_back": "(SELECT w.incident_id FROM public.way_out w WHERE w.id = way_out_id)",
    "confirmation_line": "(SELECT c.incident_id FROM public.confirmation c"
    " WHERE c.id = confirmation_id)",
    "tried": "(SELECT w.incident_id FROM public.work_item w WHERE w.id = item_id)",
    "dispute_end": "(SELECT d.incident_id FROM public.dispute d WHERE d.id = dispute_id)",
    "move_line": "(SELECT r.incident_id FROM public.run r WHERE r.id = run_id)",
}


def _named_in() -> str:
    """Return the function that finds the incidents in which something of a person stands."""
    found = "\n".join(
        f"  UNION SELECT {_INCIDENT_OF.get(place.table.name, 'incident_id')}"  # noqa: S608
        f" FROM public.{place.table.name} WHERE {_says(place)} ~* pattern"
        for place in OF_INCIDENTS
    )
    return rf"""
CREATE OR REPLACE FUNCTION putright_named_in(e public.erasure) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public AS $$
DECLARE
  pattern text := coalesce(public.putright_pattern(e), '(?=a)b');
  outside boolean := EXISTS (
    SELECT FROM public.person WHERE id = e.person_id AND organisation_id IS NOT NULL);
BEGIN
  RETURN QUERY SELECT incident_id FROM public.entry
    WHERE person_id = e.person_id AND actor IS NOT NULL AND format > 1
  UNION SELECT incident_id FROM public.entry
    WHERE verb <> '{OF_INCIDENT}' AND (format > 1 AND actor ~* pattern
      OR public.putright_flat(content) ~* pattern
      OR outside AND public.putright_is_theirs(content, person_id, e.person_id))
{found};
END $$;
"""


def _replaced(place: Place) -> Iterator[str]:
    """Yield what each column becomes without the name of a person."""
    for one in place.texts:
        yield f"{one} = regexp_replace({one}, pattern, pseudonym, 'gi')"
    for one in place.documents:
        yield f"{one} = public.putright_without({one}, pattern, pseudonym)"


def _emptied(place: Place) -> Iterator[str]:
    """Yield what each column becomes when nothing of it is kept; what is empty stays so."""
    for one in place.texts:
        if (place.table.name, one) == ("target", "label"):
            # how many different ones there are is counted on
            yield f"{one} = '{ERASED} ' || left(md5({one} || drawn), 8)"
        else:
            yield f"{one} = CASE WHEN {one} <> '' THEN '{ERASED}' ELSE {one} END"
    for one in place.documents:
        if place.table.c[one].nullable:
            yield f"{one} = NULL"


def _updated(place: Place, columns: Iterator[str], where: str) -> str:
    name = place.table.name
    return f"""    UPDATE public.{name} SET {", ".join(columns)}
      WHERE {where};
    GET DIAGNOSTICS so_many = ROW_COUNT;
    facts := facts + so_many;"""


# Files that somebody outside gave: their entries know by whom.
_THEIR_FILES: Final = """EXISTS (SELECT FROM public.entry x WHERE x.incident_id = f.incident_id
        AND x.seq = f.entry_seq AND x.person_id = e.person_id)"""


def _erase_incident() -> str:
    """Return the function that erases what is asked for of one incident, and says what it was."""
    replaced = "\n".join(
        _updated(place, _replaced(place), f"{place.of} AND {_says(place)} ~* pattern")
        for place in OF_INCIDENTS
    )
    emptied = "\n".join(_updated(place, _emptied(place), place.of) for place in OF_INCIDENTS)
    return rf"""
CREATE OR REPLACE FUNCTION putright_erase_incident(the_erasure uuid, the_incident uuid)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  e public.erasure := public.putright_begin_erasing(the_erasure);
  i public.incident;
  pattern text := coalesce(public.putright_pattern(e), '(?=a)b');
  pseudonym text := public.putright_pseudonym(e);
  outside boolean := EXISTS (
    SELECT FROM public.person WHERE id = e.person_id AND organisation_id IS NOT NULL);
  -- nobody can guess a label from what is left of it
  drawn text := gen_random_uuid()::text || gen_random_uuid()::text;
  content_of integer[];
  actor_of integer[];
  facts integer := 0;
  so_many integer;
  digests bytea[] := '{{}}';
BEGIN
  SELECT * INTO i FROM public.incident WHERE id = the_incident FOR UPDATE;
  IF NOT FOUND OR public.putright_is_held(i.id, e.person_id) THEN
    PERFORM public.putright_refuse('what somebody holds on to is not erased', 'held');
  END IF;
  IF e.ended_before IS NOT NULL THEN
    IF public.putright_keeps(i) IS NOT NULL OR i.ended_at >= e.ended_before
       OR i.process_id <> coalesce(e.process_id, i.process_id) THEN
      PERFORM public.putright_refuse('this is still to be kept', 'held');
    END IF;
    IF i.erased_by IS NOT NULL THEN
      PERFORM public.putright_refuse('it was erased before', 'kept');
    END IF;
    SELECT array_agg(seq) FILTER (WHERE content IS NOT NULL),
           array_agg(seq) FILTER (WHERE actor IS NOT NULL AND format > 1)
      INTO content_of, actor_of FROM public.entry
      WHERE incident_id = i.id AND verb <> '{OF_INCIDENT}';
    SELECT coalesce(array_agg(DISTINCT digest), '{{}}') INTO digests FROM public.file
      WHERE incident_id = i.id;
    UPDATE public.incident SET erased_by = e.id WHERE id = i.id;
{emptied}
    UPDATE public.caller SET digest = NULL WHERE incident_id = i.id;
    UPDATE public.link SET ended_at = coalesce(ended_at, now()) WHERE incident_id = i.id;
    DELETE FROM public.watcher WHERE incident_id = i.id;
  ELSE
    SELECT array_agg(seq) FILTER (WHERE public.putright_flat(content) ~* pattern
             OR outside AND public.putright_is_theirs(content, person_id, e.person_id)),
           array_agg(seq) FILTER (WHERE format > 1 AND actor IS NOT NULL
             AND (person_id = e.person_id OR actor ~* pattern))
      INTO content_of, actor_of FROM public.entry
      WHERE incident_id = i.id AND verb <> '{OF_INCIDENT}';
    IF outside THEN
      UPDATE public.confirmation SET words = '{ERASED}'
        WHERE incident_id = i.id AND person_id = e.person_id AND words <> '';
      UPDATE public.confirmation_line SET words = '{ERASED}' WHERE words <> ''
        AND confirmation_id IN (SELECT id FROM public.confirmation
          WHERE incident_id = i.id AND person_id = e.person_id);
      UPDATE public.tried SET words = '{ERASED}' WHERE whom_id = e.person_id
        AND item_id IN (SELECT id FROM public.work_item WHERE incident_id = i.id);
      UPDATE public.target SET note = '{ERASED}'
        WHERE incident_id = i.id AND answered_by = e.person_id AND note <> '';
      UPDATE public.work_item SET answers = public.putright_without(
          answers, pattern, pseudonym, ARRAY['words', 'note', 'name', 'contact'])
        WHERE incident_id = i.id AND ended_by = e.person_id AND answers IS NOT NULL;
      SELECT coalesce(array_agg(DISTINCT digest), '{{}}') INTO digests FROM public.file f
        WHERE f.incident_id = i.id AND {_THEIR_FILES};
      UPDATE public.file f SET name = '{ERASED}'
        WHERE f.incident_id = i.id AND {_THEIR_FILES};
    END IF;
{replaced}
  END IF;
  UPDATE public.entry SET content = NULL, salt = NULL
    WHERE incident_id = i.id AND seq = ANY (content_of);
  UPDATE public.entry SET actor = NULL, actor_salt = NULL
    WHERE incident_id = i.id AND seq = ANY (actor_of);
  -- the same file may have been given by others, who are still to be read
  UPDATE public.file_content c SET content = ''::bytea
    WHERE c.digest = ANY (digests) AND length(c.content) > 0 AND NOT EXISTS (
      SELECT FROM public.file f JOIN public.incident o ON o.id = f.incident_id
      WHERE f.digest = c.digest AND o.erased_by IS NULL
      AND (e.ended_before IS NOT NULL OR NOT {_THEIR_FILES}));
  GET DIAGNOSTICS so_many = ROW_COUNT;
  facts := facts + so_many;
  PERFORM public.putright_end_erasing();
  IF public.putright_missing_evidence(i.id) IS NOT NULL THEN
    PERFORM public.putright_refuse('what is over needs its evidence: '
      || public.putright_missing_evidence(i.id), 'closed_with_evidence');
  END IF;
  RETURN jsonb_build_object('content_of', to_jsonb(coalesce(content_of, '{{}}')),
    'actor_of', to_jsonb(coalesce(actor_of, '{{}}')), 'rows', facts);
END $$;
"""


def _finish() -> str:
    """Return the function that erases what stands beside incidents, and ends the erasure."""
    replaced = "\n".join(
        _updated(place, _replaced(place), f"{_says(place)} ~* pattern") for place in ELSEWHERE
    )
    return rf"""
CREATE OR REPLACE FUNCTION putright_finish_erasing(the_erasure uuid, the_instant timestamptz)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  e public.erasure := public.putright_begin_erasing(the_erasure);
  pattern text := coalesce(public.putright_pattern(e), '(?=a)b');
  pseudonym text := public.putright_pseudonym(e);
  facts integer := 0;
  so_many integer;
  content_of integer[] := '{{}}';
  actor_of integer[] := '{{}}';
  looked_at jsonb := '[]';
BEGIN
  IF e.ended_before IS NULL THEN
    IF EXISTS (SELECT FROM public.putright_named_in(e)) THEN
      PERFORM public.putright_refuse('an incident still says something of them', 'kept');
    END IF;
    SELECT coalesce(array_agg(seq ORDER BY seq) FILTER (WHERE content IS NOT NULL
             AND verb <> '{OF_REGISTER}' AND (kind = 'person' AND subject_id = e.person_id
               OR public.putright_flat(content) ~* pattern
                 AND NOT (kind = 'person' AND subject_id <> coalesce(e.person_id, e.id)))), '{{}}'),
           coalesce(array_agg(seq ORDER BY seq) FILTER (WHERE actor IS NOT NULL AND format > 1
             AND (person_id = e.person_id OR actor ~* pattern)), '{{}}')
      INTO content_of, actor_of FROM public.register_entry;
    -- where somebody was says who it was
    SELECT coalesce(jsonb_agg(jsonb_build_object('chain', chain_id, 'content_of', content_seqs,
        'actor_of', actor_seqs) ORDER BY chain_id), '[]') INTO looked_at FROM (
      SELECT chain_id,
        coalesce(array_agg(seq ORDER BY seq) FILTER (WHERE is_content), '{{}}') AS content_seqs,
        coalesce(array_agg(seq ORDER BY seq) FILTER (WHERE is_actor), '{{}}') AS actor_seqs
      FROM (SELECT chain_id, seq,
          content IS NOT NULL AND verb <> '{OF_ACCESS}' AND (
            public.putright_flat(content) ~* pattern
            OR chain_id = e.person_id AND content ?| ARRAY['address', 'client']) AS is_content,
          actor IS NOT NULL AND format > 1
            AND (person_id = e.person_id OR actor ~* pattern) AS is_actor
        FROM public.access_entry) each_of
      WHERE is_content OR is_actor GROUP BY chain_id) chains;
    UPDATE public.register_entry SET content = NULL, salt = NULL WHERE seq = ANY (content_of);
    UPDATE public.register_entry SET actor = NULL, actor_salt = NULL WHERE seq = ANY (actor_of);
    UPDATE public.access_entry x SET
        content = CASE WHEN one->'content_of' @> to_jsonb(x.seq) THEN NULL ELSE x.content END,
        salt = CASE WHEN one->'content_of' @> to_jsonb(x.seq) THEN NULL ELSE x.salt END,
        actor = CASE WHEN one->'actor_of' @> to_jsonb(x.seq) THEN NULL ELSE x.actor END,
        actor_salt = CASE WHEN one->'actor_of' @> to_jsonb(x.seq) THEN NULL ELSE x.actor_salt END
      FROM jsonb_array_elements(looked_at) one
      WHERE x.chain_id = (one->>'chain')::uuid
        AND (one->'content_of' @> to_jsonb(x.seq) OR one->'actor_of' @> to_jsonb(x.seq));
{replaced}
    UPDATE public.signal SET titles = ARRAY(
        SELECT regexp_replace(one, pattern, pseudonym, 'gi') FROM unnest(titles) one)
      WHERE array_to_string(titles, ' ') ~* pattern;
    UPDATE public.erasure SET names = '{{{PSEUDONYM.strip()}}}'
      WHERE id = e.id AND cardinality(names) > 0;
    -- made for auditors and kept for a day: they can be made anew
    DELETE FROM public.result_file;
    DELETE FROM public.api_token WHERE person_id = e.person_id;
    DELETE FROM public.saved_view WHERE person_id = e.person_id;
    DELETE FROM public.saved_query WHERE person_id = e.person_id AND NOT is_shared;
    DELETE FROM public.idempotency_key WHERE person_id = e.person_id;
    DELETE FROM public.unmailed WHERE person_id = e.person_id;
    DELETE FROM public.watcher WHERE person_id = e.person_id;
    DELETE FROM public.membership WHERE person_id = e.person_id;
    UPDATE public.link SET ended_at = coalesce(ended_at, now()) WHERE person_id = e.person_id;
    UPDATE public.person SET deputy_id = NULL WHERE deputy_id = e.person_id;
    UPDATE public.person SET superior_id = NULL WHERE superior_id = e.person_id;
    UPDATE public.person SET name = pseudonym, login = 'erased-' || id, email = '',
        password_hash = NULL, phone = NULL, roles = '{{}}', language = NULL, time_zone = 'UTC',
        deputy_id = NULL, superior_id = NULL, unreachable_since = NULL,
        unreachable_because = NULL, session_epoch = session_epoch + 1
      WHERE id = e.person_id;
  END IF;
  INSERT INTO public.erasure_done (erasure_id, done_at, incidents) SELECT e.id, the_instant,
    CASE WHEN e.ended_before IS NOT NULL
      THEN (SELECT count(*) FROM public.incident WHERE erased_by = e.id)
      ELSE (SELECT count(*) FROM public.entry x JOIN public.erasure_answer a
        ON a.erasure_id = e.id AND a.answered_by = x.person_id
        WHERE x.verb = '{OF_INCIDENT}' AND x.content->>'erasure' = e.id::text) END;
  PERFORM public.putright_end_erasing();
  RETURN jsonb_build_object('content_of', to_jsonb(content_of), 'actor_of', to_jsonb(actor_of),
    'access', looked_at, 'rows', facts);
END $$;
"""


FUNCTIONS: Final = "".join(
    (PASSING, _erasable(), _WHOM, _BEGIN, _END, _named_in(), _erase_incident(), _finish())
)
# What runs as the owner of the tables, and may be called by the application's role alone.
DEFINERS: Final = (
    "putright_erase_incident(uuid, uuid)",
    "putright_finish_erasing(uuid, timestamptz)",
)
