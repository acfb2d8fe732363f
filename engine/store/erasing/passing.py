"""What the guard asks while something is erased: may this change pass?

Within the functions that erase only words may become what is left of erased ones, and what stood in
a record nothing; of that a later record of its chain has to tell when the transaction ends.  A
newcomer would ask for a setting: whoever owns the tables can set one, and so the question is who is
calling.  They would also look for the function's name anywhere in the stack of calls, where a
comment of somebody's statement stands as well.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from engine.domain.erasing import ERASED, OF_ACCESS, OF_INCIDENT, OF_REGISTER, PSEUDONYM
from engine.store.erasing.places import BESIDE, ELSEWHERE, OF_EVIDENCE, OF_INCIDENTS, Place

_PASSING: Final = (
    r"""
-- Whether a second person agreed to it, as the register says, and it is not done.
CREATE OR REPLACE FUNCTION putright_is_agreed(the_erasure text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM public.erasure e JOIN public.erasure_answer a ON a.erasure_id = e.id
    WHERE e.id::text = the_erasure AND a.is_agreed AND a.answered_by <> e.asked_by
    AND EXISTS (SELECT FROM public.register_entry WHERE subject_id = e.id
                AND verb = 'erasure:asked' AND person_id = e.asked_by)
    AND EXISTS (SELECT FROM public.register_entry WHERE subject_id = e.id
                AND verb = 'erasure:agreed' AND person_id = a.answered_by)
    AND NOT EXISTS (SELECT FROM public.erasure_done WHERE erasure_id = e.id))
$$;

CREATE OR REPLACE FUNCTION putright_is_erasing() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  called_by text;
BEGIN
  GET DIAGNOSTICS called_by = PG_CONTEXT;
  -- one of the functions that erase, called by a statement that nothing else has sent: the stack
  -- ends with it, in whatever language, and behind it stands nothing that is quoted.
  RETURN called_by ~ ('(^|\n)[^\n"]*\mpublic\.putright_(erase_incident|finish_erasing)'
      '\([^()"\n]*\)[^\n"]*$')
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class
                        WHERE oid = 'public.incident'::regclass)
    AND public.putright_is_agreed(current_setting('putright.erasing', true));
END $$;

CREATE OR REPLACE FUNCTION putright_only_erases(its_table text, was jsonb, becomes jsonb)
RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  may_change text[] := public.putright_erasable(its_table);
BEGIN
  IF may_change IS NULL OR NOT public.putright_is_erasing() THEN
    RETURN false;
  END IF;
  RETURN was - may_change = becomes - may_change AND NOT EXISTS (
    SELECT FROM unnest(may_change) one WHERE was -> one <> becomes -> one AND NOT CASE
      -- what stood in a record is taken out of it, and nothing put in its place
      WHEN its_table LIKE '%entry' THEN becomes -> one = 'null'
      WHEN one = 'erased_by' THEN was -> one = 'null'
        AND becomes ->> one = current_setting('putright.erasing', true)
      -- else what is left says that something was erased
      ELSE becomes ->> one ~ 'WHAT_IS_LEFT'
        OR becomes -> one = 'null' AND jsonb_typeof(was -> one) <> 'string' END);
END $$;

-- Whether words became others and nothing else did: evidence may ask that there are some, and what
-- they are only where `putright_words` leaves them out.
CREATE OR REPLACE FUNCTION putright_only_rewords(its_table text, was jsonb, becomes jsonb)
RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  its_words text[] := public.putright_words(its_table);
BEGIN
  RETURN was - its_words = becomes - its_words AND NOT EXISTS (
    SELECT FROM unnest(its_words) one WHERE jsonb_typeof(was -> one) = 'string'
    AND (jsonb_typeof(becomes -> one) <> 'string'
      OR (btrim(was ->> one) = '') <> (btrim(becomes ->> one) = '')));
END $$;

-- At the end of a transaction, for it is written last: what is taken out of a record is said by an
-- entry of the same chain.
CREATE OR REPLACE FUNCTION putright_check_tombstone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
    .replace("WHAT_IS_LEFT", rf"\[{ERASED.strip('[]')}\]|{PSEUDONYM.strip()}")
)


def _listed(function: str, columns: Mapping[str, Sequence[str]]) -> str:
    """Return a function that says which columns of a table these are."""
    cases = "\n".join(
        f"    WHEN '{table}' THEN '{{{','.join(names)}}}'::text[]"
        for table, names in columns.items()
    )
    return f"""
CREATE OR REPLACE FUNCTION {function}(its_table text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE its_table
{cases} END
$$;
"""


def _columns(*places: Place) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for place in places:
        columns.setdefault(place.table.name, []).extend(place.words)
    return columns


def _erasable() -> dict[str, list[str]]:
    """Return the columns that may change while something is erased."""
    columns = _columns(*OF_INCIDENTS, *ELSEWHERE)
    for table, beside in BESIDE.items():
        columns.setdefault(table, []).extend(beside)
    return columns


def _mere_words() -> dict[str, list[str]]:
    """Return the columns whose words no evidence asks for."""
    return {
        table: [one for one in words if (table, one) not in OF_EVIDENCE]
        for table, words in _columns(*OF_INCIDENTS).items()
    }


PASSING: Final = (
    _listed("putright_erasable", _erasable()) + _listed("putright_words", _mere_words()) + _PASSING
)
