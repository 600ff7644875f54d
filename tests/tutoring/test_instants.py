"""starts_at, ends_at and alarm_at of sessions: what people say in local time, as instants."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import errors

from support.errors import raises_key
from support.school import School

INSTANTS = """
select to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as s,
    to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as e
from sessions where id = %s
"""


@pytest.mark.parametrize(
    ("zone", "day", "start", "end", "starts", "ends"),
    [
        pytest.param(
            "Asia/Kuwait", "2027-01-04", "10:00", "12:00", "2027-01-04 07:00", "2027-01-04 09:00", id="kuwait"
        ),
        pytest.param("UTC", "2027-01-04", "23:00", "01:00", "2027-01-04 23:00", "2027-01-05 01:00", id="over midnight"),
        pytest.param(
            "UTC", "2027-01-04", "20:00", "00:00", "2027-01-04 20:00", "2027-01-05 00:00", id="until midnight"
        ),
        pytest.param("UTC", "2028-02-28", "23:00", "01:00", "2028-02-28 23:00", "2028-02-29 01:00", id="leap day"),
        pytest.param(
            "Europe/Berlin", "2021-10-31", "02:30", "03:30", "2021-10-31 01:30", "2021-10-31 02:30", id="berlin autumn"
        ),
        pytest.param(
            "Europe/Berlin", "2021-03-28", "02:30", "03:30", "2021-03-28 01:30", "2021-03-28 01:30", id="berlin spring"
        ),
        pytest.param(
            "Europe/Berlin", "2027-03-27", "23:00", "04:00", "2027-03-27 22:00", "2027-03-28 02:00", id="short night"
        ),
        pytest.param(
            "Pacific/Auckland", "2027-04-04", "10:00", "12:00", "2027-04-03 22:00", "2027-04-04 00:00", id="new zealand"
        ),
        pytest.param(
            "Pacific/Auckland",
            "2027-04-03",
            "10:00",
            "12:00",
            "2027-04-02 21:00",
            "2027-04-02 23:00",
            id="new zealand the day before its change",
        ),
    ],
)
def test_instants(school: School, zone: str, day: str, start: str, end: str, starts: str, ends: str) -> None:
    session = school.session(day, start_time=start, end_time=end, timezone=zone)
    assert school.row(INSTANTS, session) == {"s": starts, "e": ends}


def test_instants_follow_an_edit(school: School) -> None:
    session = school.session()
    school.conn.execute("update sessions set timezone = 'Asia/Kuwait', end_time = '09:00'")
    assert school.row(INSTANTS, session) == {"s": "2027-01-04 07:00", "e": "2027-01-05 06:00"}


@pytest.mark.parametrize("column", ["starts_at", "ends_at", "alarm_at"])
def test_instants_are_not_written_by_hand(school: School, column: str) -> None:
    school.session()
    with pytest.raises(errors.GeneratedAlways):
        school.conn.execute(f"update sessions set {column} = now()")


@pytest.mark.parametrize(
    ("columns", "alarm"),
    [
        ({}, None),
        ({"alarm_enabled": True}, "2027-03-28 01:15"),
        ({"alarm_enabled": True, "alarm_before_minutes": None}, "2027-03-28 01:15"),
        ({"alarm_enabled": True, "alarm_before_minutes": 90}, "2027-03-28 00:00"),
        ({"alarm_enabled": True, "alarm_before_minutes": -5}, "2027-03-28 01:30"),
    ],
)
def test_alarm_minutes_really_pass_also_over_a_change_of_time(
    school: School, columns: dict[str, Any], alarm: str | None
) -> None:
    school.session("2027-03-28", start_time="03:30", end_time="04:30", timezone="Europe/Berlin", **columns)
    assert school.one("select to_char(alarm_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from sessions") == alarm


@pytest.mark.parametrize(
    ("course", "student", "expected"),
    [("Asia/Kuwait", "Europe/Berlin", "Asia/Kuwait"), (None, "Europe/Berlin", "Europe/Berlin")],
)
def test_time_zone_left_out_is_the_courses_else_the_students(
    school: School, course: str | None, student: str, expected: str
) -> None:
    other = school.new_course(student_id=school.new_student(timezone=student), timezone=course)
    school.session(enrolled_courses_id=other)
    assert school.one("select timezone from sessions") == expected


def test_time_zone_without_a_course_is_utc(school: School) -> None:
    school.session(enrolled_courses_id=None)
    assert school.one("select timezone from sessions") == "UTC"


@pytest.mark.parametrize("table", ["sessions", "enrolled_courses", "enrolled_students"])
def test_unknown_zone_is_refused(school: School, table: str) -> None:
    school.session()
    with raises_key("PT400", "unknown_timezone"):
        school.conn.execute(f"update {table} set timezone = 'Kuwait/City'")


def test_zone_taken_away_from_a_course_is_the_students_again(school: School) -> None:
    school.conn.execute("update enrolled_courses set timezone = 'Asia/Kuwait'")
    school.conn.execute("update enrolled_courses set timezone = null")
    school.session()
    assert school.one("select timezone from sessions") == "UTC"


@pytest.mark.parametrize(
    ("day", "start", "minutes"),
    [
        ("2027-01-04", "14:00", 90),
        ("2027-03-28", "01:00", 90),
        ("2027-10-31", "01:00", 210),
        pytest.param("2027-03-28", "02:30", 0, id="swallowed by a change of time"),
    ],
)
def test_duration_is_what_really_passes(school: School, day: str, start: str, minutes: int) -> None:
    end = {"14:00": "15:30", "01:00": "03:30", "02:30": "03:00"}[start]
    assert school.one("select _session_minutes(%s, %s, %s, 'Europe/Berlin')", day, start, end) == minutes
