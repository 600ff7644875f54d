"""Rows of unit training: 10,000 trainers and venues, whose calendar is full at even hours, and drafts for odd ones.

Place n is trainer n and venue n. In every hour trainers are in other venues than in the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench.database import Database, Lab
from bench.pgbench import Sample

SCHEMAS = ("training", "bare_training")
TABLES = ("courses", "trainers", "trainer_qualifications", "venues", "sessions", "status_changes")
PLACES = 10_000
DRAFTS = 16_000
# How many drafts one measurement publishes, by clients: a thousand each at least, or what a connection does but once,
# reading the catalog and planning, would count.
PUBLISHED = {1: 2_000, 4: 6_000, 16: 16_000}


def key(number: str) -> str:
    """SQL for the key of a row, from SQL for its number."""
    return f"('c' || lpad(({number})::text, 24, '0'))"


def hour(number: str) -> str:
    """SQL for the start of an hour of the calendar, from SQL for its number."""
    return f"(timestamptz '2026-01-05 00:00Z' + ({number}) * interval '1 hour')"


PLACED = f"""\
insert into courses (id, title)
select {key("n")}, 'Course ' || n from generate_series(0, 99) as n;

insert into trainers (id, first_name, last_name)
select {key("n")}, 'Trainer', 'Number ' || n from generate_series(0, {{places}} - 1) as n;

insert into trainer_qualifications (trainer_id, course_id)
select {key("t")}, {key("(t + c) % 100")}
from generate_series(0, {{places}} - 1) as t cross join generate_series(0, 9) as c;

insert into venues (id, name)
select {key("n")}, 'Room ' || n from generate_series(0, {{places}} - 1) as n;
"""

# In the order of time, the first half of it over.
SESSIONS = f"""\
insert into sessions (id, course_id, trainer_id, venue_id, start_time, end_time, status, created_by_id)
select
    {key("n")}, {key(f"n % {PLACES} % 100")}, {key(f"n % {PLACES}")}, {key(f"(n + n / {PLACES} * 37) % {PLACES}")},
    {hour(f"n / {PLACES} * 2")}, {hour(f"n / {PLACES} * 2 + 1")},
    (case when n < {{sessions}} / 2 then 'COMPLETED' else 'SCHEDULED' end)::session_status, 'planner'
from generate_series(0, {{sessions}} - 1) as n;

insert into sessions (id, course_id, created_by_id)
select {key("{sessions} + n")}, {key(f"n * 7919 % {PLACES} % 100")}, 'planner'
from generate_series(0, {DRAFTS} - 1) as n;
"""

# Draft :d, for a free hour in the middle of the calendar that nobody else asks for.
DRAFT = f"""\
\\set n :n + 1
\\set d :client_id * :each + :n
\\set session :sessions + :d
\\set trainer :d * 7919 % {PLACES}
\\set venue :d * 3571 % {PLACES}
\\set course :trainer % 100
\\set hour (:sessions / {PLACES} / 2 + :d / {PLACES}) * 2 + 1
"""
PLAIN_UPDATE = f"""\
update sessions
set trainer_id = {key(":trainer")}, venue_id = {key(":venue")},
    start_time = {hour(":hour")}, end_time = {hour(":hour + 1")}, status = 'SCHEDULED'
where id = {key(":session")} and status = 'DRAFT' and deleted_at is null;
"""
OF_DRAFTS = "id >= " + key("{sessions}")


@contextmanager
def calendar(lab: Lab, scenario: str, sessions: int) -> Iterator[Database]:
    """A database with a calendar and drafts, the same rows in both schemas.

    Args:
        lab: where.
        scenario: name of the database.
        sessions: how many are in the calendar, a multiple of PLACES; keys are 0, 1, ... Those of the drafts, which have
            nothing but a course, count on.
    """

    def fill(database: Database) -> None:
        rows = PLACED.format(places=PLACES) + SESSIONS.format(sessions=sessions)
        on_both(lambda schema: database.run(rows, schema))
        settle(database)

    with lab.filled(f"{scenario}_{sessions}", f"calendar_{sessions}", fill) as database:
        yield database


def publish(database: Database, schema: str, script: str, *, sessions: int, clients: int, drafts: int) -> Sample:
    """Runs a script for drafts one by one, each of which it must leave in the calendar.

    Args:
        database: one with a calendar.
        schema: side to measure.
        script: what DRAFT goes before.
        sessions: how many were in the calendar.
        clients: connections.
        drafts: how many.
    """
    each = drafts // clients
    variables = {"n": -1, "each": each, "sessions": sessions}
    sample = database.pgbench(
        DRAFT + script, search_path=schema, clients=clients, transactions=each, variables=variables
    )
    scheduled = database.value(
        f"select count(*) from sessions where {OF_DRAFTS.format(sessions=sessions)} and status = 'SCHEDULED'", schema
    )
    assert scheduled == sample.transactions, f"{scheduled} scheduled in {sample.transactions} transactions"
    return sample


def put_back(database: Database, sessions: int, schemas: Sequence[str] = SCHEMAS) -> None:
    """Makes drafts of what was published, and vacuums."""
    _after_round(
        database,
        schemas,
        "update sessions set trainer_id = null, venue_id = null, start_time = null, end_time = null,\n"
        f"status = 'DRAFT' where {OF_DRAFTS.format(sessions=sessions)} and status = 'SCHEDULED'",
    )


def take_out(database: Database, sessions: int) -> None:
    """Deletes the drafts and what was made of them, and vacuums."""
    _after_round(database, SCHEMAS, f"delete from sessions where {OF_DRAFTS.format(sessions=sessions)}")


def _after_round(database: Database, schemas: Sequence[str], statement: str) -> None:
    # All else is as it was, and so are the statistics.
    script = f"{statement};\ntruncate status_changes;\nvacuum sessions;\n"
    for schema in schemas:
        database.run(script, schema)


def settle(database: Database) -> None:
    """Vacuums and analyzes, so that no side measures the dead rows of the last round."""
    on_both(lambda schema: database.run(f"vacuum (analyze) {', '.join(TABLES)};\n", schema))


def on_both(work: Callable[[str], None]) -> None:
    """Does something in both schemas at the same time."""
    with ThreadPoolExecutor(len(SCHEMAS)) as pool:
        list(pool.map(work, SCHEMAS))
