"""What the guard asks while something is erased: may this change pass?

Within the functions that erase only words may become others, and what stood in a record nothing; of
that a later record of its chain has to tell when the transaction ends.  A newcomer would ask for a
setting: whoever owns the tables can set one, and so the question is who is calling.
"""

from typing import Final

from engine.domain.erasing import OF_ACCESS, OF_INCIDENT, OF_REGISTER
from engine.store.erasing.places import BESIDE, ELSEWHERE, OF_INCIDENTS

_PASSING: Final = (
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


def _erasable() -> str:
    """Return the function that says which columns may change while something is erased."""
    columns: dict[str, list[str]] = {}
    for place in (*OF_INCIDENTS, *ELSEWHERE):
        columns.setdefault(place.table.name, []).extend(place.words)
    for table, beside in BESIDE.items():
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


PASSING: Final = _erasable() + _PASSING
