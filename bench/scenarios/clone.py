"""Cloning a run of a year."""

from __future__ import annotations

from bench.database import Database, Lab
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample
from bench.workshops import copy, fill, key, settle

TITLE = "cloning a run of 365 sessions"
ABOUT = """
`clone_workshop_sessions(workshop, date)`, which finds the run to copy by itself, and one statement that inserts the
same run and the same 365 rows, instants computed in its select, into the same tables without triggers. Each call is a
durable transaction for the next workshop, so the number of calls is fixed; between pairs the copies are deleted and
both sides are vacuumed. That both make the same rows is checked first.
"""
TARGET = 2.0
DAY = "date '2031-01-05'"

SESSIONBOOK = f"select * from clone_workshop_sessions({{workshop}}, {DAY})"

BARE = f"""\
with span as (
    select {DAY} - min(s.session_date) as days, max(s.last_date) as last_day
    from workshop_sessions as s
    where s.run_id = {{workshop}} and s.status <> 'cancelled'
), run as (
    insert into workshop_runs (workshop_id, run_name, run_name_ar, start_date, end_date)
    select {{workshop}}, 'Session January 2031', 'دورة يناير 2031', {DAY}, p.last_day + p.days
    from span as p
    returning id
)
insert into workshop_sessions (
    workshop_id, run_id, session_number, session_date, end_date, start_time, end_time, duration, timezone, location,
    location_ar, max_attendees, notes, notes_ar, day_count, total_days, metadata, status_ar, last_date, starts_at,
    ends_at, over_at
)
select
    s.workshop_id, r.id, row_number() over (order by s.session_date, s.start_time, s.session_number, s.id),
    d.first_date, s.end_date + p.days, s.start_time, s.end_time, s.duration, s.timezone, s.location,
    s.location_ar, s.max_attendees, s.notes, s.notes_ar, s.day_count, s.total_days, s.metadata, 'قادمة',
    d.last_date, (d.first_date + s.start_time) at time zone s.timezone, e.ends_at,
    (((e.ends_at at time zone s.timezone) - interval '1 microsecond')::date + 1)::timestamp at time zone s.timezone
from run as r
cross join span as p
join workshop_sessions as s on s.run_id = {{workshop}} and s.status <> 'cancelled'
cross join lateral (
    select s.session_date + p.days as first_date, greatest(s.session_date, s.end_date) + p.days as last_date
) as d
cross join lateral (
    select case
        when s.end_time is not null then (
            d.last_date + case when d.last_date = d.first_date and s.end_time <= s.start_time then 1 else 0 end
            + s.end_time
        ) at time zone s.timezone
        when s.duration is not null then (
            ((d.last_date + s.start_time) at time zone s.timezone) at time zone 'UTC'
            + s.duration::double precision * interval '1 hour'
        ) at time zone 'UTC'
        else (d.last_date + 1)::timestamp at time zone s.timezone
    end as ends_at
) as e"""

SIDES = {"workshop": SESSIONBOOK, "bare": BARE}
# What was made, without keys and times of making.
MADE = """\
select s.workshop_id, r.run_name, r.run_name_ar, r.start_date, r.end_date, r.status as run_status,
    to_jsonb(s) - array['id', 'run_id', 'created_at', 'updated_at'] as session
from {schema}.workshop_sessions as s
join {schema}.workshop_runs as r on r.id = s.run_id
where s.run_id <> s.workshop_id"""


def run(lab: Lab, options: Options) -> Findings:
    """Measures the latency of a call."""
    workshops = 30 if options.quick else 300
    findings = Findings(("sessionbook", "bare"))
    with lab.database("clone") as database:
        fill(database, "workshop", workshops=workshops, sessions=365, seats=20)
        copy(database, "workshop", "bare")
        _same_rows(database)
        pairs = in_pairs(
            options.pairs,
            lambda: clone_all(database, "workshop", workshops),
            lambda: clone_all(database, "bare", workshops),
            lambda: _forget(database),
        )
        findings.comparisons.append(Comparison(f"one call (mean of {workshops})", "ms", pairs, TARGET))
    return findings


def clone_all(database: Database, schema: str, workshops: int) -> Sample:
    """Clones the run of every workshop, one after the other."""
    script = f"\\set n :n + 1\n{SIDES[schema].format(workshop=key(':n::int'))};\n"
    return database.pgbench(script, search_path=schema, transactions=workshops, variables={"n": 0})


def _same_rows(database: Database) -> None:
    for schema in SIDES:
        clone_all(database, schema, 1)
    ours, bare = (MADE.format(schema=schema) for schema in SIDES)
    counts = database.value(
        f"with o as ({ours}), b as ({bare}) select array[(select count(*) from o), (select count(*) from b), "
        "(select count(*) from ((table o except all table b) union all (table b except all table o)) as d)]"
    )
    assert counts == [365, 365, 0], f"rows of either side, and rows that differ: {counts}"


def _forget(database: Database) -> None:
    """Deletes the copies: runs that were there from the start have the key of their workshop."""
    for schema in SIDES:
        database.run(
            f"delete from {schema}.workshop_sessions where run_id <> workshop_id;\n"
            f"delete from {schema}.workshop_runs where id <> workshop_id;\n"
        )
    settle(database, *SIDES)
