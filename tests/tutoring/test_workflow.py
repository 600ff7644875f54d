"""The clock of tutoring: the three steps of a session's workflow, their conditions and edge cases."""

from __future__ import annotations

import pytest

from support.connect import Connect
from support.errors import raises_key
from support.school import School

QUEUED = [("starts_soon", "queued", None)]
BEFORE, START, END = "2027-01-04 09:00+00", "2027-01-04 10:00+00", "2027-01-04 12:00+00"


def test_nothing_happens_before_the_reminder(school: School) -> None:
    session = school.session()
    assert school.advance("2027-01-04 08:59:59+00") == {}
    assert (school.status(session), school.reminders(session)) == ("scheduled", [])


def test_one_hour_before_the_start_a_reminder_is_queued_for_the_student(school: School) -> None:
    session = school.session()
    assert school.advance(BEFORE) == {"queue_reminders": 1}
    row = school.row(
        "select recipient, message ->> 'student' as student, message ->> 'course' as course from reminders"
    )
    assert row == {"recipient": "+96555550000", "student": "Sara", "course": "Physics"}
    assert (school.status(session), school.reminders(session)) == ("scheduled", QUEUED)


def test_at_the_start_it_is_in_progress(school: School) -> None:
    session = school.session()
    school.advance(BEFORE)
    assert school.advance(START)["start_sessions"] == 1
    assert school.moves(session) == [("scheduled", "in_progress", "clock")]


def test_at_the_end_it_is_completed(school: School) -> None:
    session = school.session()
    for now in (BEFORE, START, END):
        school.advance(now)
    assert school.moves(session) == [("scheduled", "in_progress", "clock"), ("in_progress", "completed", "clock")]


@pytest.mark.parametrize("now", [BEFORE, START, END])
def test_again_moves_nothing(school: School, now: str) -> None:
    school.session(alarm_enabled=True, alarm_before_minutes=60)
    school.advance(now)
    assert school.advance(now) == {}


def test_five_hours_down_then_one_tick(school: School) -> None:
    """What started and ended meanwhile goes through both steps, what only started through one."""
    both = school.session()
    one = school.session(start_time="13:30", end_time="15:00")
    soon = school.session(start_time="14:30", end_time="15:00")
    assert school.advance("2027-01-04 14:00+00") == {
        "queue_reminders": 1,
        "start_sessions": 2,
        "complete_sessions": 1,
    }
    assert [school.status(session) for session in (both, one, soon)] == ["completed", "in_progress", "scheduled"]
    assert school.moves(both) == [("scheduled", "in_progress", "clock"), ("in_progress", "completed", "clock")]
    assert school.reminders(both) == [("starts_soon", "missed", "start_passed")]
    assert school.reminders(soon) == QUEUED


def test_clock_set_back_an_hour_fires_nothing_twice(school: School) -> None:
    session = school.session()
    school.advance(BEFORE)
    school.advance(START)
    moves, reminders = school.moves(session), school.one("select count(*) from reminders")
    assert school.advance(BEFORE) == {}
    assert school.advance(START) == {}
    assert (school.moves(session), school.one("select count(*) from reminders")) == (moves, reminders)


def test_oldest_first_within_the_limit(school: School) -> None:
    sessions = [school.session(day=f"2027-01-0{day}") for day in (3, 1, 2)]
    assert school.advance("2027-01-09 00:00+00", 2)["start_sessions"] == 2
    assert school.status(sessions[0]) == "scheduled"


def test_session_that_somebody_holds_is_left_for_the_next_tick(school: School, connect: Connect) -> None:
    session = school.session()
    holder = connect(autocommit=False)
    holder.execute("select 1 from tutoring.sessions where id = %s for no key update", [session])
    assert "start_sessions" not in school.advance(START)
    holder.rollback()
    assert school.advance(START)["start_sessions"] == 1


def test_cause_does_not_leak_into_the_rest_of_the_transaction(school: School) -> None:
    session = school.session()
    with school.conn.transaction():
        school.advance("2027-01-01 00:00+00")
        school.conn.execute("select cancel_session(%s)", [session])
    assert school.moves(session) == [("scheduled", "cancelled", "person")]


@pytest.mark.parametrize("status", ["cancelled", "no_show"])
def test_manual_status_before_the_reminder_skips_it_and_the_steps(school: School, status: str) -> None:
    session = school.session()
    school.conn.execute("update sessions set status = %s", [status])
    assert school.advance(BEFORE) == {"queue_reminders": 1}
    assert school.reminders(session) == [("starts_soon", "skipped", f"session_{status}")]
    assert school.advance(END) == {}
    assert school.status(session) == status


