"""What the views say of sessions, their workflows and their conflicts."""

from __future__ import annotations

from typing import Any

from support.school import School

NOW = "2027-01-04 08:00+00"


def workflow(school: School) -> tuple[Any, ...]:
    row = school.row(
        "select next_step, to_char(next_step_at at time zone 'UTC', 'HH24:MI') as at, overdue, reminder_state"
        " from session_workflows"
    )
    return tuple(row.values())


def test_workflow_of_a_session_from_first_to_last_step(school: School) -> None:
    session = school.session()
    school.at(NOW)
    assert workflow(school) == ("queue_reminders", "09:00", False, None)
    school.at("2027-01-04 09:05+00")
    assert workflow(school) == ("queue_reminders", "09:00", True, None)
    school.advance("2027-01-04 09:05+00")
    assert workflow(school) == ("start_sessions", "10:00", False, "queued")
    school.at("2027-01-04 10:00+00")
    assert workflow(school) == ("start_sessions", "10:00", True, "queued")
    school.advance("2027-01-04 10:00+00")
    assert workflow(school) == ("complete_sessions", "12:00", False, "missed")
    school.at("2027-01-04 12:00+00")
    school.advance("2027-01-04 12:00+00")
    assert school.rows("select * from session_workflows") == []
    assert school.status(session) == "completed"


def test_workflows_are_of_live_sessions_only(school: School) -> None:
    for status in ("completed", "cancelled", "no_show"):
        school.session(status=status)
    school.conn.execute("select delete_session(%s)", [school.session()])
    assert school.rows("select * from session_workflows") == []


def test_log_tells_every_step_by_time(school: School) -> None:
    session = school.session()
    school.at("2027-01-04 07:00+00")
    school.conn.execute("select reschedule_session(%s, '2027-01-04', '11:00', '12:00')", [session])
    for now in ("10:00", "11:00"):
        school.at(f"2027-01-04 {now}+00")
        if now == "10:00":
            school.advance(f"2027-01-04 {now}+00")
            (claimed,) = school.claim("courier-1")
            school.conn.execute("select complete_reminder(%s, 'courier-1')", [claimed["id"]])
        else:
            school.advance(f"2027-01-04 {now}+00")
    school.at("2027-01-04 11:30+00")
    school.conn.execute("select mark_no_show(%s)", [session])
    rows = school.rows("select step, outcome, cause, actor from workflow_log order by logged_at")
    me = school.one("select current_user")
    assert [tuple(row.values()) for row in rows] == [
        ("reschedule", "done", "person", me),
        ("reminder", "done", "clock", "courier-1"),
        ("start", "done", "clock", me),
        ("no_show", "done", "person", me),
    ]


def test_log_tells_what_was_skipped_and_what_failed(school: School) -> None:
    school.session(enrolled_courses_id=school.new_course(student_id=school.new_student(phone=None)))
    school.advance("2027-01-04 09:00+00")
    school.conn.execute("alter table sessions add constraint no check (status <> 'in_progress')")
    school.advance("2027-01-04 10:00+00")
    rows = school.rows(
        "select step, outcome, attempts, left(detail, 15) as detail from workflow_log order by logged_at"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("reminder", "skipped", 0, "no_phone_number"),
        ("start", "failed", 1, "23514 new row f"),
    ]


def test_tutor_and_student_in_two_places_at_once(school: School) -> None:
    school.at(NOW)
    first = school.session()
    same_tutor = school.session(
        start_time="11:00", end_time="13:00", enrolled_courses_id=school.new_course(student_id=school.new_student())
    )
    other_tutor = school.insert("tutors", full_name="Other")
    same_student = school.session(
        start_time="09:00", end_time="10:30", enrolled_courses_id=school.new_course(tutor_id=other_tutor)
    )
    rows = school.rows(
        "select who, session_id, other_session_id, to_char(overlap_starts_at at time zone 'UTC', 'HH24:MI') as s,"
        " to_char(overlap_ends_at at time zone 'UTC', 'HH24:MI') as e from session_conflicts order by who"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("student", first, same_student, "10:00", "10:30"),
        ("tutor", first, same_tutor, "11:00", "12:00"),
    ]


def test_what_is_no_conflict(school: School) -> None:
    """Back to back, cancelled, deleted, over, without a tutor, without a course."""
    school.at(NOW)
    school.session()
    school.session(start_time="12:00", end_time="13:00")
    school.session(status="cancelled")
    school.conn.execute("select delete_session(%s)", [school.session()])
    for _ in range(2):
        school.session("2027-01-01")
        school.session(enrolled_courses_id=None)
        school.session(enrolled_courses_id=school.new_course(tutor_id=None, student_id=school.new_student("Other")))
    assert school.rows("select * from session_conflicts") == []


def test_conflict_over_midnight_and_across_zones(school: School) -> None:
    school.at(NOW)
    school.session(start_time="23:00", end_time="01:00")
    school.session("2027-01-05", start_time="03:30", end_time="04:30", timezone="Asia/Kuwait")
    assert {row["who"] for row in school.rows("select who from session_conflicts")} == {"tutor", "student"}


def test_upcoming_sessions_with_student_tutor_and_whiteboard(school: School) -> None:
    school.at(NOW)
    board = school.insert("whiteboard_sessions", session_name="Board")
    school.session(whiteboard_id=board)
    school.session(start_time="08:00")
    school.session(status="cancelled")
    assert school.row("select student_name, tutor_name, course_name, whiteboard_name from upcoming_sessions") == {
        "student_name": "Sara",
        "tutor_name": "Noor",
        "course_name": "Physics",
        "whiteboard_name": "Board",
    }
