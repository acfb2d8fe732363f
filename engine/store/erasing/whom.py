"""Who is to be erased: what they are called, where that stands, and what stands in the way.

Somebody is found by names, addresses and numbers as whole words, whatever stands between these.  A
newcomer would look for the name of today: people were called otherwise, and the register knows.
"""

from collections.abc import Mapping
from typing import Final

from engine.domain.erasing import ERASED, OF_INCIDENT, PSEUDONYM
from engine.store.erasing.places import OF_INCIDENTS, names

# Why an incident is kept although it ended long ago, and which ones are.
KEPT: Final = (
    (
        "held",
        """SELECT h.incident_id FROM public.legal_hold h WHERE NOT EXISTS (
          SELECT FROM public.legal_hold_end x WHERE x.hold_id = h.id)""",
    ),
    # and what somebody has a part in whose data is held; who is merely named in its record is
    # looked for as it is erased
    *(
        (
            "held",
            f"""SELECT x.{incident} AS incident_id FROM public.legal_hold h
          JOIN public.{table} x ON x.{who} = h.person_id WHERE NOT EXISTS (
          SELECT FROM public.legal_hold_end e WHERE e.hold_id = h.id)""",  # noqa: S608 - constants
        )
        for table, incident, who in (
            ("incident", "id", "reporter_id"),
            ("incident", "id", "lead_id"),
            ("confirmer", "incident_id", "person_id"),
            ("entry", "incident_id", "person_id"),
        )
    ),
    # what is set aside or merged waits to be brought back, and is not worked on
    *(
        (
            "work",
            f"""SELECT x.incident_id FROM public.{table} x
          JOIN public.incident i ON i.id = x.incident_id
          WHERE x.{ended} IS NULL AND i.way_out_id IS NULL""",  # noqa: S608 - constants
        )
        for table, ended in (
            ("run", "ended_at"),
            ("work_item", "ended_at"),
            ("action", "settled_at"),
        )
    ),
    (
        "dispute",
        """SELECT d.incident_id FROM public.dispute d WHERE NOT EXISTS (
          SELECT FROM public.dispute_end x WHERE x.dispute_id = d.id)""",
    ),
    # what it was joined with tells on what it told
    (
        "joined",
        """SELECT i.id AS incident_id FROM public.incident i
          JOIN public.way_out w ON w.id = i.way_out_id
          JOIN public.incident o ON o.id = w.into_id WHERE o.state = 'open'""",
    ),
    (
        "part",
        """SELECT i.id AS incident_id FROM public.incident i
          JOIN public.incident o ON o.id = i.major_id WHERE o.state = 'open'""",
    ),
)


def _keeps() -> str:
    """Return the function that says why an incident is kept; nothing if it is not."""
    cases = "\n".join(
        f"    WHEN EXISTS (SELECT FROM ({sql}) kept WHERE kept.incident_id = i.id) THEN '{because}'"
        for because, sql in KEPT
    )
    return f"""
CREATE OR REPLACE FUNCTION putright_keeps(i public.incident) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN i.state = 'open' OR i.ended_at IS NULL THEN 'open'
{cases}
    WHEN public.putright_names_somebody_held(i.id) THEN 'held' END
$$;
"""


