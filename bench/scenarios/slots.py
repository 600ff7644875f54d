"""Free slots: what a planner may book in the next weeks."""

from __future__ import annotations

from functools import partial

from bench.database import Database, Lab
from bench.departments import PLACED, key
from bench.measure import Comparison, Findings, Options, in_pairs

TITLE = "finding free slots of 100 trainers among 10,000 sessions"
ABOUT = """
`free_slots()` with its limit of 100, for slots of two hours in the next week and in the next four weeks, of a course
that all 100 trainers may teach, in 100 venues. All 10,000 sessions are in these four weeks: each trainer and each venue
has one every six hours. Half of the trainers have working hours, five days a week, and there are 40 absences and a
holiday. The other side reads the sessions of that time by index and nothing else: what cannot be saved. One client.
"""
PLACES = 100
SESSIONS = 10_000
CEILING = 50.0

START = "(current_date + 1) at time zone 'UTC'"
ROWS = f"""\
insert into trainer_qualifications (trainer_id, course_id)
select {key("t")}, {key("100")} from generate_series(0, {PLACES} - 1) as t;

insert into sessions (id, course_id, trainer_id, venue_id, start_time, end_time, status, created_by_id)
select
    {key("n")}, {key("100")}, {key(f"n % {PLACES}")}, {key(f"(n + n / {PLACES} * 37) % {PLACES}")},
    {START} + (n / {PLACES} * 6 + n % 4) * interval '1 hour',
    {START} + (n / {PLACES} * 6 + n % 4 + 2) * interval '1 hour', 'SCHEDULED', 'planner'
from generate_series(0, {SESSIONS} - 1) as n;

insert into availability_rules (trainer_id, weekday, start_time, end_time, timezone)
select {key("t * 2")}, d, '08:00', '18:00', 'Asia/Kuwait'
from generate_series(0, {PLACES} / 2 - 1) as t cross join generate_series(1, 5) as d;

insert into absences (trainer_id, starts_at, ends_at, reason)
select {key("n % 100")}, {START} + n % 28 * interval '1 day', {START} + (n % 28 + 1) * interval '1 day', 'leave'
from generate_series(0, 39) as n;

insert into absences (starts_at, ends_at, reason)
select {START} + interval '10 days', {START} + interval '11 days', 'holiday';
"""
COURSE = f"insert into courses (id, title) values ({key('100')}, 'Working at height');\n"
TABLES = ("courses", "trainers", "trainer_qualifications", "venues", "sessions", "availability_rules", "absences")


def run(lab: Lab, options: Options) -> Findings:
    """Measures a week and four weeks."""
    findings = Findings(("sessionbook", "reading the sessions"))
    with lab.database("slots") as database:
        database.run(PLACED.format(places=PLACES) + COURSE + ROWS, "training")
        database.run(f"vacuum (analyze) {', '.join(TABLES)};\n", "training")
        for what, days in (("a week", 7), ("four weeks", 28)):
            _check(database, days)
            ours = f"select * from free_slots({key('100')}, '2 hours', {START}, {START} + interval '{days} days');\n"
            bare = (
                f"select trainer_id, venue_id, start_time, end_time from sessions where start_time >= {START} "
                f"and start_time < {START} + interval '{days} days' and status = 'SCHEDULED';\n"
            )
            first, second = (
                partial(database.pgbench, script, search_path="training", seconds=options.seconds)
                for script in (ours, bare)
            )
            pairs = in_pairs(options.pairs, first, second, lambda: None)
            findings.comparisons.append(Comparison(what, "ms", pairs, ceiling_ms=CEILING))
    return findings


def _check(database: Database, days: int) -> None:
    """Whether a slot is refused that is offered."""
    offered = f"free_slots({key('100')}, '2 hours', {START}, {START} + interval '{days} days', 1000) as f"
    tried = "availability_check(f.start_time, f.start_time + interval '2 hours', f.trainer_id, f.venue_id) as a"
    refused = database.value(
        f"select count(*) from {offered} cross join lateral {tried}"
        " where not a.trainer_available or not a.venue_available",
        "training",
    )
    assert refused == 0, f"{refused} slots are offered and refused"
