"""Tutoring databases of the past brought up to date and back, with the statements of their own document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from sessionbook.deploy import apply, rollback
from sessionbook.errors import SqlError

from support.sources import SQL, without_comments

FOREIGN_KEYS = """
SELECT
    conname,
    pg_get_constraintdef(oid) as definition
FROM pg_constraint
WHERE conrelid = 'sessions'::regclass
AND contype = 'f';
"""

EXPECTED_FOREIGN_KEYS = """
sessions_enrolled_courses_id_fkey | FOREIGN KEY (enrolled_courses_id) REFERENCES enrolled_courses(id) ON DELETE CASCADE
sessions_whiteboard_id_fkey       | FOREIGN KEY (whiteboard_id) REFERENCES whiteboard_sessions(id) ON DELETE SET NULL
"""

INDEXES = """
SELECT indexname
FROM pg_indexes
WHERE tablename = 'sessions'
ORDER BY indexname;
"""

EXPECTED_INDEXES = """
idx_sessions_date
idx_sessions_enrolled_courses
idx_sessions_featured
idx_sessions_recurring
sessions_pkey
"""

# What 0003 adds for the clock; docs/decisions.md says why these have to be on the table itself.
OURS = """
sessions_alarms_idx
sessions_starts_at_idx
sessions_to_alarm_idx
sessions_to_complete_idx
sessions_to_start_idx
sessions_whiteboard_id_idx
"""

INTEGRITY = """
-- Check if all enrolled_courses_id values reference valid enrolled_courses
SELECT COUNT(*) as orphaned_sessions
FROM sessions s
LEFT JOIN enrolled_courses ec ON s.enrolled_courses_id = ec.id
WHERE s.enrolled_courses_id IS NOT NULL
AND ec.id IS NULL;
-- Expected: 0
"""

ROLLBACK = """
-- 1. Drop new foreign keys
ALTER TABLE sessions DROP CONSTRAINT sessions_enrolled_courses_id_fkey;
ALTER TABLE sessions DROP CONSTRAINT sessions_whiteboard_id_fkey;

-- 2. Rename column back
ALTER TABLE sessions RENAME COLUMN enrolled_courses_id TO course_enrollment_id;

-- 3. Recreate old foreign key
ALTER TABLE sessions
ADD CONSTRAINT sessions_course_enrollment_id_fkey
FOREIGN KEY (course_enrollment_id)
REFERENCES enrolled_students(id)
ON DELETE CASCADE;

-- 4. Rename index back
ALTER INDEX idx_sessions_enrolled_courses RENAME TO idx_sessions_enrollment;
"""

STUDENTS = """
insert into enrolled_students (id, full_name) values (1, 'One course'), (2, 'Two courses'), (3, 'No course');
insert into enrolled_courses (id, student_id, course_name) values
    (71, 1, 'Physics'), (72, 2, 'Chemistry'), (73, 2, 'Maths');
insert into whiteboard_sessions (id, session_name) values (9, 'Board');
insert into sessions (id, course_enrollment_id, whiteboard_id, session_date, start_time, end_time) values
    (101, 1, 9, '2025-12-01', '14:00', '15:30'),
    (102, 2, null, '2025-12-01', '14:00', '15:30'),
    (103, 3, 8, '2025-12-01', '14:00', '15:30'),
    (104, null, null, '2025-12-01', '14:00', '15:30');
