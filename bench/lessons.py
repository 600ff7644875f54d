"""Rows of unit tutoring to measure on: course n is student n's, and has its sessions in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.database import Database

TABLES = (
    "tutors",
    "enrolled_students",
    "enrolled_courses",
    "sessions",
    "reminders",
    "status_changes",
    "reschedules",
    "failed_steps",
)


@dataclass(frozen=True)
class Lesson:
    """One session of every course."""

    after: str
    """From the time of filling to the start in the first course; in the others up to 29 minutes later."""
    status: str = "scheduled"
    reminder: str | None = None
    """State of its reminder; None: it has none."""


PAST = [Lesson(f"-{weeks} weeks", "completed", "sent") for weeks in (4, 3, 2, 1)]

PEOPLE = """\
insert into tutors (full_name, phone)
select 'Tutor ' || n, '+4930' || n from generate_series(1, 1000) as n;

insert into enrolled_students (full_name, phone, timezone)
select 'Student ' || n, '+9655' || n, 'Asia/Kuwait' from generate_series(1, {courses}) as n;

insert into enrolled_courses (student_id, tutor_id, course_name, timezone)
select n, 1 + n % 1000, 'Course ' || n, case when n % 2 = 0 then 'Asia/Kuwait' else 'Europe/Berlin' end
from generate_series(1, {courses}) as n;
"""

# In the order of courses, as applications make them, so that what is due together is not stored together. The bare
# tables have no trigger that derives the instants.
SESSIONS = """\
insert into sessions (
    enrolled_courses_id, topics, session_date, start_time, end_time, duration, timezone, status, starts_at, ends_at
)
select
    c.id, '["fractions"]', d.local::date, d.local::time, (d.local + interval '1 hour')::time, 60, c.timezone, k.status,
    d.local at time zone c.timezone, (d.local + interval '1 hour') at time zone c.timezone
from enrolled_courses as c
cross join (values {lessons}) as k (n, after, status)
cross join lateral (
    select (timestamptz '{now}' + k.after::interval + c.id % 30 * interval '1 minute') at time zone c.timezone as local
) as d
order by c.id, k.n;

insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)
select 'tutoring.session', s.id::text, m.from_status, m.to_status, 'clock', 'postgres', 'postgres', m.at
from sessions as s
cross join lateral (
    values ('scheduled', 'in_progress', s.starts_at), ('in_progress', 'completed', s.ends_at)
) as m (from_status, to_status, at)
where s.status = 'completed'
order by m.at, s.id;
"""

REMINDERS = """\
insert into reminders (
    session_id, student_id, kind, recipient, message, due_at, for_starts_at, state, attempts, next_attempt_at, worker,
    lease_until, queued_at, settled_at
)
select
    s.id, st.id, 'starts_soon', st.phone, {message}, s.starts_at - interval '1 hour', s.starts_at, k.state,
    case k.state when 'queued' then 0 else 1 end,
    case k.state when 'queued' then s.starts_at - interval '1 hour' end,
    case when k.state <> 'queued' then 'courier' end,
    case when k.state <> 'queued' then s.starts_at - interval '59 minutes' end,
    s.starts_at - interval '1 hour',
    case when k.state <> 'queued' then s.starts_at - interval '1 hour' end
from sessions as s
join enrolled_courses as c on c.id = s.enrolled_courses_id
join enrolled_students as st on st.id = c.student_id
left join tutors as t on t.id = c.tutor_id
join (values {lessons}) as k (n, state) on k.n = (s.id - 1) % {each}
where {condition}
order by s.starts_at, s.id;
"""

MESSAGE = """jsonb_build_object(
        'student', st.full_name, 'tutor', t.full_name, 'course', c.course_name, 'session_date', s.session_date,
        'start_time', s.start_time, 'end_time', s.end_time, 'timezone', s.timezone, 'starts_at', s.starts_at,
        'session_mode', s.session_mode, 'location', s.location
    )"""


def fill(database: Database, schema: str, *, courses: int, lessons: Sequence[Lesson], now: object) -> None:
    """Writes courses with their sessions, history and reminders, as if the clock had always run, and analyzes.

    Args:
        database: where.
        schema: holds the tables, empty so far.
        courses: how many; keys are 1, 2, ...
        lessons: the sessions of each; keys count on over all courses, so lesson n of course c is (c - 1) * len + n + 1.
        now: time that the lessons are counted from.
    """
    values = ", ".join(f"({n}, '{lesson.after}', '{lesson.status}')" for n, lesson in enumerate(lessons))
    database.run(PEOPLE.format(courses=courses) + SESSIONS.format(lessons=values, now=now), schema)
    if any(lesson.reminder for lesson in lessons):
        remind(database, schema, lessons)
    settle(database, schema)


def remind(database: Database, schema: str, lessons: Sequence[Lesson], condition: str = "true") -> None:
    """Writes the lessons' reminders, where a condition on a session `s` holds."""
    values = ", ".join(f"({n}, '{lesson.reminder}')" for n, lesson in enumerate(lessons) if lesson.reminder)
    statement = REMINDERS.format(lessons=values, each=len(lessons), message=MESSAGE, condition=condition)
    database.run(statement, schema)


def settle(database: Database, *schemas: str) -> None:
    """Vacuums and analyzes, so that no side measures the dead rows of the last round."""
    tables = ", ".join(f"{schema}.{table}" for schema in schemas for table in TABLES)
    database.run(f"vacuum (analyze) {tables};\n")
