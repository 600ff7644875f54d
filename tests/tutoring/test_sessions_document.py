"""Every query and the testing checklist of the sessions document, as they stand there."""

from __future__ import annotations

from typing import Any

import pytest

from support.errors import raises_key
from support.school import School

# Column, type, nullable, default, as the document's table lists them.
COLUMNS = """
id | integer | NOT NULL | AUTO
enrolled_courses_id | integer | NULL | -
topics | json | NULL | '[]'
topics_covered | json | NULL | '[]'
session_date | date | NOT NULL | -
start_time | time | NOT NULL | -
end_time | time | NOT NULL | -
duration | integer | NULL | -
session_mode | varchar(50) | NULL | 'online'
location | varchar(255) | NULL | -
whiteboard_id | integer | NULL | -
student_review_id | integer | NULL | -
tutor_review_id | integer | NULL | -
parent_review_id | integer | NULL | -
tutor_attendance_status | varchar(20) | NULL | 'present'
student_attendance_status | varchar(20) | NULL | 'present'
priority_level | varchar(20) | NULL | 'medium'
is_recurring | boolean | NULL | false
session_frequency | varchar(50) | NULL | 'one-time'
recurring_pattern | json | NULL | -
notification_enabled | boolean | NULL | false
alarm_enabled | boolean | NULL | false
alarm_before_minutes | integer | NULL | 15
is_featured | boolean | NULL | false
status | varchar(20) | NULL | 'scheduled'
created_at | timestamp | NULL | CURRENT_TIMESTAMP
updated_at | timestamp | NULL | CURRENT_TIMESTAMP
"""

DESCRIBE = """
select
    a.attname,
    replace(replace(replace(format_type(a.atttypid, a.atttypmod), 'character varying', 'varchar'),
        ' without time zone', ''), 'time zone', ''),
    case when a.attnotnull then 'NOT NULL' else 'NULL' end,
    case when a.attidentity <> '' then 'AUTO'
        else coalesce(regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[a-z ]+$', ''), '-') end
from pg_attribute as a
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = 'sessions'::regclass and a.attnum between 1 and 27
order by a.attnum
"""

INSERT = """
INSERT INTO sessions (
  enrolled_courses_id,
  whiteboard_id,
  topics,
  session_date,
  start_time,
  end_time,
  duration,
  session_mode,
  status
) VALUES (
  123,
  456,
  '["Introduction to Physics", "Newton''s Laws"]'::json,
  '2025-12-01',
  '14:00:00',
  '15:30:00',
  90,
  'online',
  'scheduled'
);
"""


@pytest.fixture
def course(school: School) -> School:
    """Course 123 of student 789 and tutor 456, with whiteboard 456, as an application of its kind sees them."""
    school.conn.execute("set session authorization sessionbook_writer")
    school.insert("tutors", id=456, full_name="Tutor")
    school.new_student(id=789)
    school.new_course(id=123, student_id=789, tutor_id=456)
    school.insert("whiteboard_sessions", id=456, session_name="Laws of motion")
    school.conn.execute(INSERT)
    school.session()
    return school


def test_27_columns(school: School) -> None:
    expected = [tuple(line.split(" | ")) for line in COLUMNS.strip().splitlines()]
    assert school.conn.execute(DESCRIBE).fetchall() == expected


def test_get_all_sessions_for_a_course_enrollment(course: School) -> None:
    rows = course.rows(
        """
        SELECT * FROM sessions
        WHERE enrolled_courses_id = 123
        ORDER BY session_date DESC;
        """
    )
    assert [row["topics"] for row in rows] == [["Introduction to Physics", "Newton's Laws"]]


def test_get_sessions_with_whiteboard_usage(course: School) -> None:
    rows = course.rows(
        """
        SELECT s.*, ws.session_name as whiteboard_name
        FROM sessions s
        JOIN whiteboard_sessions ws ON s.whiteboard_id = ws.id
        WHERE s.whiteboard_id IS NOT NULL
        ORDER BY s.session_date DESC;
        """
    )
    assert [row["whiteboard_name"] for row in rows] == ["Laws of motion"]