def test_session_started_by_hand_is_completed_by_the_clock(school: School) -> None:
    session = school.session()
    school.conn.execute("select start_session(%s)", [session])
    school.advance(BEFORE)
    school.advance(END)
    assert school.moves(session) == [("scheduled", "in_progress", "person"), ("in_progress", "completed", "clock")]
    assert school.reminders(session) == [("starts_soon", "skipped", "session_in_progress")]


def test_no_show_during_the_session_is_not_completed(school: School) -> None:
    session = school.session()
    school.advance(START)
    school.conn.execute("select mark_no_show(%s)", [session])
    assert school.advance(END) == {}
    assert school.status(session) == "no_show"


def test_deleted_session_is_passed_over(school: School) -> None:
    session = school.session()
    school.conn.execute("select delete_session(%s)", [session])
    school.advance(BEFORE)
    assert school.advance(END) == {}
    assert school.status(session) == "scheduled"
    assert school.reminders(session) == [("starts_soon", "skipped", "session_deleted")]


@pytest.mark.parametrize("phone", [None, "", " "])
def test_missing_phone_number_skips_the_reminder_and_nothing_else(school: School, phone: str | None) -> None:
    session = school.session(enrolled_courses_id=school.new_course(student_id=school.new_student(phone=phone)))
    school.advance(BEFORE)
    assert school.reminders(session) == [("starts_soon", "skipped", "no_phone_number")]
    assert school.advance(START) == {"start_sessions": 1}


def test_number_given_in_the_last_hour_brings_the_reminder_after_all(school: School) -> None:
    student = school.new_student(phone=None)
    session = school.session(enrolled_courses_id=school.new_course(student_id=student))
    school.advance(BEFORE)
    school.conn.execute("update enrolled_students set phone = '+9651' where id = %s", [student])
    assert school.advance("2027-01-04 09:30+00") == {"requeue_reminders": 1}
    assert school.reminders(session) == QUEUED


def test_session_without_a_course_moves_and_skips_its_reminder(school: School) -> None:
    session = school.session(enrolled_courses_id=None)
    school.advance(BEFORE)
    assert school.reminders(session) == [("starts_soon", "skipped", "no_course")]
    assert school.advance(END)["complete_sessions"] == 1


def test_session_made_inside_the_last_hour_is_reminded_of_at_once(school: School) -> None:
    session = school.session(start_time="10:00")
    school.advance("2027-01-04 09:59+00")
    assert school.reminders(session) == QUEUED


def test_session_made_after_its_start_has_missed_its_reminder(school: School) -> None:
    session = school.session()
    school.advance("2027-01-04 10:01+00")
    assert school.reminders(session) == [("starts_soon", "missed", "start_passed")]


def test_rescheduled_session_gets_a_reminder_for_its_new_time(school: School) -> None:
    session = school.session()
    school.advance(BEFORE)
    school.conn.execute("select reschedule_session(%s, '2027-01-05', '10:00', '12:00')", [session])
    assert school.advance(END) == {"miss_reminders": 1}
    assert school.advance("2027-01-05 09:00+00") == {"queue_reminders": 1}
    assert school.reminders(session) == [("starts_soon", "prevented", "session_moved"), *QUEUED]
    assert school.status(session) == "scheduled"


def test_moved_away_and_back_is_reminded_of_once(school: School) -> None:
    session = school.session()
    school.advance(BEFORE)
    for day in ("2027-01-05", "2027-01-04"):
        school.conn.execute("select reschedule_session(%s, %s, '10:00', '12:00')", [session, day])
        school.advance("2027-01-04 09:10+00")
    assert school.reminders(session) == QUEUED


def test_alarm_is_queued_beside_the_reminder(school: School) -> None:
    session = school.session(alarm_enabled=True, alarm_before_minutes=15)
    school.advance(BEFORE)
    assert school.advance("2027-01-04 09:45+00") == {"queue_alarms": 1}
    assert school.reminders(session) == [*QUEUED, ("alarm", "queued", None)]


def test_alarm_a_week_before_comes_long_before_the_reminder(school: School) -> None:
    session = school.session(alarm_enabled=True, alarm_before_minutes=7 * 24 * 60)
    assert school.advance("2026-12-28 10:00+00") == {"queue_alarms": 1}
    assert school.reminders(session) == [("alarm", "queued", None)]


