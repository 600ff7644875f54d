"""A tick that finds a great deal to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.database import Connection, Database, Lab
from bench.lessons import MESSAGE, PAST, Lesson, fill, settle
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample

TITLE = "a tick of 100,000 due sessions among a million"
ABOUT = """
`call lifecycle.run_tick()`, until nothing is due, in committed batches of 5,000, and three statements in one
transaction on the same tables without triggers: one update of the status, one insert of the history, one insert of the
reminders, whose messages are joined by hand. 100,000 courses have ten sessions each, four of them over, with history
and reminders sent; what is due together lies scattered over the table. *On time*: one session of every course starts,
its reminder sent before, and the reminders of 100,000 others are queued, so 200,000 rows move. *After an outage*:
100,000 sessions start that nobody was reminded of, which each reminder says. Rows a second are rows moved: sessions
and, on time, reminders. Both sides make the same rows; that is checked. Between pairs both are put back and vacuumed.
"""
TARGET = 0.55

LESSONS = [
    *PAST,
    Lesson("-31 minutes", "scheduled", "sent"),
    Lesson("30 minutes"),
    *(Lesson(f"{weeks} weeks") for weeks in (1, 2, 3, 4)),
]
STARTING, SOON = 4, 5
OF_LESSON = f"(({{}} - 1) % {len(LESSONS)})"

START = """\
update sessions set status = 'in_progress'
where status = 'scheduled' and deleted_at is null and starts_at <= now()"""
HISTORY = """\
insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)
select 'tutoring.session', s.id::text, 'scheduled', s.status, 'clock', current_user, session_user, now()
from sessions as s
where s.status = 'in_progress' and s.deleted_at is null and s.starts_at <= now()"""
QUEUE = f"""\
insert into reminders (
    session_id, student_id, kind, recipient, message, due_at, for_starts_at, state, next_attempt_at, queued_at
)
select
    s.id, st.id, 'starts_soon', st.phone, {MESSAGE},
    s.starts_at - interval '1 hour', s.starts_at, 'queued', now(), now()
from sessions as s
join enrolled_courses as c on c.id = s.enrolled_courses_id
join enrolled_students as st on st.id = c.student_id
left join tutors as t on t.id = c.tutor_id
where s.status = 'scheduled' and s.deleted_at is null and s.starts_at > now()
    and s.starts_at <= now() + interval '1 hour'"""
MISS = """\
insert into reminders (session_id, student_id, kind, due_at, for_starts_at, state, reason, queued_at, settled_at)
select
    s.id, c.student_id, 'starts_soon', s.starts_at - interval '1 hour', s.starts_at, 'missed', 'start_passed',
    now(), now()
