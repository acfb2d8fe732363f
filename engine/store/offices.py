"""Who answers for an incident in an office of its business process: `answers_as`, in PostgreSQL.

It is who holds the office, unless they have left or were taken off the incident: then the line goes
on, to a deputy, to who is above them, and to the office behind it with its deputies and who is
above that.  So for whatever only the owner or the authority may do there is always somebody.  A
newcomer would compare with `business_process.owner_id`: where it is the owner that is suspected, an
incident would wait for ever, or for its suspect.
"""

from sqlalchemy import Connection

from engine.store.connect import script

# Who owns the process does not come to decide as its authority: nobody decides alone on what they
# own where it is grave.  Places: 0 the office and its deputies, from 1 on who is above; 10 and on
# the office behind it.  A line is followed up five times.
_FUNCTION = r"""
CREATE OR REPLACE FUNCTION answers_as(office text, the_incident uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  i public.incident;
  p public.business_process;
  holder uuid;
  behind uuid;
  off uuid[] := '{}';
  named uuid[] := '{}';
  found_one uuid;
BEGIN
  SELECT * INTO STRICT i FROM public.incident WHERE id = the_incident;
  SELECT * INTO STRICT p FROM public.business_process WHERE id = i.process_id;
  holder := CASE office WHEN 'owner' THEN p.owner_id WHEN 'authority' THEN p.authority_id END;
  behind := CASE office WHEN 'owner' THEN p.authority_id ELSE p.owner_id END;
  IF i.is_restricted THEN
    SELECT coalesce(array_agg(person_id) FILTER (WHERE NOT is_named), '{}'),
           coalesce(array_agg(person_id) FILTER (WHERE is_named), '{}') INTO off, named
      FROM (SELECT DISTINCT ON (n.person_id) n.person_id, n.is_named FROM public.restriction r
        JOIN public.naming n ON n.restriction_id = r.id
        WHERE r.incident_id = i.id AND r.lifted_at IS NULL
        ORDER BY n.person_id, n.entry_seq DESC) last_word;
  END IF;
  IF holder <> ALL (off) AND EXISTS (SELECT FROM public.person WHERE id = holder AND is_active) THEN
    RETURN holder;
  END IF;
  WITH RECURSIVE above (id, place) AS (
    SELECT * FROM (VALUES (holder, 0), (behind, 10)) offices (id, place)
    UNION ALL SELECT x.superior_id, above.place + 1
      FROM above JOIN public.person x ON x.id = above.id
      WHERE x.superior_id IS NOT NULL AND above.place % 10 < 5),
  line (id, place, is_deputy) AS (
    SELECT id, place, false FROM above
    UNION ALL SELECT d.person_id, CASE d.of WHEN office THEN 0 ELSE 10 END, true
      FROM public.deputy d WHERE d.process_id = p.id AND d.of IN ('owner', 'authority'))
  SELECT x.id INTO found_one FROM line JOIN public.person x ON x.id = line.id
    WHERE x.is_active AND x.organisation_id IS NULL AND NOT 'auditor' = ANY (x.roles)
    AND x.id <> ALL (off) AND NOT (office = 'authority' AND (place = 10 OR x.id = p.owner_id))
    ORDER BY place, is_deputy, x.id <> ALL (named), x.name, x.id LIMIT 1;
  RETURN coalesce(found_one, i.lead_id);
END $$;
"""


def install(conn: Connection) -> None:
    """Create or replace `answers_as`; called by migrations, as the owner of the tables."""
    script(conn, _FUNCTION)


def answers_sql(office: str, i: str, p: str) -> str:
    """Return, as SQL, who answers as `office` (owner or authority) of process `p` for incident `i`.

    The lead where nobody at all is left.  Almost always it is who holds the office, which takes no
    call.
    """
    holder = f"{p}.{office}_id"
    return f"""CASE WHEN {i}.is_restricted
        OR NOT (SELECT is_active FROM person WHERE id = {holder})
      THEN answers_as('{office}', {i}.id) ELSE {holder} END"""  # noqa: S608 - names of columns
