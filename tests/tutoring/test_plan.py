"""Making and changing the plan of a course."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from support.concurrency import race, results
from support.errors import raises_key
from support.school import School

SLOT = {"session_date": "2027-01-04", "start_time": "14:00", "end_time": "15:30"}


def slots(*days: int, **more: Any) -> str:
    return json.dumps([{**SLOT, "session_date": f"2027-01-{day:02}", **more} for day in days])


def create(school: School, sessions: str) -> list[dict[str, Any]]:
    return school.rows("select * from create_sessions(%s, %s)", school.course, sessions)


def plan(school: School, sessions: str) -> tuple[int, ...]:
    row = school.row("select * from update_scheduled_sessions(%s, %s)", school.course, sessions)
    assert list(row) == ["updated", "created", "deleted", "preserved"]
    return tuple(row.values())


def days(school: School, condition: str = "true") -> list[int]:
    rows = school.rows(
        "select extract(day from session_date)::int as day from sessions"
        f" where deleted_at is null and {condition} order by starts_at"
    )
    return [row["day"] for row in rows]


def test_create(school: School) -> None:
    board = school.insert("whiteboard_sessions", session_name="Board")
    rows = create(school, slots(4, 11, topics=["Waves"], whiteboard_id=board, alarm_enabled=True))
    assert [(row["duration"], row["status"], row["topics"], row["whiteboard_id"]) for row in rows] == [
        (90, "scheduled", ["Waves"], board)
    ] * 2
    assert days(school) == [4, 11]


def test_created_sessions_have_the_defaults_of_the_table(school: School) -> None:
    (made,) = create(school, slots(4))
    by_hand = school.row(
        "select * from sessions where id = %s", school.session("2027-01-04", start_time="14:00", end_time="15:30")
    )
    assert {key: value for key, value in made.items() if by_hand[key] != value} == {
        "id": made["id"],
        "duration": 90,
    } | {key: made[key] for key in ("created_at", "updated_at")}


def test_times_are_local_to_the_course(school: School) -> None:
    school.conn.execute("update enrolled_courses set timezone = 'Asia/Kuwait'")
    create(school, slots(4))
    create(school, slots(5, timezone="Europe/Berlin"))
    rows = school.rows("select to_char(starts_at at time zone 'UTC', 'HH24:MI') as t from sessions order by id")
    assert [row["t"] for row in rows] == ["11:00", "13:00"]


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        ({"session_date": "2027-02-30"}, "date/time field value out of range"),
        ({"start_time": "noonish"}, "noonish"),
        ({"end_time": None}, "end_time is missing"),
        ({"session_dat": "2027-01-04"}, "unknown: session_dat"),
        ({"id": 7}, "unknown: id"),
        ({"status": "completed"}, "unknown: status"),
        ({"timezone": "Kuwait/City"}, "time zone"),
        ({"timezone": "FOO3"}, "time zone"),
        ({"timezone": "AST"}, "time zone"),
        ({"session_date": "infinity"}, "infinite"),
        ({"session_date": "5874897-12-31"}, "out of range"),
        ({"session_date": "294276-12-31", "start_time": "23:00", "end_time": "01:00"}, "out of range"),
        ({"whiteboard_id": -1}, "there is no whiteboard -1"),
        ({"session_mode": "x" * 51}, "too long"),
        ({"alarm_before_minutes": "many"}, "invalid input syntax for type integer"),
    ],
)
def test_offending_element_is_named_and_nothing_is_made(school: School, element: dict[str, Any], problem: str) -> None:
    sessions = json.dumps([SLOT, {**SLOT, **element}, SLOT])
    for function in ("create_sessions", "update_scheduled_sessions"):
        with raises_key("PT400", "invalid_session") as error:
            school.conn.execute(f"select {function}(%s, %s)", [school.course, sessions])
        assert error.message.startswith("session 2 of 3 ")
        assert problem in error.message
    assert days(school) == []


@pytest.mark.parametrize("element", ['"x"', "[]", "null", "{}"])
def test_element_that_is_no_session(school: School, element: str) -> None:
    with raises_key("PT400", "invalid_session"):
        create(school, f"[{element}]")


@pytest.mark.parametrize("sessions", ["{}", "null", '"x"', None])
def test_list_that_is_no_list(school: School, sessions: str | None) -> None:
    with raises_key("PT400", "invalid_sessions"):
        create(school, sessions)  # type: ignore[arg-type]


def test_no_such_course(school: School) -> None:
    for call in (
        "create_sessions(-1, '[]')",
        "update_scheduled_sessions(-1, '[]')",
        "assign_session_to_slot(-1, '2027-01-04', '10:00', '12:00')",
    ):
        with raises_key("PT404", "course_not_found"):
            school.conn.execute(f"select {call}")


def test_reschedule_keeps_history_and_counts_the_minutes_anew(school: School) -> None:
    session = school.session()
    row = school.row("select * from reschedule_session(%s, '2027-01-05', '22:00', '00:30')", session)
    assert (row["duration"], row["status"]) == (150, "scheduled")
    assert school.row(
        "select from_starts_at = '2027-01-04 10:00+00' as f, to_ends_at = '2027-01-06 00:30+00' as t, changed_by"
        " from reschedules where session_id = %s",
        session,
    ) == {"f": True, "t": True, "changed_by": school.one("select current_user")}


def test_manual_move_is_in_the_history_too(school: School) -> None:
    school.session()
    school.conn.execute("update sessions set end_time = '13:00'")
    school.conn.execute("update sessions set end_time = '13:00'")
    assert school.one("select count(*) from reschedules") == 1


@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled", "no_show"])
def test_only_scheduled_sessions_are_rescheduled(school: School, status: str) -> None:
    session = school.session(status=status)
    with raises_key("PT409", "session_not_scheduled"):
        school.conn.execute("select reschedule_session(%s, '2027-01-05', '10:00', '12:00')", [session])


@pytest.mark.parametrize(
    "slot", ["null, '10:00', '12:00'", "'2027-01-05', null, '12:00'", "'2027-01-05', '10:00', null"]
)
def test_slot_with_a_part_missing(school: School, slot: str) -> None:
    session = school.session()
    with raises_key("PT400", "slot_incomplete"):
        school.conn.execute(f"select reschedule_session({session}, {slot})")
    with raises_key("PT400", "slot_incomplete"):
        school.conn.execute(f"select assign_session_to_slot({school.course}, {slot})")


def test_slot_goes_to_the_oldest_cancelled_session(school: School) -> None:
    school.session("2027-01-01")
    newer, older = (school.session(day, status="cancelled") for day in ("2027-01-03", "2027-01-02"))
    call = "select * from assign_session_to_slot(%s, '2027-02-01', '14:00', '15:30')"
    row = school.row(call, school.course)
    assert (row["id"], row["status"], row["duration"]) == (older, "scheduled", 90)
    assert school.moves(older) == [("cancelled", "scheduled", "person")]
    assert school.row(call, school.course)["id"] == newer
    with raises_key("PT404", "no_cancelled_session"):
        school.conn.execute(call, [school.course])


def test_reassigned_session_is_reminded_of_again(school: School) -> None:
    session = school.session(status="cancelled")
    school.advance("2027-01-04 09:30+00")
    school.conn.execute("select assign_session_to_slot(%s, '2027-01-05', '14:00', '15:30')", [school.course])
    school.advance("2027-01-05 13:00+00")
    assert school.reminders(session) == [
        ("starts_soon", "skipped", "session_cancelled"),
        ("starts_soon", "queued", None),
    ]


def test_two_slots_at_once_take_two_sessions(school: School, database: str) -> None:
    for day in ("2027-01-02", "2027-01-03"):
        school.session(day, status="cancelled")

    def work(conn: psycopg.Connection, me: int) -> int:
        row = conn.execute(
            "select id from tutoring.assign_session_to_slot(%s, '2027-02-01', '14:00', '15:30')", [school.course]
        ).fetchone()
        assert row is not None
        return row[0]

    assert len(set(results(race(database, 2, work)))) == 2


def test_plan_moves_creates_and_deletes(school: School) -> None:
    create(school, slots(4, 5, 6))
    assert plan(school, slots(11, 12)) == (2, 0, 1, 0)
    assert days(school) == [11, 12]
    assert plan(school, slots(13, 11, 12, 14)) == (2, 2, 0, 0)
    assert days(school) == [11, 12, 13, 14]
    assert plan(school, "[]") == (0, 0, 4, 0)
    assert days(school) == []


def test_plan_preserves_what_took_place(school: School) -> None:
    done, running = school.session("2027-01-01", status="completed"), school.session("2027-01-02", status="in_progress")
    gone, absent = school.session("2027-01-03", status="cancelled"), school.session("2027-01-03", status="no_show")
    school.session("2027-01-05")
    before = school.rows("select * from sessions where id = any(%s) order by id", [done, running, gone, absent])
    assert plan(school, slots(1, 2, 11, 12)) == (1, 1, 0, 2)
    assert school.rows("select * from sessions where id = any(%s) order by id", [done, running, gone, absent]) == before
    assert days(school, "status = 'scheduled'") == [11, 12]


def test_plan_shorter_than_what_took_place(school: School) -> None:
    for day in ("2027-01-01", "2027-01-02"):
        school.session(day, status="completed")
    with raises_key("PT409", "plan_too_short"):
        plan(school, slots(1))


def test_same_plan_again_changes_nothing(school: School) -> None:
    plan(school, slots(4, 5))
    before = school.rows("select * from sessions order by id")
    assert plan(school, slots(4, 5)) == (2, 0, 0, 0)
    assert school.rows("select * from sessions order by id") == before


def test_plan_changes_only_what_it_says(school: School) -> None:
    create(school, slots(4, location="Room 2", topics=["Waves"]))
    plan(school, slots(5, topics=["Heat"]))
    assert school.row("select location, topics from sessions") == {"location": "Room 2", "topics": ["Heat"]}


def test_plan_of_another_course_is_left_alone(school: School) -> None:
    school.session(enrolled_courses_id=school.new_course())
    assert plan(school, slots(5)) == (0, 1, 0, 0)
    assert days(school) == [4, 5]


def test_two_plans_at_once_end_as_one_of_them(school: School, database: str) -> None:
    create(school, slots(4, 5))

    def work(conn: psycopg.Connection, me: int) -> None:
        conn.execute(
            "select tutoring.update_scheduled_sessions(%s, %s)", [school.course, slots(*range(10 + me, 16 + me))]
        )

    assert len(results(race(database, 4, work))) == 4
    assert days(school) in [list(range(10 + me, 16 + me)) for me in range(4)]