from sessions as s
join enrolled_courses as c on c.id = s.enrolled_courses_id
where s.status = 'in_progress' and s.deleted_at is null and s.starts_at <= now()"""

SIDES = ("tutoring", "bare_tutoring")
# What was made, without keys and times of making: how much of it, and a sum that differs when a row does.
MADE = """\
select array_agg(row(m.what, m.rows, m.sum)::text order by m.what) from (
    select x.what, count(*) as rows, sum(hashtextextended(x.made::text, 0)) as sum
    from (
        select 'session' as what, to_jsonb(s) - array['created_at', 'updated_at'] as made
        from {schema}.sessions as s where s.status = 'in_progress'
        union all
        select 'change', to_jsonb(h) - array['id', 'changed_at'] from {schema}.status_changes as h
        where h.id > {changes}
        union all
        select 'reminder', to_jsonb(r) - array['id', 'next_attempt_at', 'queued_at', 'settled_at']
        from {schema}.reminders as r where r.id > {reminders}
    ) as x
    group by x.what
) as m"""
# Putting a million rows back takes longer than the measurement, and that averages over 100,000 rows by itself.
MOST_PAIRS = 3


def run(lab: Lab, options: Options) -> Findings:
    """Measures a full hour and the end of an outage."""
    courses = 1000 if options.quick else 100_000
    findings = Findings(("sessionbook", "bare"))
    with lab.database("tick") as database:
        now = database.value("select date_trunc('minute', now())")
        _on_both(lambda schema: fill(database, schema, courses=courses, lessons=LESSONS, now=now))
        lines = (
            (f"on time: {courses:,} start, {courses:,} reminders", [START, HISTORY, QUEUE], 2 * courses),
            (f"after an outage: {courses:,} start unreminded", [START, HISTORY, MISS], courses),
        )
        for what, statements, rows in lines:
            if statements[-1] == MISS:
                _leave_unreminded(database)
            keys = _newest_keys(database)
            # Once for nothing: what the first pair meets is what the others meet.
            _tick(database, rows)
            _bare(database, statements, rows)
            _same_rows(database, keys)
            pairs = in_pairs(
                min(options.pairs, MOST_PAIRS),
                lambda n=rows: _tick(database, n),  # type: ignore[misc]
                lambda s=statements, n=rows: _bare(database, s, n),  # type: ignore[misc]
                lambda k=keys: _put_back(database, k),  # type: ignore[misc]
            )
            _put_back(database, keys)
            findings.comparisons.append(Comparison(what, "tps", pairs, TARGET))
    return findings


def _tick(database: Database, rows: int) -> Sample:
    with database.connect() as connection:
        begun = time.perf_counter()
        connection.execute("call lifecycle.run_tick()")
        sample = _sample(rows, time.perf_counter() - begun)
        tick = connection.execute(
            "select (select sum(m.value::bigint) from jsonb_each_text(t.moved -> 'tutoring') as m), t.failed, t.error "
            "from lifecycle.ticks as t order by t.id desc limit 1"
        ).fetchone()
    assert tick == (rows, 0, None), f"rows moved, failed, error: {tick}"
    return sample


def _bare(database: Database, statements: Sequence[str], rows: int) -> Sample:
    with database.connect("bare_tutoring") as connection:
        begun = time.perf_counter()
        with connection.transaction():
            counts = [connection.execute(statement.encode()).rowcount for statement in statements]
        sample = _sample(rows, time.perf_counter() - begun)
    assert len(set(counts)) == 1, f"rows updated and inserted: {counts}"
    return sample


def _sample(rows: int, seconds: float) -> Sample:
    return Sample(rows, rows / seconds, seconds * 1000)


Keys = dict[str, tuple[int, int]]


def _newest_keys(database: Database) -> Keys:
    keys = {}
    with database.connect() as connection:
        for schema in SIDES:
            keys[schema] = _pair_of_keys(connection, schema)
    return keys


def _pair_of_keys(connection: Connection, schema: str) -> tuple[int, int]:
    query = f"select (select max(id) from {schema}.status_changes), (select max(id) from {schema}.reminders)"
    changes, reminders = connection.execute(query.encode()).fetchone() or (0, 0)
    return changes, reminders


def _same_rows(database: Database, keys: Keys) -> None:
    ours, bare = (database.value(MADE.format(schema=s, changes=c, reminders=r)) for s, (c, r) in keys.items())
    assert ours == bare, f"made: {ours}, bare: {bare}"


def _put_back(database: Database, keys: Keys) -> None:
    # The checkpoint comes first: then what puts the rows back pays for the full pages, not one of the two sides.
    database.run("checkpoint;\n")

    def put_back(schema: str) -> None:
        changes, reminders = keys[schema]
        database.run(
            "update sessions set status = 'scheduled' where status = 'in_progress';\n"
            f"delete from status_changes where id > {changes};\n"
            f"delete from reminders where id > {reminders};\n",
            schema,
        )
        settle(database, schema)

    _on_both(put_back)


def _leave_unreminded(database: Database) -> None:
    """Gives the reminders of what starts to what starts soon."""

    def leave(schema: str) -> None:
        database.run(
            f"update reminders as r set session_id = s.id, for_starts_at = s.starts_at from sessions as s\n"
            f"where {OF_LESSON.format('r.session_id')} = {STARTING} and s.id = r.session_id + {SOON - STARTING};\n",
            schema,
        )
        settle(database, schema)

    _on_both(leave)


def _on_both(work: Callable[[str], None]) -> None:
    with ThreadPoolExecutor(len(SIDES)) as pool:
        list(pool.map(work, SIDES))
