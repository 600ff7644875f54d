"""starts_at, ends_at and alarm_at of sessions: what people say in local time, as instants."""

from __future__ import annotations

from typing import Any

import pytest

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
            "Europe/Berlin", "2021-03-28", "02:30", "03:30", "2021-03-28 01:30", "2021-03-28 02:30", id="berlin spring"
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
@pytest.mark.parametrize("value", ["{0}", "now()", "null"])
def test_instants_that_a_whole_row_writer_names_are_passed_over(school: School, column: str, value: str) -> None:
    session = school.session(alarm_enabled=True)
    before = school.row("select starts_at, ends_at, alarm_at, updated_at from sessions where id = %s", session)
    school.conn.execute(f"update sessions set {column} = {value.format(column)}")
    assert school.row("select starts_at, ends_at, alarm_at, updated_at from sessions where id = %s", session) == before
    assert school.one("select count(*) from reschedules") == 0


def test_whole_row_is_copied_and_written_back(school: School) -> None:
    """An insert names the instants too, and a moved row brings its old ones along."""
    session = school.session()
    names = ", ".join(
        row["attname"]
        for row in school.rows(
            "select attname from pg_attribute where attrelid = 'sessions'::regclass and attnum > 0"
            " and not attisdropped and attname not in ('id', 'session_date')"
        )
    )
    copy = school.one(
        f"insert into sessions (session_date, {names}) select '2027-01-05', {names} from sessions returning id"
    )
    assert school.row(INSTANTS, copy) == {"s": "2027-01-05 10:00", "e": "2027-01-05 12:00"}
    school.conn.execute(
        f"update sessions as s set (session_date, {names}) = (select date '2027-01-06', {names} from sessions"
        " where id = s.id) where id = %s",
        [session],
    )
    assert school.row(INSTANTS, session) == {"s": "2027-01-06 10:00", "e": "2027-01-06 12:00"}


@pytest.mark.parametrize(
    ("zone", "day", "start", "end", "starts", "minutes"),
    [
        pytest.param("Africa/Cairo", "2027-04-30", "00:15", "01:00", "2027-04-29 22:15", 45, id="until its end"),
        pytest.param("Africa/Cairo", "2027-04-30", "00:15", "00:45", "2027-04-29 22:15", 30, id="inside"),
        pytest.param("Africa/Cairo", "2027-04-30", "00:15", "02:00", "2027-04-29 22:15", 105, id="beyond it"),
        pytest.param("Africa/Cairo", "2027-04-30", "00:15", "00:00", "2027-04-29 22:15", 1425, id="into the next day"),
        pytest.param("Australia/Lord_Howe", "2027-10-03", "02:10", "02:20", "2027-10-02 15:40", 10, id="half an hour"),
        pytest.param("Pacific/Apia", "2011-12-30", "10:00", "11:00", "2011-12-30 20:00", 60, id="a whole day"),
        pytest.param("Africa/Cairo", "2027-04-29", "23:15", "00:15", "2027-04-29 21:15", 60, id="only the end"),
    ],
)
def test_start_in_a_gap_of_the_clock_moves_forward_and_keeps_its_length(
    school: School, zone: str, day: str, start: str, end: str, starts: str, minutes: int
) -> None:
    session = school.session(day, start_time=start, end_time=end, timezone=zone)
    assert school.row(INSTANTS, session)["s"] == starts
    assert school.one("select extract(epoch from ends_at - starts_at)::int / 60 from sessions") == minutes
    assert school.one("select _session_minutes(%s, %s, %s, %s)", day, start, end, zone) == minutes


ZONES = [
    "Africa/Cairo",
    "America/New_York",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Asia/Beirut",
]


@pytest.mark.parametrize("zone", ZONES)
def test_no_lesson_of_a_year_loses_its_length_at_its_start(school: School, zone: str) -> None:
    """Every quarter of an hour of two years: forty minutes are forty, unless the clock changes meanwhile."""
    wrong = school.rows(
        """
        select x.t
        from (
            select x.t, x.t at time zone %(zone)s as s,
                _session_ends_at(x.t::date, x.t::time, (x.t + interval '40 minutes')::time, %(zone)s) as e
            from generate_series(timestamp '2027-01-01', '2028-12-31', '15 minutes') as x (t)
        ) as x
        where x.e - x.s <> interval '40 minutes'
            and (x.s at time zone %(zone)s) + (x.e - x.s) = x.e at time zone %(zone)s
            or x.e <= x.s
        """.replace("%(zone)s", f"'{zone}'")
    )
    assert wrong == []


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
        pytest.param("2027-03-28", "02:30", 30, id="in a gap of the clock"),
    ],
)
def test_duration_is_what_really_passes(school: School, day: str, start: str, minutes: int) -> None:
    end = {"14:00": "15:30", "01:00": "03:30", "02:30": "03:00"}[start]
    assert school.one("select _session_minutes(%s, %s, %s, 'Europe/Berlin')", day, start, end) == minutes
