"""Export and erasure of one student or tutor."""

from __future__ import annotations

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.person import EMAIL, NAME, PHONE, found_in, personal
from support.school import School
from support.together import Waiting

NOW = "2027-01-04 09:30+00"
OF_TUTORS = {"tutors.full_name", "tutors.email", "tutors.phone"}
OF_STUDENTS = {"enrolled_students.full_name", "enrolled_students.email", "enrolled_students.phone"}


@pytest.fixture
def app(school: School, connect: Connect) -> psycopg.Connection:
    set_now(school.conn, NOW)
    conn = connect("sessionbook_app")
    conn.execute("set search_path = tutoring")
    return conn


@pytest.fixture
def lesson(school: School) -> int:
    """Zaynab's first lesson, of which she was reminded; she moved another, and a step of hers failed."""
    student = school.new_student(NAME, PHONE, email=EMAIL)
    course = school.new_course(student_id=student)
    first = school.session(enrolled_courses_id=course)
    school.conn.execute("select set_config('sessionbook.actor', %s, false)", [EMAIL.lower()])
    moved = school.session("2027-01-12", enrolled_courses_id=course)
    school.conn.execute("select reschedule_session(%s, '2027-01-13', '10:00', '12:00')", [moved])
    school.conn.execute("select create_calendar_token('student', %s)", [str(student)])
    school.advance(NOW)
    school.conn.execute("select claim_reminders('courier')")
    school.conn.execute("update reminders set last_error = %s", [f"{PHONE} is busy"])
    school.conn.execute("select read_events(null, 1000)")
    made = '[{"session_date": "2027-01-14", "start_time": "10:00", "end_time": "12:00"}]'
    cancelled = school.one("select id from create_sessions(%s, %s, %s)", course, made, f"lesson of {NAME}")
    school.conn.execute("select cancel_session(%s)", [cancelled])
    school.conn.execute("reset sessionbook.actor")
    school.conn.execute(
        "insert into failed_steps (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at)"
        " values ('queue_reminders', '1', 'P0001', %s, 1, now(), now())",
        [f"{NAME} cannot be told"],
    )
    school.conn.execute(
        "insert into broken_rules (rule, machine, subject_id, changed_by, actor, noted_at)"
        " values ('illegal_transition', 'tutoring.session', '1', 'app', %s, now())",
        [EMAIL.lower()],
    )
    return first


def test_nothing_is_left_of_who_is_erased(school: School, app: psycopg.Connection, lesson: int) -> None:
    # Of a calendar token the key of the student is kept, which is no trace of hers once she is erased.
    assert found_in(school.conn, "tutoring") == personal(school.conn, "tutoring") - OF_TUTORS - {
        "calendar_tokens.subject_id"
    }
    before = school.rows("select * from sessions order by id") + school.rows(
        "select id, state, settled_at from reminders order by id"
    )
    erased = dict(app.execute("select table_name, erased from erase_person(%s)", [EMAIL.upper()]).fetchall())
    assert {table: erased[table] for table in ("enrolled_students", "tutors", "calendar_tokens")} == {
        "enrolled_students": 1,
        "tutors": 0,
        "calendar_tokens": 1,
    }
    assert found_in(school.conn, "tutoring") == set()
    after = school.rows("select * from sessions order by id") + school.rows(
        "select id, state, settled_at from reminders order by id"
    )
    assert after == before
    # No message is sent to her any more.
    school.advance("2027-01-13 09:30+00")
    assert school.rows("select * from claim_reminders('courier') where recipient is not null") == []
    assert found_in(school.conn, "tutoring") == set()
    assert app.execute("select export_person(%s, %s)", [EMAIL, PHONE]).fetchone() == ({},)


def test_everything_is_exported(school: School, app: psycopg.Connection, lesson: int) -> None:
    row = app.execute("select export_person(%s)", [EMAIL.upper()]).fetchone()
    assert row is not None
    counts = {table: len(rows) for table, rows in row[0].items()}
    assert counts == {
        "enrolled_students": 1,
        "enrolled_courses": 1,
        "sessions": 3,
        "reminders": school.one("select count(*) from reminders"),
        "calendar_tokens": 1,
    }
    assert "token_hash" not in row[0]["calendar_tokens"][0]


def test_others_stay_as_they_are(school: School, app: psycopg.Connection, lesson: int) -> None:
    sister = school.new_student("Maryam", PHONE, email="maryam@example.org")
    app.execute("select erase_person(%s, %s)", [EMAIL, PHONE])
    assert school.row("select full_name, phone from enrolled_students where id = %s", sister) == {
        "full_name": "Maryam",
        "phone": PHONE,
    }


def test_tutor_who_teaches_stays_and_one_who_taught_goes(school: School, app: psycopg.Connection) -> None:
    school.conn.execute("update tutors set full_name = %s, email = %s, phone = %s", [NAME, EMAIL, PHONE])
    session = school.session()
    school.advance(NOW)
    school.conn.execute("select claim_reminders('courier')")
    assert "reminders.message" in found_in(school.conn, "tutoring")
    rows = app.execute("select erased, kept from erase_person(%s) where table_name = 'tutors'", [EMAIL]).fetchall()
    assert rows[0][0] == 0
    assert found_in(school.conn, "tutoring") == OF_TUTORS | {"reminders.message"}
    school.advance("2027-01-04 10:30+00")
    school.conn.execute("select complete_session(%s)", [session])
    app.execute("select erase_person(%s, %s)", [EMAIL, PHONE])
    assert found_in(school.conn, "tutoring") == set()


@pytest.mark.parametrize("call", ["erase_person", "export_person"])
def test_nobody_is_not_looked_for(app: psycopg.Connection, call: str) -> None:
    with raises_key("PT400", "contact_missing"):
        app.execute(f"select {call}(null, ' ')")  # type: ignore[arg-type]


def test_housekeeping_erases_what_is_long_over(school: School, app: psycopg.Connection) -> None:
    student = school.new_student(NAME, PHONE, email=EMAIL, created_at="2026-01-01")
    school.session(enrolled_courses_id=school.new_course(student_id=student, created_at="2026-01-01"))
    school.advance("2027-01-04 13:00+00")
    set_now(school.conn, "2027-03-01 00:00+00")
    for keep, left in (("90 days", True), (None, True), ("30 days", False)):
        school.conn.execute("update settings set keep_personal = %s", [keep])
        school.conn.execute("call lifecycle.housekeeping()")
        assert (found_in(school.conn, "tutoring") >= OF_STUDENTS) is left
    assert found_in(school.conn, "tutoring") == set()


def test_courier_that_is_waited_for_can_go_on(
    school: School, app: psycopg.Connection, connect: Connect, lesson: int
) -> None:
    other = connect(autocommit=False)
    reminder = other.execute("select max(id) from tutoring.reminders where state = 'claimed'").fetchone()
    other.execute("select from tutoring.reminders for update")
    erasing = Waiting(app, lambda conn: conn.execute("select from erase_person(%s)", [EMAIL]))
    other.execute("select tutoring.complete_reminder(%s, 'courier')", reminder)
    other.commit()
    erasing.result()
    assert found_in(school.conn, "tutoring") == set()
