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


@pytest.mark.parametrize(
    "day", ["infinity", "-infinity", "5874897-12-31", "294276-12-31", "10000-01-01", "4714-11-24 BC"]
)
@pytest.mark.parametrize("past", [False, True])
def test_slot_that_no_calendar_has(school: School, day: str, past: bool) -> None:
    session = school.session()
    school.session(status="cancelled")
    before = school.rows("select * from sessions order by id")
    for function, key in (("reschedule_session", session), ("assign_session_to_slot", school.course)):
        with raises_key("PT400", "invalid_slot"):
            school.one(f"select {function}(%s, %s, '23:00', '01:00', p_allow_past => %s)", key, day, past)
    assert school.rows("select * from sessions order by id") == before


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


def times(school: School) -> dict[int, str]:
    """Sessions that are not deleted, and when they start."""
    rows = school.rows(
        "select id, to_char(starts_at at time zone 'UTC', 'DD HH24:MI') as t from sessions"
        " where deleted_at is null order by id"
    )
    return {row["id"]: row["t"] for row in rows}


def test_one_session_in_front_leaves_the_others_where_they_are(school: School) -> None:
    create(school, json.dumps([{**json.loads(slots(day))[0], "topics": [str(day)]} for day in (5, 6, 7)]))
    before = times(school)
    assert plan(school, slots(4, 5, 6, 7)) == (3, 1, 0, 0)
    assert {key: value for key, value in times(school).items() if key in before} == before
    rows = school.rows("select topics from sessions where id = any(%s) order by id", list(before))
    assert [row["topics"] for row in rows] == [["5"], ["6"], ["7"]]


def saved(school: School, *keys: str) -> str:
    """The plan as an application reads it from the table, and sends it back."""
    names = ", ".join(keys or ("session_date", "start_time", "end_time", "timezone", "topics", "location"))
    return school.one(
        f"select jsonb_agg(to_jsonb(x)) from (select {names} from sessions where deleted_at is null"
        " order by session_date, start_time, id) as x"
    )


@pytest.mark.parametrize("keys", [(), ("session_date", "start_time", "end_time")])
def test_unchanged_plan_of_mixed_zones_after_a_no_show_and_an_early_end_is_a_no_op(
    school: School, keys: tuple[str, ...]
) -> None:
    for day, zone, status in (
        ("2027-01-04", "UTC", "no_show"),
        ("2027-01-05", "Asia/Kuwait", "completed"),
        ("2027-01-06", "America/New_York", "in_progress"),
        ("2027-01-06", "Asia/Tokyo", "scheduled"),
        ("2027-01-07", "America/New_York", "completed"),
        ("2027-01-07", "Asia/Tokyo", "scheduled"),
        ("2027-01-08", "UTC", "scheduled"),
        ("2027-01-08", "UTC", "scheduled"),
    ):
        school.session(day, timezone=zone, status=status, topics='[ "Waves" ]', duration=7)
    school.at("2027-01-06 15:30+00")
    # The one in Tokyo on the sixth should have started: whether a tick came or not, it is over.
    before = school.rows("select * from sessions order by id")
    counts = plan(school, json.dumps(saved(school, *keys)))
    assert counts == (3, 0, 0, 4)
    assert json.dumps(school.rows("select * from sessions order by id"), default=str) == json.dumps(before, default=str)


def test_unchanged_plan_of_a_day_on_which_the_clock_changes_is_a_no_op(school: School) -> None:
    """Half past two there is not, and is the instant of half past three; in autumn the hours between are two."""
    for day in ("2027-03-28", "2027-10-31"):
        for start, end in (("02:30", "03:15"), ("03:30", "04:15"), ("02:00", "02:30"), ("23:30", "24:00")):
            school.session(day, start_time=start, end_time=end, timezone="Europe/Berlin", topics=f'["{start}"]')
    rows = "select to_jsonb(s) as s from sessions as s order by s.id"
    before = school.rows(rows)
    for keys in ((), ("session_date", "start_time", "end_time")):
        for order in (1, -1):
            elements = saved(school, *keys)[::order]
            assert plan(school, json.dumps(elements)) == (8, 0, 0, 0)
            assert school.rows(rows) == before


def test_unchanged_plan_with_a_session_without_a_status_is_a_no_op(school: School) -> None:
    """As adopted tables have them: the clock passes over it, and a plan that has it makes no second one."""
    school.session("2027-01-04", status=None)
    school.session("2027-01-05")
    before = school.rows("select * from sessions order by id")
    assert plan(school, json.dumps(saved(school))) == (1, 0, 0, 0)
    assert school.rows("select * from sessions order by id") == before


def test_sessions_of_one_time_are_told_apart_by_their_end(school: School) -> None:
    short, long = (school.session(end_time=end) for end in ("11:00", "12:00"))
    slot = {"session_date": "2027-01-04", "start_time": "10:00"}
    plan(school, json.dumps([{**slot, "end_time": "12:00"}, {**slot, "end_time": "13:00"}]))
    rows = school.rows("select end_time::text as t from sessions where id = any(%s) order by id", [short, long])
    assert [row["t"] for row in rows] == ["13:00:00", "12:00:00"]


