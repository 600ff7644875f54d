"""A tick that finds nothing to do, which is nearly every tick."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import cast

import psycopg
from sessionbook.deploy import apply

from bench import lessons, workshops
from bench.database import Database, Lab
from bench.lessons import PAST, Lesson
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample

TITLE = "an idle tick beside tables of any size"
ABOUT = """
A tick that finds nothing due, in databases with four copies to look after, `workshop`, `acme` (a second one of unit
workshop) and `tutoring`, of 10 thousand, 100 thousand and 1 million sessions each, and an empty `training`. In every
size 500 tutoring sessions start within the hour, with their reminders sent. `tick()` and `run_tick()` on a connection
that has done it before; and `run_tick()` as the first statement of a new connection, which pg_cron and `sessionbook
tick` make each time: functions are read and queries planned anew, and the time to connect is left out. Commits are
durable, and `run_tick()` makes two. The second side is the same in the smallest database, for the size to show.
"""
SIZES = (10_000, 100_000, 1_000_000)
CEILING_MS = 10.0
# Flat, as far as noise lets it show.
TARGET = 1.5

LESSONS = [*PAST, *(Lesson(f"{weeks} weeks") for weeks in (1, 2, 3, 4, 5, 6))]
# The last session of some courses, from all over the table; the same number in every size.
SOON = """\
update sessions as s
set session_date = d.local::date, start_time = d.local::time, end_time = (d.local + interval '1 hour')::time
from (
    select x.id, (now() + interval '40 minutes') at time zone x.timezone as local
    from sessions as x
    where (x.id - 1) % {every} = 9
) as d
where d.id = s.id;
"""
WAYS: dict[str, str] = {"tick()": "select * from lifecycle.tick();\n", "run_tick()": "call lifecycle.run_tick();\n"}


def run(lab: Lab, options: Options) -> Findings:
    """Measures three sizes in three ways."""
    sizes = [size // 10 for size in SIZES] if options.quick else SIZES
    calls = 20 if options.quick else 200
    findings = Findings(("this size", "smallest"))
    with ExitStack() as stack:
        databases = {size: stack.enter_context(_database(lab, size, 50 if options.quick else 500)) for size in sizes}
        smallest = databases[sizes[0]]

        def settle() -> None:
            for database in databases.values():
                database.run("vacuum (analyze) lifecycle.clocks, lifecycle.ticks;\n")

        for way, measure in _ways(calls):
            for size, database in databases.items():
                pairs = in_pairs(
                    options.pairs,
                    lambda d=database, m=measure: m(d),  # type: ignore[misc]
                    lambda m=measure: m(smallest),  # type: ignore[misc]
                    settle,
                )
                findings.comparisons.append(
                    Comparison(f"{way}, {size:,} sessions a copy", "ms", pairs, TARGET, CEILING_MS)
                )
        for database in databases.values():
            moved = database.value("select count(*) from lifecycle.ticks where moved <> '{}' or failed > 0")
            assert moved == 0, "the ticks moved something"
    return findings


def _ways(calls: int) -> Iterator[tuple[str, Callable[[Database], Sample]]]:
    for way, script in WAYS.items():
        yield way, lambda database, s=script: database.pgbench(s, search_path="", transactions=calls)  # type: ignore[misc]
    yield "first run_tick() of a connection", lambda database: first_ticks(database, max(calls // 10, 1))


def first_ticks(database: Database, calls: int) -> Sample:
    """Runs the clock as the first statement of so many new connections, one after the other."""
    seconds = 0.0
    for _ in range(calls):
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            begun = time.perf_counter()
            connection.execute("call lifecycle.run_tick()")
            seconds += time.perf_counter() - begun
    return Sample(calls, calls / seconds, seconds / calls * 1000)


@contextmanager
def _database(lab: Lab, sessions: int, soon: int) -> Iterator[Database]:
    with lab.database(f"idle_{sessions}") as database:
        apply(database.dsn, units=["workshop"], schemas={"workshop": "acme"}, roles=False)
        workshops.fill(database, "workshop", workshops=sessions // 50, sessions=50, seats=20)
        workshops.copy(database, "workshop", "acme")
        now = database.value("select date_trunc('minute', now())")
        lessons.fill(database, "tutoring", courses=sessions // 10, lessons=LESSONS, now=now)
        database.run(SOON.format(every=sessions // soon), "tutoring")
        within = "s.starts_at > now() and s.starts_at <= now() + interval '1 hour'"
        lessons.remind(database, "tutoring", [Lesson("", reminder="sent")] * len(LESSONS), within)
        lessons.settle(database, "tutoring")
        count = f"select count(*) from tutoring.sessions as s where {within}"
        assert cast(int, database.value(count)) == soon, f"{database.value(count)} sessions start within the hour"
        yield database
