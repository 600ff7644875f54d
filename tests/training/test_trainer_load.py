"""trainer_load() and list_trainers(): hours booked in an ISO week."""

from __future__ import annotations

from decimal import Decimal

import pytest

from support.department import Department
from support.errors import raises_key


def load(training: Department, week: str | None = "2027-01-04", zone: str = "UTC") -> dict[str, object]:
    """The only trainer's."""
    return training.row("select * from trainer_load(%s, %s)", week, zone)


def book(training: Department, start: str, hours: float = 1, **columns: object) -> None:
    session = training.planned(start_time=start, end_time=None, **columns)
    training.conn.execute(
        "update sessions set end_time = start_time + %s * interval '1 hour', status = 'SCHEDULED' where id = %s",
        [hours, session],
    )


def test_load_of_a_week(training: Department) -> None:
    for day in (4, 5, 6, 10):
        book(training, f"2027-01-{day:02} 09:00+00", 3)
    assert load(training) == {
        "trainer_id": training.trainer,
        "first_name": "John",
        "last_name": "Smith",
        "sessions": 4,
        "minutes": 720,
        "hours": Decimal(12),
        "iso_year": 2027,
        "iso_week": 1,
        "label": "John Smith (12h booked this week)",
        "label_ar": "John Smith (محجوز 12 س هذا الأسبوع)",
    }


def test_half_hours_are_said(training: Department) -> None:
    book(training, "2027-01-04 09:00+00", 7.5)
    found = load(training)
    assert (found["minutes"], found["hours"], found["label"]) == (
        450,
        Decimal("7.5"),
        "John Smith (7.5h booked this week)",
    )


def test_who_is_not_booked_has_zero_hours(training: Department) -> None:
    found = load(training)
    assert (found["sessions"], found["minutes"], found["label"]) == (0, 0, "John Smith (0h booked this week)")


def test_only_what_is_scheduled_counts(training: Department) -> None:
    training.planned()
    training.planned(status="COMPLETED")
    training.planned(status="CANCELLED")
    training.scheduled(deleted_at="2027-01-01")
    assert load(training)["sessions"] == 0


def test_session_counts_in_the_week_of_its_start_in_full(training: Department) -> None:
    book(training, "2027-01-10 23:00+00", 2)
    assert load(training)["minutes"] == 120
    assert load(training, "2027-01-11")["minutes"] == 0


@pytest.mark.parametrize(
    ("zone", "inside", "outside"),
    [
        ("UTC", "2026-12-28 00:00+00", "2026-12-27 23:59+00"),
        ("Asia/Kuwait", "2026-12-27 21:00+00", "2026-12-27 20:59+00"),
        ("America/New_York", "2026-12-28 05:00+00", "2026-12-28 04:59+00"),
    ],
)
def test_week_begins_on_monday_at_midnight_of_the_zone(
    training: Department, zone: str, inside: str, outside: str
) -> None:
    """The first of January 2027 is in week 53 of 2026."""
    book(training, inside, 1 / 60)
    found = load(training, "2027-01-01", zone)
    assert (found["iso_year"], found["iso_week"], found["sessions"]) == (2026, 53, 1)
    training.conn.execute("delete from sessions")
    book(training, outside, 1 / 60)
    assert load(training, "2027-01-01", zone)["sessions"] == 0


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kuwait", "America/New_York"])
@pytest.mark.parametrize(
    ("day", "week"),
    [("2024-12-30", (2025, 1)), ("2027-01-03", (2026, 53)), ("2027-01-04", (2027, 1)), ("2021-01-01", (2020, 53))],
)
def test_year_ends(training: Department, zone: str, day: str, week: tuple[int, int]) -> None:
    found = load(training, day, zone)
    assert (found["iso_year"], found["iso_week"]) == week


def test_week_in_which_the_clocks_change_ends_at_local_midnight(training: Department) -> None:
    """Berlin, Monday 2027-03-22 to Sunday 28th, 167 hours long: it begins at +01 and ends at +02."""
    for start in ("2027-03-21 23:00+00", "2027-03-28 21:59+00"):
        book(training, start, 1 / 60)
    assert load(training, "2027-03-28", "Europe/Berlin")["sessions"] == 2
    book(training, "2027-03-28 22:00+00", 1 / 60)
    assert load(training, "2027-03-28", "Europe/Berlin")["sessions"] == 2
    book(training, "2027-03-28 00:30+00", 2)
    assert load(training, "2027-03-28", "Europe/Berlin")["minutes"] == 122


def test_this_week_is_that_of_the_zone(training: Department) -> None:
    training.at("2027-01-03 22:00+00")
    assert load(training, None)["iso_week"] == 53
    assert load(training, None, "Asia/Kuwait")["iso_week"] == 1


def test_session_timezone_of_the_connection_changes_nothing(training: Department) -> None:
    book(training, "2027-01-04 00:30+00")
    training.conn.execute("set timezone = 'America/New_York'")
    assert load(training)["sessions"] == 1


def test_deleted_trainers_are_left_out(training: Department) -> None:
    training.conn.execute("update trainers set deleted_at = now()")
    assert training.rows("select * from trainer_load()") == []
    assert training.rows("select * from list_trainers()") == []


@pytest.mark.parametrize("zone", ["Mars/Olympus", "FOO3", "UTC+3", "+03", "AST", "Foo/Bar5", "<x>3", "", None])
@pytest.mark.parametrize("call", ["trainer_load", "list_trainers"])
def test_unknown_timezone(training: Department, call: str, zone: str | None) -> None:
    """PostgreSQL takes some of them for rules, and UTC+3 for three hours behind."""
    with raises_key("PT400", "unknown_timezone"):
        training.conn.execute(f"select * from {call}(null, %s)", [zone])


@pytest.mark.parametrize("week", ["infinity", "-infinity", "0001-01-01 BC", "10000-01-01", "5874897-12-31"])
def test_week_of_no_calendar(training: Department, week: str) -> None:
    with raises_key("PT400", "week_out_of_range"):
        training.conn.execute("select * from trainer_load(%s)", [week])


@pytest.mark.parametrize("week", ["0001-01-01", "9999-12-31"])
def test_first_and_last_week(training: Department, week: str) -> None:
    assert load(training, week, "Asia/Kuwait")["sessions"] == 0


@pytest.mark.parametrize("zone", ["Etc/GMT-3", "asia/kuwait"])
def test_zone_is_one_that_the_server_lists(training: Department, zone: str) -> None:
    assert load(training, "2027-01-06", zone)["iso_week"] == 1


def test_trainers_of_a_course_with_their_load(training: Department) -> None:
    training.new_trainer("Ann", "Adams", teaches=training.course, type="EXTERNAL", company_name="Safe Ltd")
    training.new_trainer("Bob", "Brown", teaches=training.new_course("Crane"))
    training.at("2027-01-06 12:00+00")
    training.scheduled()
    rows = training.rows("select * from list_trainers(%s)", training.course)
    assert [(row["label"], row["type"], row["company_name"]) for row in rows] == [
        ("Ann Adams (0h booked this week)", "EXTERNAL", "Safe Ltd"),
        ("John Smith (3h booked this week)", "INTERNAL", None),
    ]
    assert len(training.rows("select * from list_trainers()")) == 3


def test_trainers_of_an_unknown_course(training: Department) -> None:
    with raises_key("PT404", "course_not_found"):
        training.conn.execute("select * from list_trainers('c12345678')")