def test_get_sessions_for_a_specific_tutor(course: School) -> None:
    rows = course.rows(
        """
        SELECT s.*
        FROM sessions s
        JOIN enrolled_courses ec ON s.enrolled_courses_id = ec.id
        WHERE ec.tutor_id = 456
        ORDER BY s.session_date DESC;
        """
    )
    assert [row["enrolled_courses_id"] for row in rows] == [123]


def test_get_sessions_for_a_specific_student(course: School) -> None:
    rows = course.rows(
        """
        SELECT s.*
        FROM sessions s
        JOIN enrolled_courses ec ON s.enrolled_courses_id = ec.id
        WHERE ec.student_id = 789
        ORDER BY s.session_date DESC;
        """
    )
    assert [row["enrolled_courses_id"] for row in rows] == [123]


@pytest.mark.parametrize(
    ("statement", "arguments", "count"),
    [
        (
            "INSERT INTO sessions (enrolled_courses_id, whiteboard_id, session_date, start_time, end_time)"
            " VALUES (%s, %s, '2025-12-02', '14:00', '15:30') RETURNING id",
            [123, 456],
            1,
        ),
        ("SELECT s.* FROM sessions s\n        WHERE s.enrolled_courses_id = %s", [123], 1),
        ("SELECT s.* FROM sessions s\n        JOIN enrolled_courses ec ON s.enrolled_courses_id = ec.id", [], 2),
    ],
)
def test_updated_backend_statements(course: School, statement: str, arguments: list[Any], count: int) -> None:
    assert len(course.rows(statement, *arguments)) == count


@pytest.mark.parametrize(
    ("column", "value", "key"),
    [
        ("enrolled_courses_id", 999, "sessions_enrolled_courses_id_fkey"),
        ("whiteboard_id", 999, "sessions_whiteboard_id_fkey"),
    ],
)
def test_foreign_keys_refuse_what_is_not_there(course: School, column: str, value: int, key: str) -> None:
    with raises_key("23503", key):
        course.session(**{column: value})
    with raises_key("23503", key):
        course.conn.execute(f"update sessions set {column} = %s", [value])


def test_cascade_deleting_an_enrolled_course_deletes_its_sessions(course: School) -> None:
    session = course.one("select id from sessions where enrolled_courses_id = 123")
    course.conn.execute("select start_session(%s)", [session])
    course.conn.execute("delete from enrolled_courses where id = 123")
    assert course.one("select count(*) from sessions where enrolled_courses_id = 123") == 0
    assert course.one("select count(*) from sessions") == 1
    assert len(course.moves(session)) == 1


def test_cascade_takes_reminders_along(course: School) -> None:
    course.conn.execute("reset session authorization")
    course.advance("2025-12-01 13:30+00")
    assert course.one("select count(*) from reminders") == 1
    course.conn.execute("set session authorization sessionbook_writer")
    course.conn.execute("delete from enrolled_courses where id = 123")
    assert course.one("select count(*) from reminders") == 0


def test_set_null_deleting_a_whiteboard_keeps_the_session(course: School) -> None:
    course.conn.execute("delete from whiteboard_sessions where id = 456")
    assert course.row("select whiteboard_id, duration from sessions where enrolled_courses_id = 123") == {
        "whiteboard_id": None,
        "duration": 90,
    }


@pytest.mark.parametrize("columns", [{"whiteboard_id": None}, {"whiteboard_id": 456}, {"enrolled_courses_id": 123}])
def test_insert_with_valid_and_null_references(course: School, columns: dict[str, Any]) -> None:
    course.session(**columns)


def test_update_of_both_references(course: School) -> None:
    course.conn.execute("update sessions set enrolled_courses_id = 123, whiteboard_id = 456")
    assert course.one("select count(*) from sessions where enrolled_courses_id = 123 and whiteboard_id = 456") == 2


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("session_date = '2025-12-01'", "idx_sessions_date"),
        ("enrolled_courses_id = 123", "idx_sessions_enrolled_courses"),
        ("is_featured", "idx_sessions_featured"),
        ("is_recurring", "idx_sessions_recurring"),
        ("id = 1", "sessions_pkey"),
    ],
)
def test_indexes_are_being_used(course: School, condition: str, index: str) -> None:
    course.conn.execute("set enable_seqscan = off")
    plan = course.rows(f"explain select * from sessions where {condition}")
    assert any(index in row["QUERY PLAN"] for row in plan)
