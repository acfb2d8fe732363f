"""The erasing itself: of one incident, and of what stands beside incidents.

Nothing is deleted that stands for what happened: who, when, how it was answered and decided stay.
A newcomer would put off looking at evidence until all words are gone: whoever owns the tables could
say that they are erasing.  Where only words become others none is asked for, whoever changes them.
"""

from collections.abc import Iterator
from typing import Final

from engine.domain.erasing import ERASED, OF_ACCESS, OF_INCIDENT, OF_REGISTER, PSEUDONYM
from engine.store.erasing.places import ELSEWHERE, OF_INCIDENTS, Place, names

_BEGIN: Final = r"""
CREATE OR REPLACE FUNCTION putright_begin_erasing(the_erasure uuid) RETURNS public.erasure
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e public.erasure;
BEGIN
  -- whoever holds on to something waits for this, or this for them
  PERFORM FROM public.register FOR SHARE;
  SELECT * INTO e FROM public.erasure WHERE id = the_erasure;
  IF EXISTS (SELECT FROM public.erasure_done WHERE erasure_id = e.id) THEN
    PERFORM public.putright_refuse('it was erased before', 'erased');
  END IF;
  IF e.id IS NULL OR NOT public.putright_is_agreed(e.id::text) THEN
    PERFORM public.putright_refuse(
      'what is erased was agreed to by a second person, as the register says', 'kept');
  END IF;
  IF e.person_id IS NOT NULL
     AND EXISTS (SELECT FROM public.putright_in_the_way(e.person_id)) THEN
    PERFORM public.putright_refuse(
      'who is still here, asked for something or held on to is not erased', 'held');
  END IF;
  PERFORM set_config('putright.erasing', e.id::text, true);
  RETURN e;
END $$;
"""

_ERASED_OF: Final = rf"""
-- Of how many incidents something was erased, as far as it has come.
CREATE OR REPLACE FUNCTION putright_erased_of(the_erasure uuid) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN e.ended_before IS NOT NULL
    THEN (SELECT count(*) FROM public.incident WHERE erased_by = e.id)
    ELSE (SELECT count(DISTINCT x.incident_id) FROM public.entry x
      JOIN public.erasure_answer a ON a.answered_by = x.person_id
      WHERE a.erasure_id = e.id AND x.verb = '{OF_INCIDENT}'
        AND x.content->>'erasure' = e.id::text) END
  FROM public.erasure e WHERE e.id = the_erasure
$$;
"""  # noqa: S608 - constants of this module


def _replaced(place: Place) -> Iterator[str]:
    """Yield what each column becomes without the name of a person."""
    for one in place.texts:
        left = "pseudonym"
        if (place.table.name, one) == ("target", "label"):
            # a name and an address of theirs are two of them, and are counted so
            left = f"pseudonym || ' ' || left(md5({one} || drawn), 4)"
        yield f"{one} = regexp_replace({one}, pattern, {left}, 'gi')"
    for one in place.documents:
        yield f"{one} = public.putright_without({one}, pattern, pseudonym)"


def _emptied(place: Place) -> Iterator[str]:
    """Yield what each column becomes when nothing of it is kept; what is empty stays so."""
    for one in place.texts:
        if (place.table.name, one) == ("work_item", "title"):
            # a step is called as its diagram calls it
            continue
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
    facts := facts + so_many;"""  # noqa: S608 - constants of this module


# Files that somebody outside gave: their entries know by whom.
_THEIR_FILES: Final = """EXISTS (SELECT FROM public.entry x WHERE x.incident_id = f.incident_id
        AND x.seq = f.entry_seq AND x.person_id = e.person_id)"""


def _erase_incident() -> str:
    """Return the function that erases what is asked for of one incident, and says what it was."""
    replaced = "\n".join(
        _updated(place, _replaced(place), f"{place.of} AND {names(place)}")
        for place in OF_INCIDENTS
    )
    emptied = "\n".join(_updated(place, _emptied(place), place.of) for place in OF_INCIDENTS)
    return rf"""
CREATE OR REPLACE FUNCTION putright_erase_incident(the_erasure uuid, the_incident uuid)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
    -- who did it is known by the register, as long as they are; machines are named but for those
    -- that are called after an address of somebody
    SELECT array_agg(seq) FILTER (WHERE content IS NOT NULL),
           array_agg(seq) FILTER (WHERE person_id IS NULL AND actor LIKE '%@%' AND format > 1)
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
             AND (person_id = e.person_id OR person_id IS NULL AND actor ~* pattern))
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
  PERFORM set_config('putright.erasing', '', true);
  IF public.putright_missing_evidence(i.id) IS NOT NULL THEN
    PERFORM public.putright_refuse('what is over needs its evidence: '
      || public.putright_missing_evidence(i.id), 'closed_with_evidence');
  END IF;
  RETURN jsonb_build_object('content_of', to_jsonb(coalesce(content_of, '{{}}')),
    'actor_of', to_jsonb(coalesce(actor_of, '{{}}')), 'rows', facts);
END $$;
"""  # noqa: S608


def _finish() -> str:
    """Return the function that erases what stands beside incidents, and ends the erasure."""
    replaced = "\n".join(_updated(place, _replaced(place), names(place)) for place in ELSEWHERE)
    return rf"""
CREATE OR REPLACE FUNCTION putright_finish_erasing(the_erasure uuid, the_instant timestamptz)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
             AND (person_id = e.person_id OR person_id IS NULL AND actor ~* pattern)), '{{}}')
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
            OR public.putright_unquoted(content->>'query') ~* pattern
            OR chain_id = e.person_id AND content ?| ARRAY['address', 'client']) AS is_content,
          actor IS NOT NULL AND format > 1
            AND (person_id = e.person_id OR person_id IS NULL AND actor ~* pattern) AS is_actor
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
      WHERE cardinality(names) > 0 AND (id = e.id OR array_to_string(names, ' ') ~* pattern);
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
  INSERT INTO public.erasure_done (erasure_id, done_at, incidents)
    VALUES (e.id, the_instant, public.putright_erased_of(e.id));
  PERFORM set_config('putright.erasing', '', true);
  RETURN jsonb_build_object('content_of', to_jsonb(content_of), 'actor_of', to_jsonb(actor_of),
    'access', looked_at, 'rows', facts);
END $$;
"""  # noqa: S608


DEEDS: Final = _BEGIN + _ERASED_OF + _erase_incident() + _finish()
