"""How long an incident's time was whose, in SQL, by the rule of the ledger (rules, The ledger).

The same as `domain/ledger.py` cuts it, so that a million incidents can be asked: within a tier the
one asked longest ago is charged, so each stint is charged from where all asked before it have
ended; what a tier before it holds is taken away.  Times that a dispute has moved count as before,
and an incident that was made of another one's report begins with its own to-dos.
"""

_ENDS = "coalesce({i}.ended_at, {i}.observed_until, CAST(:now AS timestamptz))"

# The tiers of `domain/ledger.py`: out of the handling, deciding, ours, watching, theirs.
_HELD = """(
  WITH whole AS MATERIALIZED (
    SELECT date_trunc('second', {i}.told_at) AS since,
      greatest(date_trunc('second', {ends}), date_trunc('second', {i}.told_at)) AS until,
      coalesce((SELECT team.party FROM membership m JOIN team ON team.id = m.team_id
        WHERE m.person_id = {i}.lead_id
        ORDER BY team.id <> (SELECT desk_id FROM business_process WHERE id = {i}.process_id),
          team.name LIMIT 1), 'business') AS leads),
  asked AS MATERIALIZED (
    SELECT w.id, w.party, w.mark, w.opened_at, w.waits_for_mail, w.delivered_at,
      least(w.happened_at, w.ended_at) AS until
    FROM (SELECT id, coalesce(charged_to, party) AS party, mark, opened_at, waits_for_mail,
        delivered_at, happened_at, ended_at FROM work_item
      WHERE incident_id = {i}.id AND (action_id IS NULL OR EXISTS (SELECT FROM action a
        WHERE a.id = action_id AND a.kind = 'puts_right'))) w),
  raw AS (
    SELECT id, whole.leads AS party, mark, opened_at AS since,
      CASE WHEN waits_for_mail THEN asked.until ELSE least(delivered_at, asked.until) END AS until
    FROM asked, whole WHERE waits_for_mail OR delivered_at > opened_at
    UNION ALL
    SELECT id, party, mark, coalesce(delivered_at, opened_at), until
    FROM asked WHERE NOT waits_for_mail
    UNION ALL
    SELECT NULL, 'business', 'watching', v.verified_at,
      (SELECT min(opened_at) FROM asked WHERE opened_at > v.verified_at)
    FROM verification v WHERE v.incident_id = {i}.id AND v.verdict = 'watch_until'
    UNION ALL
    SELECT NULL, whole.leads, 'out', o.left_at, b.returned_at
    FROM way_out o JOIN way_back b ON b.way_out_id = o.id, whole WHERE o.incident_id = {i}.id),
  stint AS MATERIALIZED (
    SELECT * FROM (
      SELECT raw.id, CASE WHEN mark = 'closing_decision' THEN 'business' ELSE party END AS party,
        CASE WHEN mark = 'out' THEN 0 WHEN mark = 'closing_decision' THEN 1
          WHEN mark = 'watching' THEN 3
          WHEN party = 'external' THEN 4 WHEN party = 'customer' THEN 5 ELSE 2 END AS tier,
        date_trunc('second', raw.since) AS since,
        date_trunc('second', coalesce(raw.until, whole.until)) AS until
      FROM raw, whole) x
    WHERE since < until),
  charged AS (
    SELECT tier, party, greatest(since, before) AS since, until FROM (
      SELECT *, max(until) OVER (PARTITION BY tier
        ORDER BY since, party <> 'it', id NULLS FIRST
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM stint) x
    WHERE before IS NULL OR before < until),
  piece AS (
    SELECT party, range_agg(tstzrange(since, until)) * (SELECT tstzmultirange(
        tstzrange(whole.since, whole.until)) FROM whole)
      - coalesce((SELECT range_agg(tstzrange(s.since, s.until)) FROM stint s
          WHERE s.tier < charged.tier), '{{}}') AS held
    FROM charged GROUP BY tier, party
    UNION ALL
    SELECT whole.leads, tstzmultirange(tstzrange(whole.since, whole.until))
      - coalesce((SELECT range_agg(tstzrange(since, until)) FROM stint), '{{}}') FROM whole)
  SELECT {picked}
  FROM (SELECT party, upper(r) - lower(r) AS length FROM piece, unnest(piece.held) AS r) x
)"""
_PARTIES = ("it", "business", "external", "customer")
_SUM = "coalesce(sum(length) FILTER (WHERE party = '{party}'), interval '0') AS {party}"


def ends_sql(i: str) -> str:
    """Return when incident `i` ended, or where a replay stopped, or `:now`."""
    return _ENDS.format(i=i)


def held_sql(i: str) -> str:
    """Return a relation of one row for incident `i`: how long each party held its time.

    Its columns are the parties, as intervals of hours (never days); they add up to the whole.
    """
    picked = ", ".join(_SUM.format(party=party) for party in _PARTIES)
    return _HELD.format(i=i, ends=ends_sql(i), picked=picked)


def held_by_sql(i: str) -> str:
    """Return how long the party `:party` held the time of incident `i`, as an interval."""
    picked = "coalesce(sum(length) FILTER (WHERE party = :party), interval '0')"
    return _HELD.format(i=i, ends=ends_sql(i), picked=picked)
