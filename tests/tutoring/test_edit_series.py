"""edit_series: this one, this and the following, all; what was moved or left out stays."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from support.concurrency import race, results
from support.connect import Connect
from support.errors import raises_key
from support.school import School


def series(school: School, day: str = "2027-01-04", until: str | None = None, **pattern: Any) -> list[int]:
    """A series, made; its sessions in order of their dates."""
    pattern = pattern or {"frequency": "weekly", "count": 6}
    base = school.session(day, is_recurring=True, recurring_pattern=json.dumps(pattern), location="Room 1")
    rows = school.rows("select id from generate_recurring_sessions(%s, %s)", base, until)
    return [base, *(row["id"] for row in rows)]


def edit(school: School, session: int, scope: str, **changes: Any) -> list[int]:
    rows = school.rows("select id from edit_series(%s, %s, %s)", session, scope, json.dumps(changes))
    return [row["id"] for row in rows]


def plan(school: School) -> list[str]:
    """Sessions that stand, as day, hour and place."""
    rows = school.rows(
        "select to_char(session_date + start_time, 'MM-DD HH24:MI') || ' ' || coalesce(location, '') as s"
        " from sessions where deleted_at is null and status <> 'cancelled' order by starts_at"
    )
    return [row["s"] for row in rows]


def more(school: School, session: int, until: str) -> list[str]:
    rows = school.rows("select session_date from generate_recurring_sessions(%s, %s)", session, until)
    return [row["session_date"].isoformat() for row in rows]


def test_this_one_alone(school: School) -> None:
    made = series(school)
    assert edit(school, made[1], "this", location="Room 2", start_time="11:00", end_time="12:30") == [made[1]]
    assert plan(school)[:3] == ["01-04 10:00 Room 1", "01-11 11:00 Room 2", "01-18 10:00 Room 1"]
    assert school.row("select duration, (ends_at - starts_at) as d from sessions where id = %s", made[1]) == {
        "duration": 90,
        "d": timedelta(minutes=90),
    }


def test_this_needs_no_series(school: School) -> None:
    session = school.session()
    assert edit(school, session, "this", location="Room 2") == [session]


def with_a_moved_and_an_excluded_one(school: School) -> list[int]:
    """01-25 is left out, the fourth is moved from 02-01 to 02-03, the fifth is cancelled."""
    made = series(school, frequency="weekly", count=7, exdates=["2027-01-25"])
    school.conn.execute("select reschedule_session(%s, '2027-02-03', '08:00', '09:00')", [made[3]])
    school.conn.execute("select cancel_session(%s)", [made[4]])
    return made


def test_all_with_a_moved_and_an_excluded_one(school: School) -> None:
    made = with_a_moved_and_an_excluded_one(school)
    edited = [made[0], made[1], made[2], made[3], made[5]]
    assert edit(school, made[2], "all", start_time="15:00", end_time="16:00", location="Lab") == edited
    assert plan(school) == [
        "01-04 15:00 Lab",
        "01-11 15:00 Lab",
        "01-18 15:00 Lab",
        "02-03 08:00 Lab",
        "02-15 15:00 Lab",
    ]
    assert school.status(made[4]) == "cancelled"
    assert more(school, made[0], "2028-01-01") == []


@pytest.mark.parametrize("place", [2, 3])
def test_this_beside_a_moved_and_an_excluded_one(school: School, place: int) -> None:
    made = with_a_moved_and_an_excluded_one(school)
    before = plan(school)
    assert edit(school, made[place], "this", start_time="15:00", end_time="16:00", location="Lab") == [made[place]]
    # The one that was moved stays on its day.
    assert plan(school) == [*before[:place], f"{before[place][:5]} 15:00 Lab", *before[place + 1 :]]
    assert school.status(made[4]) == "cancelled"
    assert more(school, made[0], "2028-01-01") == []


def test_this_and_the_following_with_a_moved_and_an_excluded_one(school: School) -> None:
    made = with_a_moved_and_an_excluded_one(school)
    assert edit(school, made[2], "following", start_time="15:00", end_time="16:00", location="Lab") == [
        made[2],
        made[3],
        made[5],
    ]
    assert plan(school) == [
        "01-04 10:00 Room 1",
        "01-11 10:00 Room 1",
        "01-18 15:00 Lab",
        "02-03 08:00 Lab",
        "02-15 15:00 Lab",
    ]
    assert school.status(made[4]) == "cancelled"
    # Neither half makes anything again, nor the date that was left out.
    assert more(school, made[0], "2028-01-01") == more(school, made[2], "2028-01-01") == []


def test_what_is_made_later_is_as_the_edit_says(school: School) -> None:
    made = series(school, "2027-01-04", "2027-01-20", frequency="weekly", interval=2, byday=["MO", "WE"], count=8)
    assert len(made) == 4
    edit(school, made[2], "following", start_time="15:00", end_time="16:00", location="Lab")
    assert more(school, made[0], "2028-01-01") == []
    assert more(school, made[2], "2028-01-01") == ["2027-02-01", "2027-02-03", "2027-02-15", "2027-02-17"]
    assert plan(school)[-1] == "02-17 15:00 Lab"


def test_all_of_them(school: School) -> None:
    made = series(school, frequency="weekly", count=3)
    assert edit(school, made[2], "all", location="Lab") == made
    assert plan(school) == ["01-04 10:00 Lab", "01-11 10:00 Lab", "01-18 10:00 Lab"]


def test_all_means_those_to_come(school: School) -> None:
    made = series(school, until="2027-01-19", frequency="weekly", count=4)
    school.at("2027-01-05 00:00+00")
    assert edit(school, made[2], "all", location="Lab") == made[1:]
    assert plan(school) == ["01-04 10:00 Room 1", "01-11 10:00 Lab", "01-18 10:00 Lab"]
    assert more(school, made[1], "2028-01-01") == ["2027-01-25"]
    assert plan(school)[-1] == "01-25 10:00 Lab"
    assert more(school, made[0], "2028-01-01") == []


def test_one_that_has_just_begun_is_edited_with_what_follows(school: School) -> None:
    made = series(school, frequency="weekly", count=3)
    school.at("2027-01-04 10:30+00")
    assert edit(school, made[0], "following", location="Lab") == made
    assert edit(school, made[0], "following", end_time="13:00") == made
    with raises_key("PT400", "time_is_over"):
        edit(school, made[0], "following", start_time="09:00")


def test_another_day_of_the_week(school: School) -> None:
    made = series(
        school, "2027-01-03", "2027-01-21", frequency="weekly", interval=2, byday=["SU", "TU"], exdates=["2027-01-26"]
    )
    edit(school, made[0], "all", session_date="2027-01-04")
    assert [s[:5] for s in plan(school)] == ["01-04", "01-13", "01-18"]
    # The 27th is the day that was left out, the weeks are the same two by two.
    assert more(school, made[0], "2027-02-20") == ["2027-02-01", "2027-02-10", "2027-02-15"]
    edit(school, made[1], "following", session_date="2027-01-12")
    assert [s[:5] for s in plan(school)] == ["01-04", "01-12", "01-17", "01-31", "02-09", "02-14"]
    assert edit(school, made[1], "following", session_date="2027-01-12") != []
    assert [s[:5] for s in plan(school)] == ["01-04", "01-12", "01-17", "01-31", "02-09", "02-14"]


def test_daily_series_shifts_over_its_own_dates(school: School) -> None:
    made = series(school, frequency="daily", count=4)
    edit(school, made[0], "all", session_date="2027-01-05")
    assert [s[:5] for s in plan(school)] == ["01-05", "01-06", "01-07", "01-08"]
    assert more(school, made[0], "2028-01-01") == []


def test_month_ends_stay_month_ends_in_what_is_left(school: School) -> None:
    made = series(school, "2027-01-31", "2027-03-01", frequency="monthly", count=4)
    edit(school, made[1], "following", location="Lab")
    assert more(school, made[1], "2028-01-01") == ["2027-03-31", "2027-04-30"]


def test_days_that_follow_from_the_calendar_do_not_shift(school: School) -> None:
    made = series(school, frequency="monthly", count=3)
    with raises_key("PT400", "series_cannot_shift"):
        edit(school, made[1], "following", session_date="2027-02-05")
    assert edit(school, made[1], "this", session_date="2027-02-05") == [made[1]]


def test_cancelling_this_and_the_following_ends_the_series(school: School) -> None:
    made = series(school, until="2027-01-26", frequency="weekly")
    assert edit(school, made[2], "following", status="cancelled") == made[2:]
    assert [s[:5] for s in plan(school)] == ["01-04", "01-11"]
    assert more(school, made[0], "2027-06-01") == []
    # One that comes back is a session like others.
    school.conn.execute("select restore_session(%s)", [made[2]])
    assert school.one("select session_rrule(%s)", made[2]) is None


def test_cancelled_once_more_is_as_it_is(school: School) -> None:
    """A call that is repeated, as after an answer that was lost."""
    made = series(school, until="2027-01-26", frequency="weekly")
    assert edit(school, made[2], "following", status="cancelled") == made[2:]
    before = school.rows("select * from sessions order by id"), school.rows("select * from session_occurrences")
    for scope in ("this", "following", "all"):
        assert made[2] in edit(school, made[2], scope, status="cancelled")
    assert before == (
        school.rows("select * from sessions order by id"),
        school.rows("select * from session_occurrences"),
    )


def test_one_that_was_cancelled_alone_is_where_the_rest_is_cancelled(school: School) -> None:
    made = series(school, until="2027-01-26", frequency="weekly")
    school.conn.execute("select cancel_session(%s)", [made[1]])
    assert edit(school, made[1], "following", status="cancelled") == made[1:]
    assert [s[:5] for s in plan(school)] == ["01-04"]
    assert more(school, made[0], "2027-06-01") == []


def test_students_are_told_of_it(school: School) -> None:
    made = series(school, frequency="weekly", count=3)
    for when in ("2027-01-04 09:30+00",):
        school.advance(when)
        school.at(when)
        for row in school.claim():
            school.conn.execute("select complete_reminder(%s, 'courier')", [row["id"]])
    edit(school, made[0], "all", start_time="15:00", end_time="16:00")
    school.advance("2027-01-04 09:31+00")
    school.at("2027-01-04 09:31+00")
    assert [(row["kind"], row["session_id"], row["message"]["start_time"]) for row in school.claim()] == [
        ("changed", made[0], "15:00:00")
    ]


@pytest.mark.parametrize(
    ("code", "key", "scope", "changes"),
    [
        ("PT400", "unknown_scope", "some", {}),
        ("PT400", "unknown_field", "this", {"deleted_at": None}),
        ("PT400", "unknown_field", "all", {"timezone": "UTC"}),
        ("PT400", "unknown_field", "all", {"status": "completed"}),
        ("PT400", "invalid_session", "this", {"start_time": "late"}),
        ("PT400", "invalid_session", "this", {"session_date": None}),
        ("PT400", "invalid_session", "all", {"whiteboard_id": 77}),
        ("PT400", "time_is_over", "following", {"session_date": "2020-01-01"}),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    school: School, code: str, key: str, scope: str, changes: dict[str, Any]
) -> None:
    made = series(school)
    before = school.rows("select * from sessions order by id"), school.rows("select * from session_occurrences")
    with raises_key(code, key):
        edit(school, made[1], scope, **changes)
    assert before == (
        school.rows("select * from sessions order by id"),
        school.rows("select * from session_occurrences"),
    )


def test_changes_are_an_object(school: School) -> None:
    with raises_key("PT400", "invalid_changes"):
        school.one("select edit_series(%s, 'this', '[]')", school.session())


def test_sessions_that_cannot_be_named(school: School) -> None:
    alone = school.session()
    with raises_key("PT409", "session_not_recurring"):
        edit(school, alone, "all", location="Lab")
    school.conn.execute("select cancel_session(%s)", [alone])
    with raises_key("PT409", "session_not_scheduled"):
        edit(school, alone, "this", location="Lab")
    school.conn.execute("select delete_session(%s)", [alone])
    with raises_key("PT409", "session_deleted"):
        edit(school, alone, "this", location="Lab")
    with raises_key("PT404", "session_not_found"):
        edit(school, -1, "this", location="Lab")


def test_two_at_once_divide_it_one_after_the_other(school: School, database: str) -> None:
    made = series(school, frequency="weekly", count=20)

    def work(conn: psycopg.Connection, me: int) -> int:
        conn.execute("set search_path = tutoring")
        for place in range(me + 1, 20, 4):
            conn.execute(
                "select edit_series(%s, 'following', %s)", [made[place], json.dumps({"location": f"Room {place}"})]
            )
            conn.commit()
        return 1

    assert results(race(database, 4, work)) == [1, 1, 1, 1]
    assert school.one("select count(*) from session_occurrences") == 20
    assert school.one("select count(distinct session_id) from session_occurrences") == 20
    made_more = school.rows(
        "select (generate_recurring_sessions(s.id, '2030-01-01')).id from sessions as s"
        " where s.recurring_pattern is not null"
    )
    assert made_more == []


def test_an_application_edits_to_its_commit(school: School, connect: Connect) -> None:
    made = series(school)
    conn = connect(role="sessionbook_app", autocommit=False)
    conn.execute("set search_path = tutoring")
    conn.execute("select edit_series(%s, 'following', '{\"location\": \"Lab\"}')", [made[1]])
    conn.commit()
    assert plan(school)[1] == "01-11 10:00 Lab"
