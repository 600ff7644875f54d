"""The views that screens read, page by page."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bench.database import Database, Lab
from bench.departments import PLACED, PLACES, SESSIONS, hour
from bench.departments import TABLES as TRAINING
from bench.lessons import Lesson
from bench.lessons import fill as fill_lessons
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.workshops import fill as fill_workshops
from bench.workshops import key

TITLE = "pages of the read models among a million sessions"
ABOUT = """
A page of 50 rows of a view in the order that its screen shows: one that begins in the middle, after a key, beside the
first one. Each unit has a million sessions. One of the store's pages is of all workshops, the other of one with 1,000
sessions; the lessons' are of one tutor with as many and of all that are still to come, the planner's of all that are
scheduled. A page costs the same however deep it is. One client. To save minutes, training is filled without its two
exclusion constraints, which no page reads.
"""
TARGET = 1.5
CEILING = 20.0
# All to come: what is over has a history, which these views do not read.
LESSONS = [Lesson(f"{weeks} weeks") for weeks in (1, 2, 3, 4, 5)]
UNCONSTRAINED = (
    "alter table sessions drop constraint sessions_trainer_id_excl, drop constraint sessions_venue_id_excl;\n"
)


@dataclass(frozen=True)
class View:
    """What is read, and of whom."""

    schema: str
    name: str
    whose: str
    of: str
    time: str = "starts_at"
    sessions: str = "sessions"
    """Table that a page in the middle begins after a row of: counting rows of the view would read half of it."""
    condition: str = "true"


def views(middle: str) -> list[View]:
    """Those of the screens; middle: start of the first session of training that is scheduled."""
    one = f"workshop_id = {key('7')}"
    lessons = "enrolled_courses_id in (select c.id from enrolled_courses as c where c.tutor_id = 7)"
    scheduled = f"start_time >= {middle}"
    return [
        View("workshop", "store_sessions", "all", "true", sessions="workshop_sessions"),
        View("workshop", "store_sessions", "of a workshop", one, sessions="workshop_sessions", condition=one),
        View("tutoring", "session_history", "of a tutor", "tutor_id = 7", condition=lessons),
        View("tutoring", "session_workflows", "all", "true"),
        # What is completed has no alerts to find.
        View("training", "session_board", "scheduled", scheduled, time="start_time", condition=scheduled),
    ]


def run(lab: Lab, options: Options) -> Findings:
    """Measures each view."""
    thousands = 10 if options.quick else 1000
    findings = Findings(("deep page", "first page"))
    with lab.database("pages") as database:
        with _timed("workshops"):
            fill_workshops(database, "workshop", workshops=thousands, sessions=1000, seats=10)
        with _timed("lessons"):
            now = database.value("select now()")
            fill_lessons(database, "tutoring", courses=200 * thousands, lessons=LESSONS, now=now)
        with _timed("training sessions"):
            places = PLACED.format(places=10_000) + SESSIONS.format(sessions=1000 * thousands)
            database.run(f"{UNCONSTRAINED}{places}vacuum (analyze) {', '.join(TRAINING)};\n", "training")
        for view in views(hour(str(500 * thousands // PLACES * 2))):
            order = f"order by {view.time}, session_id limit 50;\n"
            first = f"select * from {view.name} where {view.of} {order}"
            deep = f"select * from {view.name} where {view.of} and {_after(database, view)} {order}"
            sides = [
                partial(database.pgbench, script, search_path=view.schema, seconds=options.seconds)
                for script in (deep, first)
            ]
            what = f"{view.schema}.{view.name}, {view.whose}"
            print(f"  {what}", file=sys.stderr, flush=True)
            pairs = in_pairs(options.pairs, sides[0], sides[1], lambda: None)
            findings.comparisons.append(Comparison(what, "ms", pairs, TARGET, ceiling_ms=CEILING))
    return findings


@contextmanager
def _timed(what: str) -> Iterator[None]:
    """Says what is being written, which takes minutes, and how long it took."""
    begun = time.monotonic()
    print(f"  filling {what}", file=sys.stderr, end="", flush=True)
    yield
    print(f": {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def _after(database: Database, view: View) -> str:
    """The condition of a page in the middle."""
    after = database.value(
        f"select format('(%L, %L)', {view.time}, id) from {view.sessions} where {view.condition}"
        f" order by {view.time}, id"
        f" offset (select count(*) / 2 from {view.sessions} where {view.condition}) limit 1",
        view.schema,
    )
    return f"({view.time}, session_id) > {after}"
