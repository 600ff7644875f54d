"""generate_recurring_sessions: dates by a rule, in local time, each once."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from support.concurrency import race, results
from support.errors import raises_key
from support.school import School


def base(school: School, day: str = "2027-01-04", zone: str = "UTC", **pattern: Any) -> int:
    return school.session(
        day, timezone=zone, is_recurring=True, recurring_pattern=json.dumps(pattern), location="Room 2"
    )


def generate(school: School, session: int, until: str | None = None) -> list[str]:
    rows = school.rows("select * from generate_recurring_sessions(%s, %s)", session, until)
    return [row["session_date"].isoformat() for row in rows]


@pytest.mark.parametrize(
    ("day", "pattern", "dates"),
    [
        pytest.param("2027-01-04", {"frequency": "daily", "count": 3}, ["2027-01-05", "2027-01-06"], id="daily"),
        pytest.param(
            "2027-01-04",
            {"frequency": "daily", "interval": 10, "until": "2027-01-24"},
            ["2027-01-14", "2027-01-24"],
            id="every ten days until a day, that day too",
        ),
        pytest.param(
            "2027-01-08",
            {"frequency": "daily", "byday": ["MO", "FR"], "count": 3},
            ["2027-01-11", "2027-01-15"],
            id="daily on some days",
        ),
        pytest.param("2027-01-04", {"frequency": "weekly", "count": 3}, ["2027-01-11", "2027-01-18"], id="weekly"),
        pytest.param(
            "2027-01-05",
            {"frequency": "weekly", "byday": ["we", "mo"], "count": 4},
            ["2027-01-06", "2027-01-11", "2027-01-13"],
            id="weekly on two days",
        ),
        pytest.param(
            "2027-01-05",
            {"frequency": "weekly", "interval": 2, "byday": ["MO", "WE"], "count": 4},
            ["2027-01-06", "2027-01-18", "2027-01-20"],
            id="every other week",
        ),
        pytest.param(
            "2027-01-31",
            {"frequency": "monthly", "count": 4},
            ["2027-02-28", "2027-03-31", "2027-04-30"],
            id="monthly, counted from the base date",
        ),
        pytest.param(
            "2028-02-29",
            {"frequency": "monthly", "interval": 12, "count": 5},
            ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"],
            id="leap day",
        ),
        pytest.param(
            "2027-01-04",
            {"frequency": "weekly", "count": 4, "exdates": ["2027-01-11"]},
            ["2027-01-18", "2027-01-25"],
            id="without a date, which counts",
        ),
        pytest.param(
            "2027-01-03",
            {"frequency": "weekly", "interval": 2, "byday": ["SU", "TU"], "count": 4},
            ["2027-01-12", "2027-01-17", "2027-01-26"],
            id="weeks begin on Monday",
        ),
        pytest.param(
            "2027-01-03",
            {"frequency": "weekly", "interval": 2, "byday": ["SU", "TU"], "wkst": "SU", "count": 4},
            ["2027-01-05", "2027-01-17", "2027-01-19"],
            id="weeks begin on Sunday",
        ),
        pytest.param(
            "2027-01-12",
            {"frequency": "monthly", "byday": ["2TU", "-1FR"], "count": 4},
            ["2027-01-29", "2027-02-09", "2027-02-26"],
            id="second Tuesday and last Friday",
        ),
        pytest.param(
            "2027-01-29",
            {"rrule": "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3"},
            ["2027-02-26", "2027-03-31"],
            id="last working day, as text",
        ),
        pytest.param("2027-01-31", {"rrule": "FREQ=MONTHLY;COUNT=3"}, ["2027-03-31", "2027-05-31"], id="as text, RFC"),
        pytest.param(
            "2028-02-29", {"frequency": "yearly", "count": 3}, ["2029-02-28", "2030-02-28"], id="yearly on a leap day"
        ),
        pytest.param(
            "2027-11-25",
            {"frequency": "yearly", "bymonth": [11], "byday": ["4TH"], "count": 3},
            ["2028-11-23", "2029-11-22"],
            id="fourth Thursday of November",
        ),
        pytest.param(
            "2027-01-04",
            {"frequency": "yearly", "byday": ["53MO"], "until": "2036-01-01"},
            ["2029-12-31", "2035-12-31"],
            id="a day that few years have",
        ),
        pytest.param("2027-01-04", {"frequency": "Weekly", "count": 1}, [], id="only itself"),
        pytest.param("2027-01-04", {"frequency": "weekly", "until": "2026-01-01"}, [], id="over before it began"),
    ],
)
def test_dates(school: School, day: str, pattern: dict[str, Any], dates: list[str]) -> None:
    assert generate(school, base(school, day, **pattern)) == dates


def test_local_time_stays_over_a_change_of_time(school: School) -> None:
    generate(school, base(school, "2027-03-22", "Europe/Berlin", frequency="weekly", count=2))
    rows = school.rows("select to_char(starts_at at time zone 'UTC', 'MM-DD HH24:MI') as t from sessions order by id")
    assert [row["t"] for row in rows] == ["03-22 09:00", "03-29 08:00"]


def test_occurrences_are_like_their_base(school: School) -> None:
    session = base(school, frequency="weekly", count=2)
    (made,) = school.rows("select * from generate_recurring_sessions(%s)", session)
    assert (made["location"], made["duration"], made["is_recurring"], made["status"], made["recurring_pattern"]) == (
        "Room 2",
        120,
        True,
        "scheduled",
        None,
    )


def test_each_occurrence_once(school: School) -> None:
    session = base(school, frequency="weekly", count=4)
    assert len(generate(school, session)) == 3
    school.conn.execute("update sessions set session_date = '2027-06-01' where session_date = '2027-01-11'")
    school.conn.execute("delete from sessions where session_date = '2027-01-18'")
    school.conn.execute("update sessions set deleted_at = now() where session_date = '2027-01-25'")
    assert generate(school, session) == []


def test_base_that_moved_does_not_make_its_occurrences_again(school: School) -> None:
    session = base(school, frequency="weekly")
    assert generate(school, session, "2027-01-12") == ["2027-01-11"]
    school.conn.execute("select reschedule_session(%s, '2027-01-05', '10:00', '12:00')", [session])
    assert generate(school, session, "2027-01-19") == ["2027-01-18"]
    school.conn.execute("select reschedule_session(%s, '2027-01-06', '10:00', '12:00')", [session])
    assert generate(school, session, "2027-01-26") == ["2027-01-25"]


def test_base_that_moved_before_anything_was_made_counts_from_where_it_is(school: School) -> None:
    session = base(school, frequency="weekly", count=2)
    assert generate(school, session, "2027-01-05") == []
    school.conn.execute("select reschedule_session(%s, '2027-01-05', '10:00', '12:00')", [session])
    assert generate(school, session) == ["2027-01-12"]


def test_later_call_goes_on(school: School) -> None:
    session = base(school, frequency="weekly")
    assert generate(school, session, "2027-01-12") == ["2027-01-11"]
    assert generate(school, session, "2027-01-25") == ["2027-01-18", "2027-01-25"]


def test_two_callers_at_once_make_each_once(school: School, database: str) -> None:
    session = base(school, frequency="daily", count=20)

    def work(conn: psycopg.Connection, me: int) -> int:
        return len(conn.execute("select from tutoring.generate_recurring_sessions(%s)", [session]).fetchall())

    assert sorted(results(race(database, 3, work))) == [0, 0, 19]


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"frequency": "hourly", "count": 2},
        {"frequency": "weekly", "count": 0},
        {"frequency": "weekly", "count": "many"},
        {"frequency": "weekly", "interval": 0, "count": 2},
        {"frequency": "weekly", "byday": ["XX"], "count": 2},
        {"frequency": "weekly", "byday": "MO", "count": 2},
        {"frequency": "weekly", "byday": ["2MO"], "count": 2},
        {"frequency": "monthly", "byday": ["0MO"], "count": 2},
        {"frequency": "monthly", "byday": ["54MO"], "count": 2},
        {"frequency": "monthly", "byday": [None], "count": 2},
        {"frequency": "monthly", "bymonthday": [32], "count": 2},
        {"frequency": "weekly", "bymonthday": [1], "count": 2},
        {"frequency": "yearly", "bymonth": [13], "count": 2},
        {"frequency": "monthly", "bysetpos": [0], "count": 2},
        {"frequency": "weekly", "wkst": "XX", "count": 2},
        {"frequency": "weekly", "count": 2, "until": "2027-02-01"},
        {"rrule": "FREQ=WEEKLY;COUNT=2", "count": 2},
        {"rrule": "FREQ=WEEKLY;BYHOUR=9;COUNT=2"},
        {"rrule": "FREQ=WEEKLY;COUNT=2;COUNT=3"},
        {"rrule": "FREQ=WEEKLY;UNTIL=soon"},
        {"rrule": "weekly"},
        {"rrule": ""},
        {"rrule": "FREQ=WEEKLY;" * 1000},
        {"frequency": "weekly", "until": "soon"},
        {"frequency": "weekly", "exdates": ["soon"], "count": 2},
        {"frequency": "weekly", "exdates": [None], "count": 2},
        {"frequency": "weekly", "bydays": ["MO"], "count": 2},
    ],
)
def test_pattern_that_cannot_be_followed(school: School, pattern: dict[str, Any]) -> None:
    session = base(school, **pattern)
    with raises_key("PT400", "invalid_recurring_pattern"):
        generate(school, session)


@pytest.mark.parametrize("pattern", [None, "[]", '"weekly"', "null"])
def test_pattern_that_is_none(school: School, pattern: str | None) -> None:
    session = school.session(recurring_pattern=pattern)
    with raises_key("PT400", "invalid_recurring_pattern"):
        generate(school, session)


def test_pattern_without_an_end(school: School) -> None:
    with raises_key("PT400", "recurrence_unbounded"):
        generate(school, base(school, frequency="weekly"))


def test_more_than_1000_dates(school: School) -> None:
    with raises_key("PT400", "recurrence_too_long"):
        generate(school, base(school, frequency="daily"), "2037-01-01")
    assert school.one("select count(*) from sessions") == 1


def test_occurrences_that_are_over_are_made_only_if_the_past_is_meant(school: School) -> None:
    session = base(school, frequency="weekly", count=4)
    school.at("2027-01-11 10:00+00")
    assert generate(school, session) == ["2027-01-18", "2027-01-25"]
    rows = school.rows("select session_date from generate_recurring_sessions(%s, p_allow_past => true)", session)
    assert [row["session_date"].isoformat() for row in rows] == ["2027-01-11"]