"""


class Past:
    """A database with unit tutoring at some point of its history."""

    def __init__(self, conn: psycopg.Connection, dsn: str) -> None:
        self.conn = conn
        self.dsn = dsn
        self.notices: list[str] = []

    def to(self, migration: str | None) -> None:
        upto = {} if migration is None else {"tutoring": migration}
        apply(self.dsn, units=["tutoring"], upto=upto)

    def back_to(self, migration: str) -> None:
        rollback(self.dsn, "tutoring", "tutoring", migration)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.conn.execute(query.encode()).fetchall()


@pytest.fixture
def past(empty_database: str) -> Iterator[Past]:
    """A database at 0001_sessions."""
    apply(empty_database, units=["tutoring"], upto={"tutoring": "0001_sessions"})
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("set search_path = tutoring")
        yield Past(conn, empty_database)


def lines(text: str) -> list[tuple[str, ...]]:
    return [tuple(re.split(r"\s+\|\s+", line)) for line in text.strip().splitlines()]


@pytest.mark.parametrize("migration", ["0002_update_sessions_references", None])
def test_foreign_keys_as_expected(past: Past, migration: str | None) -> None:
    past.to(migration)
    assert sorted(past.rows(FOREIGN_KEYS)) == lines(EXPECTED_FOREIGN_KEYS)


def test_indexes_as_expected_after_0002(past: Past) -> None:
    past.to("0002_update_sessions_references")
    assert past.rows(INDEXES) == lines(EXPECTED_INDEXES)


def test_indexes_in_the_end_are_these_and_the_clocks(past: Past) -> None:
    past.to(None)
    assert past.rows(INDEXES) == sorted(lines(EXPECTED_INDEXES) + lines(OURS))


@pytest.mark.parametrize("migration", ["0002_update_sessions_references", None])
def test_no_orphaned_sessions(past: Past, migration: str | None) -> None:
    past.conn.execute(STUDENTS)
    past.to(migration)
    assert past.rows(INTEGRITY) == [(0,)]


def test_old_references_become_the_only_course_or_are_kept_with_the_reason(past: Past) -> None:
    past.conn.execute(STUDENTS)
    past.to("0002_update_sessions_references")
    assert past.rows("select id, enrolled_courses_id, whiteboard_id from sessions order by id") == [
        (101, 71, 9),
        (102, None, None),
        (103, None, None),
        (104, None, None),
    ]
    assert past.rows("select session_id, column_name, old_value, reason from sessions_unmapped order by 1, 2") == [
        (102, "course_enrollment_id", 2, "student 2 has 2 courses: 72, 73"),
        (103, "course_enrollment_id", 3, "student 3 has no course"),
        (103, "whiteboard_id", 8, "there is no whiteboard 8"),
    ]


def test_notices_say_how_many(past: Past) -> None:
    past.conn.execute(STUDENTS)
    said: list[str] = []
    with psycopg.connect(past.dsn, autocommit=True) as conn:
        conn.add_notice_handler(lambda diagnostic: said.append(diagnostic.message_primary or ""))
        conn.execute("set search_path = tutoring")
        conn.execute((SQL / "migrations/tutoring/0002_update_sessions_references.sql").read_bytes())
    assert [text.split(" keep")[0] for text in said] == ["2 sessions", "1 sessions"]


@pytest.mark.parametrize("migration", ["0002_update_sessions_references", None])
def test_rollback_restores_every_value(past: Past, migration: str | None) -> None:
    past.conn.execute(STUDENTS)
    columns = "id, course_enrollment_id, whiteboard_id, session_date, start_time, status, created_at, updated_at"
    before = past.rows(f"select {columns} from sessions order by id")
    past.to(migration)
    past.back_to("0001_sessions")
    assert past.rows(f"select {columns} from sessions order by id") == before
    assert past.rows("select indexname from pg_indexes where indexname like 'idx_sessions_enr%'") == [
        ("idx_sessions_enrollment",)
    ]


def test_rollback_gives_new_sessions_the_student_of_their_course(past: Past) -> None:
    past.conn.execute(STUDENTS)
    past.to(None)
    past.conn.execute(
        "insert into sessions (id, enrolled_courses_id, session_date, start_time, end_time)"
        " values (105, 73, '2027-01-04', '10:00', '12:00'); update sessions set enrolled_courses_id = 72 where id = 103"
    )
    past.back_to("0001_sessions")
    assert past.rows("select id, course_enrollment_id from sessions where id in (103, 105) order by id") == [
        (103, 2),
        (105, 2),
    ]


def test_rollback_and_again_gives_the_same_data(past: Past) -> None:
    past.conn.execute(STUDENTS)
    links = "select id, enrolled_courses_id, whiteboard_id from sessions order by id"
    kept = "select session_id, column_name, old_value, reason from sessions_unmapped order by 1, 2"
    past.to("0002_update_sessions_references")
    before = past.rows(links), past.rows(kept)
    past.back_to("0001_sessions")
    past.to("0002_update_sessions_references")
    assert (past.rows(links), past.rows(kept)) == before


def statements(text: str) -> list[str]:
    squeezed = " ".join(without_comments(text).lower().split()).replace("enrolled_students (", "enrolled_students(")
    return [statement.strip() for statement in squeezed.split(";") if statement.strip()]


def test_rollback_is_the_documents_own(past: Past) -> None:
    ours = statements((SQL / "migrations/tutoring/0002_update_sessions_references.rollback.sql").read_text())
    theirs = statements(ROLLBACK)
    assert [statement for statement in ours if statement in theirs] == theirs


def test_the_documents_rollback_runs_as_it_stands(past: Past) -> None:
    past.to("0002_update_sessions_references")
    past.conn.execute(ROLLBACK)
    assert [row[0] for row in past.rows(FOREIGN_KEYS)] == ["sessions_course_enrollment_id_fkey"]
    assert ("idx_sessions_enrollment",) in past.rows(INDEXES)


def test_sessions_take_the_zone_of_course_and_student_and_small_statuses(past: Past) -> None:
    past.conn.execute(STUDENTS)
    past.conn.execute(
        "update enrolled_courses set timezone = 'Asia/Kuwait' where id = 71;"
        " update sessions set status = upper(status) where id = 101"
    )
    past.to(None)
    with past.conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            "select timezone, status, starts_at = '2025-12-01 11:00+00' as moved from sessions where id = 101"
        )
        assert cursor.fetchone() == {"timezone": "Asia/Kuwait", "status": "scheduled", "moved": True}


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("update enrolled_courses set timezone = 'Kuwait/City'", "Kuwait/City"),
        ("update sessions set status = 'postponed'", "postponed"),
    ],
)
def test_what_cannot_be_understood_stops_the_migration_and_is_named(past: Past, damage: str, named: str) -> None:
    past.conn.execute(STUDENTS)
    past.conn.execute(damage)
    with pytest.raises(SqlError, match=named):
        past.to(None)
    assert past.rows(
        "select count(*) from pg_attribute where attrelid = 'sessions'::regclass and attname = 'timezone'"
    ) == [(0,)]