def test_alarm_of_a_cancelled_session_is_skipped(school: School) -> None:
    session = school.session(alarm_enabled=True)
    school.conn.execute("select cancel_session(%s)", [session])
    school.advance("2027-01-04 09:50+00")
    assert school.reminders(session) == [
        ("starts_soon", "skipped", "session_cancelled"),
        ("alarm", "skipped", "session_cancelled"),
    ]


def test_alarm_that_was_switched_off_is_not_sent(school: School) -> None:
    session = school.session(alarm_enabled=True)
    school.advance("2027-01-04 09:45+00")
    school.conn.execute("update sessions set alarm_enabled = false")
    school.at("2027-01-04 09:46+00")
    assert [claimed["kind"] for claimed in school.claim()] == ["starts_soon"]
    assert school.reminders(session)[1] == ("alarm", "prevented", "alarm_off")
    assert school.advance("2027-01-04 09:47+00") == {}
    school.conn.execute("update sessions set alarm_enabled = true")
    assert school.advance("2027-01-04 09:48+00") == {"requeue_reminders": 1}


def test_alarm_that_was_skipped_and_switched_off_stays_skipped(school: School) -> None:
    session = school.session(alarm_enabled=True)
    school.conn.execute("update enrolled_students set phone = null")
    school.advance("2027-01-04 09:45+00")
    school.conn.execute("update enrolled_students set phone = '+96555550000'")
    school.conn.execute("update sessions set alarm_enabled = false")
    assert school.advance("2027-01-04 09:46+00") == {"requeue_reminders": 1}
    assert school.reminders(session) == [*QUEUED, ("alarm", "skipped", "no_phone_number")]
    assert school.advance("2027-01-04 09:47+00") == {}


def test_alarm_that_never_was_queued_is_missed(school: School) -> None:
    session = school.session(alarm_enabled=True)
    school.advance(START)
    assert sorted(school.reminders(session)) == [
        ("alarm", "missed", "start_passed"),
        ("starts_soon", "missed", "start_passed"),
    ]


def test_lead_time_is_a_setting(school: School) -> None:
    session = school.session()
    school.conn.execute("update settings set reminder_lead = '3 hours'")
    school.advance("2027-01-04 07:00+00")
    assert school.reminders(session) == QUEUED


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_lead_of_days_is_the_same_for_whoever_calls_the_clock(school: School, zone: str) -> None:
    """A day before is 24 hours before, also if the caller's own clocks change in between."""
    session = school.session("2027-03-28", start_time="10:00", end_time="11:00", timezone="UTC")
    school.conn.execute("update settings set reminder_lead = '1 day'")
    school.conn.execute("select set_config('timezone', %s, false)", [zone])
    assert school.row("select next_step_at = '2027-03-27 10:00+00' as due from session_workflows")["due"]
    assert school.advance("2027-03-27 09:59:59+00") == {}
    assert school.advance("2027-03-27 10:00+00") == {"queue_reminders": 1}
    assert school.reminders(session) == QUEUED
    assert school.one("select due_at = '2027-03-27 10:00+00' from reminders")


def test_only_one_row_of_settings(school: School) -> None:
    with raises_key("23514", "settings_one_row_check"):
        school.conn.execute("insert into settings (id) values (false)")


def test_unclaimed_reminder_is_missed_at_the_start(school: School) -> None:
    session = school.session()
    school.advance(BEFORE)
    assert school.advance(START) == {"start_sessions": 1, "miss_reminders": 1}
    assert school.reminders(session) == [("starts_soon", "missed", "start_passed")]


def test_status_without_a_value_is_passed_over(school: School) -> None:
    session = school.session(status=None)
    school.advance(END)
    assert school.status(session) is None


@pytest.mark.parametrize("index", ["sessions_to_start_idx", "sessions_to_complete_idx", "sessions_starts_at_idx"])
def test_due_sessions_are_found_by_an_index(school: School, index: str) -> None:
    conditions = {
        "sessions_to_start_idx": "status = 'scheduled' and deleted_at is null and starts_at <= now()"
        " order by starts_at, id",
        "sessions_to_complete_idx": "status = 'in_progress' and deleted_at is null and ends_at <= now()"
        " order by ends_at, id",
        "sessions_starts_at_idx": "starts_at > now() and starts_at <= now() + interval '1 h' order by starts_at, id",
    }
    school.conn.execute("set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off")
    plan = school.rows(f"explain select id from sessions where {conditions[index]}")
    assert any(index in row["QUERY PLAN"] for row in plan)