_WHOM: Final = rf"""
-- as it is written, for it is looked for in either case: in small letters some are others
CREATE OR REPLACE FUNCTION putright_as_pattern(said text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN said LIKE '%@%' THEN '(?<![[:alnum:]_.+-])'
      || regexp_replace(btrim(said), '([^[:alnum:]])', '\\\1', 'g') || '(?![[:alnum:]_-])'
    WHEN said ~ '^[ ]*[+0-9][0-9 ()/.-]{{4,}}[0-9][ ]*$' THEN '(?<![0-9])' || array_to_string(
      regexp_split_to_array(regexp_replace(said, '[^0-9]', '', 'g'), ''), '[ ()/.-]*')
      || '(?![0-9])'
    -- what is written without spaces has letters before and behind it
    WHEN said ~ '[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]' THEN
      replace(btrim(regexp_replace(said, '[^[:alnum:]]+', ' ', 'g')), ' ', '[^[:alnum:]]*')
    ELSE '\m' || replace(btrim(regexp_replace(said, '[^[:alnum:]]+', ' ', 'g')), ' ',
      '[^[:alnum:]]+') || '\M' END
$$;

CREATE OR REPLACE FUNCTION putright_is_anothers(said text, who uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.person other WHERE other.id IS DISTINCT FROM who
    AND lower(said) IN (lower(other.name), lower(other.email), lower(other.phone)))
$$;

-- What somebody is and was called, also with the last name first; in words, a name that somebody
-- else has too is of nobody.
CREATE OR REPLACE FUNCTION putright_called(e public.erasure) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH called AS (
    SELECT unnest(e.names) AS said
    UNION SELECT unnest(ARRAY[p.name, p.email, p.phone]) FROM public.person p
      WHERE p.id = e.person_id
    UNION SELECT unnest(ARRAY[r.content->>'name', f.before, f.after]) FROM public.register_entry r
      LEFT JOIN LATERAL (
        SELECT r.content->'changed'->field->>0 AS before, r.content->'changed'->field->>1 AS after
        FROM unnest(ARRAY['name', 'email', 'phone']) field) f ON true
      WHERE r.kind = 'person' AND r.subject_id = e.person_id),
  own AS (
    SELECT btrim(said) AS said FROM called WHERE said ~ '[[:alnum:]]'
      AND NOT public.putright_is_anothers(btrim(said), e.person_id)),
  turned AS (
    SELECT regexp_replace(said, '^(.*\S)\s+(\S+)$', '\2 \1') AS said FROM own
      WHERE said !~ '[@0-9]')
  SELECT said FROM own UNION SELECT said FROM turned
    WHERE NOT public.putright_is_anothers(said, e.person_id)
$$;

CREATE OR REPLACE FUNCTION putright_pattern(e public.erasure) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '(' || string_agg(public.putright_as_pattern(said), '|') || ')'
  FROM public.putright_called(e) said
$$;

CREATE OR REPLACE FUNCTION putright_pseudonym(e public.erasure) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '{PSEUDONYM}' || upper(left(md5(coalesce(e.person_id, e.id)::text), 6))
$$;

-- JSON as one text to look for names in: a new line is no letter
CREATE OR REPLACE FUNCTION putright_flat(said jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT replace(replace(replace(said::text, '\n', ' '), '\t', ' '), '\r', ' ')
$$;

-- What somebody looked for stands in addresses as browsers write it: %20, %C3%BC.
CREATE OR REPLACE FUNCTION putright_unquoted(said text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF said IS NULL OR said !~ '%[0-9a-fA-F][0-9a-fA-F]' THEN
    RETURN said;
  END IF;
  RETURN (SELECT convert_from(string_agg(CASE WHEN length(one[1]) = 1
      THEN convert_to(one[1], 'UTF8') ELSE decode(substr(one[1], 2), 'hex') END, ''), 'UTF8')
    FROM regexp_matches(said, '%[0-9a-fA-F][0-9a-fA-F]|.', 'gs') one);
EXCEPTION WHEN data_exception THEN
  -- half a character is no name
  RETURN said;
END $$;

-- Whether a text within JSON has the pattern: those that `putright_without` would replace.
CREATE OR REPLACE FUNCTION putright_names(said jsonb, pattern text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM jsonb_path_query(said, '$.**') one
    WHERE jsonb_typeof(one) = 'string' AND one #>> '{{}}' ~* pattern)
$$;

-- each text by itself: as a whole it would not stay JSON
CREATE OR REPLACE FUNCTION putright_without(said jsonb, pattern text, pseudonym text,
  goes text[] DEFAULT '{{}}', is_gone boolean DEFAULT false)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
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
RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT (content ? 'words' OR content ? 'sha256'
          OR content @? '$.criteria[*].words'::jsonpath)
    AND (signer = who OR content->>'person' = who::text OR content->>'whom' = who::text)
$$;

CREATE OR REPLACE FUNCTION putright_is_held(the_incident uuid, who uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.legal_hold h
    WHERE (h.incident_id = the_incident OR h.person_id = who)
    AND NOT EXISTS (SELECT FROM public.legal_hold_end x WHERE x.hold_id = h.id))
$$;

-- Whether the record of an incident names somebody whose data is held on to.
CREATE OR REPLACE FUNCTION putright_names_somebody_held(the_incident uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.legal_hold h JOIN public.person p ON p.id = h.person_id
    WHERE public.putright_is_held(NULL, p.id)
      AND EXISTS (SELECT FROM public.entry x WHERE x.incident_id = the_incident
        AND (x.content::text LIKE '%' || p.id::text || '%'
          OR public.putright_flat(x.content) ~* public.putright_as_pattern(p.name))))
$$;

-- Who is still here, is still asked for something or held on to is not erased.
CREATE OR REPLACE FUNCTION putright_in_the_way(who uuid)
RETURNS TABLE (what text, number bigint, name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
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
"""  # noqa: S608 - constants of this module

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
        f" FROM public.{place.table.name} WHERE {names(place)}"
        for place in OF_INCIDENTS
    )
    return rf"""
CREATE OR REPLACE FUNCTION putright_named_in(e public.erasure) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  pattern text := coalesce(public.putright_pattern(e), '(?=a)b');
  outside boolean := EXISTS (
    SELECT FROM public.person WHERE id = e.person_id AND organisation_id IS NOT NULL);
BEGIN
  RETURN QUERY SELECT incident_id FROM public.entry
    WHERE person_id = e.person_id AND actor IS NOT NULL AND format > 1
  UNION SELECT incident_id FROM public.entry
    WHERE verb <> '{OF_INCIDENT}' AND (format > 1 AND person_id IS NULL AND actor ~* pattern
      OR public.putright_flat(content) ~* pattern
      OR outside AND public.putright_is_theirs(content, person_id, e.person_id))
{found};
END $$;
"""  # noqa: S608


WHOM: Final = _WHOM + _keeps() + _named_in()
