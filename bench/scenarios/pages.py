"""The views that screens read, page by page."""

from __future__ import annotations

from functools import partial

from bench.database import Database, Lab
from bench.departments import PLACED, SESSIONS, settle
from bench.lessons import Lesson
from bench.lessons import fill as fill_lessons
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.workshops import fill as fill_workshops
from bench.workshops import key

TITLE = "pages of the read models among a million sessions"
ABOUT = """
A page of 50 rows of a view in the order that its screen shows: one that begins in the middle, after a key, beside the
first one. Each unit has a million sessions. The store's page is of one workshop with 1,000 sessions, the lessons' of
one tutor with as many, the planner's of all. A page costs the same however deep it is. One client.
"""
TARGET = 1.5
LESSONS = [Lesson(f"-{weeks} weeks", "completed") for weeks in (4, 3, 2, 1)] + [Lesson("1 week")]
CEILING = 20.0

# By view: schema, columns of the order, and what the page is of.
VIEWS = (
    ("workshop", "store_sessions", "starts_at", "session_id", f"workshop_id = {key('7')}"),
    ("tutoring", "session_history", "starts_at", "session_id", "tutor_id = 7"),
    ("training", "session_board", "start_time", "session_id", ""),
)


def run(lab: Lab, options: Options) -> Findings:
    """Measures each view."""
    thousands = 10 if options.quick else 1000
    findings = Findings(("deep page", "first page"))
    with lab.database("pages") as database:
        fill_workshops(database, "workshop", workshops=thousands, sessions=1000, seats=10)
        fill_lessons(database, "tutoring", courses=200 * thousands, lessons=LESSONS, now=database.value("select now()"))
        places = PLACED.format(places=10_000) + SESSIONS.format(sessions=1000 * thousands)
        database.run(places, "training")
        settle(database)
        for schema, view, time, identity, where in VIEWS:
            order = f"order by {time}, {identity} limit 50"
            of = f"where {where} " if where else ""
            first = f"select * from {view} {of}{order};\n"
            deep = f"select * from {view} {_after(database, schema, view, time, identity, of)} {order};\n"
            sides = [
                partial(database.pgbench, script, search_path=schema, seconds=options.seconds)
                for script in (deep, first)
            ]
            pairs = in_pairs(options.pairs, sides[0], sides[1], lambda: None)
            findings.comparisons.append(Comparison(f"{schema}.{view}", "ms", pairs, TARGET, ceiling_ms=CEILING))
    return findings


def _after(database: Database, schema: str, view: str, time: str, identity: str, of: str) -> str:
    """The condition of a page in the middle."""
    key = database.value(
        f"select format('(%L, %L)', {time}, {identity}) from {view} {of}order by {time}, {identity}"
        f" offset (select count(*) / 2 from {view} {of}) limit 1",
        schema,
    )
    return f"{of or 'where '}{'and ' if of else ''}({time}, {identity}) > {key}"