def test_equal_instant_in_another_zone_is_the_same_session(school: School) -> None:
    later, session = school.session("2027-01-05"), school.session(timezone="UTC")
    here = {"session_date": "2027-01-04", "start_time": "13:00", "end_time": "15:00", "timezone": "Asia/Kuwait"}
    assert plan(school, json.dumps([here, {**SLOT, "session_date": "2027-01-06"}])) == (2, 0, 0, 0)
    assert times(school) == {later: "06 14:00", session: "04 10:00"}


@pytest.mark.parametrize("status", ["scheduled", None])
def test_plan_moves_or_makes_nothing_at_a_time_that_is_over(school: School, status: str | None) -> None:
    if status:
        school.session("2027-01-08", status=status)
    school.at("2027-01-05 12:00+00")
    with raises_key("PT400", "time_is_over"):
        plan(school, slots(4))
    assert days(school) == ([8] if status else [])


def test_session_that_a_tick_has_not_come_to_is_not_moved(school: School) -> None:
    started = school.session("2027-01-04")
    school.at("2027-01-04 10:30+00")
    assert plan(school, json.dumps([{**SLOT, "start_time": "10:00"}, {**SLOT, "session_date": "2027-01-09"}]))[3] == 1
    assert times(school)[started] == "04 10:00"


def test_cancelled_session_to_come_is_held_anew_if_the_plan_has_it(school: School) -> None:
    school.session("2027-01-04", status="cancelled")
    assert plan(school, json.dumps([{**SLOT, "start_time": "10:00", "end_time": "12:00"}])) == (0, 1, 0, 0)


PAST = {
    "create_sessions": 'create_sessions({course}, \'[{{"session_date": "2027-01-04", "start_time": "14:00",'
    ' "end_time": "15:30"}}]\'',
    "reschedule_session": "reschedule_session({session}, '2027-01-04', '14:00', '15:30'",
    "assign_session_to_slot": "assign_session_to_slot({course}, '2027-01-04', '14:00', '15:30'",
}


@pytest.mark.parametrize("function", PAST)
@pytest.mark.parametrize("now", ["2027-01-04 14:00+00", "2028-01-04 14:00+00"])
def test_past_time_is_taken_only_if_it_is_meant(school: School, function: str, now: str) -> None:
    session = school.session("2029-01-08")
    school.session("2027-01-08", status="cancelled")
    call = "select " + PAST[function].format(course=school.course, session=session)
    school.at(now)
    with raises_key("PT400", "time_is_over"):
        school.conn.execute(f"{call})")
    school.conn.execute(f"{call}, p_allow_past => true)")
    assert school.one("select count(*) from sessions where starts_at = '2027-01-04 14:00+00'") == 1


@pytest.mark.parametrize("function", ["create_sessions", "assign_session_to_slot"])
def test_call_with_a_key_is_done_once(school: School, function: str) -> None:
    for day in ("2027-01-08", "2027-01-09"):
        school.session(day, status="cancelled")
    call = f"select * from {PAST[function].format(course=school.course)}, p_idempotency_key => %s)"
    first, again = school.rows(call, "one"), school.rows(call, "one")
    assert first == again
    assert len(first) == 1
    assert school.rows(call, "two")[0]["id"] != first[0]["id"]
    # It returns what became of it since, and makes nothing anew.
    school.conn.execute("select cancel_session(%s)", [first[0]["id"]])
    assert school.rows(call, "one")[0]["status"] == "cancelled"


def test_key_of_another_call(school: School) -> None:
    call = "select create_sessions(%s, %s, 'one')"
    school.conn.execute(call, [school.course, slots(4)])
    with raises_key("PT409", "idempotency_key_reused"):
        school.conn.execute(call, [school.course, slots(5)])
    with raises_key("PT409", "idempotency_key_reused"):
        school.conn.execute("select assign_session_to_slot(%s, '2027-01-04', '14:00', '15:30', 'one')", [school.course])
    assert len(school.rows(call, school.new_course(), slots(5))) == 1


def test_key_that_is_too_long(school: School) -> None:
    with raises_key("PT400", "invalid_idempotency_key"):
        school.conn.execute("select create_sessions(%s, '[]', repeat('x', 201))", [school.course])


def test_key_of_a_call_that_failed_is_free(school: School) -> None:
    call = "select create_sessions(%s, %s, 'one')"
    with raises_key("PT400", "invalid_session"):
        school.conn.execute(call, [school.course, "[{}]"])
    assert len(school.rows(call, school.course, slots(4))) == 1


def test_callers_with_one_key_at_once_get_the_same_sessions(school: School, database: str) -> None:
    def work(conn: psycopg.Connection, me: int) -> list[tuple[int]]:
        return conn.execute(
            "select id from tutoring.create_sessions(%s, %s, 'one')", [school.course, slots(4, 5)]
        ).fetchall()

    first, *others = results(race(database, 4, work))
    assert len(first) == 2
    assert others == [first] * 3
    assert days(school) == [4, 5]
