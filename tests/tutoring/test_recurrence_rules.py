"""Recurrence rules against another library, as text in and out, and where the clock has gaps and folds."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from dateutil.rrule import rrulestr

from support.errors import raises_key
from support.school import School

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
# A gap of the clock, local: the day and the first minute that is missing, the length, and a fold with its first minute.
CHANGES = [
    ("Europe/Berlin", "2027-03-28", "02:00", 60, "2027-10-31", "02:00"),
    ("America/New_York", "2027-03-14", "02:00", 60, "2027-11-07", "01:00"),
    ("Africa/Cairo", "2027-04-30", "00:00", 60, "2027-10-28", "23:00"),
    ("Australia/Lord_Howe", "2027-10-03", "02:00", 30, "2027-04-04", "01:30"),
    ("America/Santiago", "2027-09-05", "00:00", 60, "2027-04-03", "23:00"),
    ("Asia/Beirut", "2027-03-28", "00:00", 60, "2027-10-30", "23:00"),
    ("Europe/London", "2027-03-28", "01:00", 60, "2027-10-31", "01:00"),
    ("Pacific/Auckland", "2027-09-26", "02:00", 60, "2027-04-04", "02:00"),
]


def random_rule(dice: random.Random) -> tuple[date, str]:
    """A first date and a rule; the kinds of day that the other library reads otherwise are left out."""
    base = date(2027, 1, 1) + timedelta(days=dice.randrange(1500))
    frequency = dice.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = [f"FREQ={frequency}"]
    if dice.random() < 0.6:
        parts.append(f"INTERVAL={dice.randint(1, 4)}")
    if dice.random() < 0.5:
        parts.append(f"WKST={dice.choice(DAYS)}")
    months = dice.random() < 0.3
    if months:
        parts.append("BYMONTH=" + ",".join(map(str, dice.sample(range(1, 13), dice.randint(1, 4)))))
    kinds = {"DAILY": ["", "day"], "WEEKLY": ["", "day", "day"]}.get(frequency, ["", "day", "nth", "date", "place"])
    kind = dice.choice(kinds)
    some = dice.sample(DAYS, dice.randint(1, 3))
    if kind in ("day", "place"):
        parts.append("BYDAY=" + ",".join(some))
    if kind == "nth":
        most = 5 if frequency == "MONTHLY" or months else 53
        parts.append("BYDAY=" + ",".join(f"{dice.choice([-1, 1]) * dice.randint(1, most)}{day}" for day in some))
    if kind == "date" or (kind == "day" and frequency == "MONTHLY" and dice.random() < 0.3):
        dates = dice.sample([*range(1, 32), *range(-31, 0)], dice.randint(1, 3))
        parts.append("BYMONTHDAY=" + ",".join(map(str, dates)))
    if kind == "place":
        parts.append("BYSETPOS=" + ",".join(map(str, dice.sample([1, 2, 3, -1, -2], dice.randint(1, 2)))))
    return base, ";".join(parts)


def expected(base: date, rule: str, count: int | None, until: date) -> list[date]:
    """What the other library makes of it, after the first date, which counts whether or not the rule names it."""
    start = datetime.combine(base, time(10))
    dates: list[date] = []
    for at in rrulestr(rule, dtstart=start):
        if at.date() > until or (count is not None and len(dates) == count - 1):
            break
        if at > start:
            dates.append(at.date())
    return dates


def dates_of(school: School, base: date, pattern: dict[str, Any], until: date) -> list[date]:
    """What is made of a rule here; nothing of it stays."""
    rows = school.rows(
        "select d from _occurrence_dates(_read_pattern(%s, %s, '10:00', 'UTC'), %s, %s) as d",
        json.dumps(pattern),
        base,
        base,
        until,
    )
    return [row["d"] for row in rows]


def test_500_random_rules_give_the_dates_of_another_library(school: School) -> None:
    dice = random.Random(20270104)
    made = 0
    for _ in range(500):
        base, rule = random_rule(dice)
        until = base + timedelta(days=dice.choice([400, 3000] if "YEARLY" in rule else [60, 400, 900]))
        count = dice.choice([None, dice.randint(1, 40)])
        text = rule if count is None else f"{rule};COUNT={count}"
        found = dates_of(school, base, {"rrule": text}, until)
        assert found == expected(base, rule, count, until), (base, text, until)
        made += len(found)
    assert made > 3000


def test_text_that_goes_out_and_comes_back_gives_the_same_dates(school: School) -> None:
    dice = random.Random(20270105)
    for _ in range(30):
        base, rule = random_rule(dice)
        until = base + timedelta(days=700)
        session = school.session(str(base), timezone="Asia/Tokyo", recurring_pattern=json.dumps({"rrule": rule}))
        text = school.one("select session_rrule(%s)", session)
        assert dates_of(school, base, {"rrule": text}, until) == dates_of(school, base, {"rrule": rule}, until)
        assert expected(base, text, None, until) == dates_of(school, base, {"rrule": rule}, until)


@pytest.mark.parametrize(
    ("day", "pattern", "text"),
    [
        ("2027-01-04", {"frequency": "weekly", "count": 3}, "FREQ=WEEKLY;BYDAY=MO;COUNT=3"),
        (
            "2027-01-31",
            {"frequency": "monthly", "interval": 2},
            "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        ),
        (
            "2027-01-12",
            {"frequency": "monthly", "byday": ["2tu"], "wkst": "su", "until": "2027-07-01"},
            "FREQ=MONTHLY;BYDAY=2TU;WKST=SU;UNTIL=20270701T070000Z",
        ),
    ],
)
def test_rule_as_text(school: School, day: str, pattern: dict[str, Any], text: str) -> None:
    session = school.session(day, timezone="Asia/Kuwait", recurring_pattern=json.dumps(pattern))
    assert school.one("select session_rrule(%s)", session) == text


def test_rule_of_a_session_that_is_not_there_or_has_none(school: School) -> None:
    assert school.one("select session_rrule(%s)", school.session()) is None
    with raises_key("PT404", "session_not_found"):
        school.one("select session_rrule(-1)")


@pytest.mark.parametrize(
    ("until", "last"),
    [("20270118", "2027-01-18"), ("20270118T065959Z", "2027-01-11"), ("20270118T070000Z", "2027-01-18")],
)
def test_until_of_a_text_is_an_instant(school: School, until: str, last: str) -> None:
    session = school.session(
        timezone="Asia/Kuwait", recurring_pattern=json.dumps({"rrule": f"FREQ=WEEKLY;UNTIL={until}"})
    )
    rows = school.rows("select session_date from generate_recurring_sessions(%s)", session)
    assert str(rows[-1]["session_date"]) == last


def test_rule_is_read_alike_where_i_has_another_capital(school: School) -> None:
    session = school.session(recurring_pattern=json.dumps({"rrule": "freq=daily;interval=2;count=3"}))
    assert school.one("select session_rrule(%s)", session) == "FREQ=DAILY;INTERVAL=2;COUNT=3"


def test_rule_that_never_comes_is_refused(school: School) -> None:
    session = school.session(recurring_pattern=json.dumps({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2"}))
    with raises_key("PT400", "recurrence_too_long"):
        school.one("select generate_recurring_sessions(%s)", session)


@pytest.mark.parametrize(("zone", "gap", "gap_from", "minutes", "fold", "fold_from"), CHANGES)
def test_gaps_and_folds_of_the_clock(
    school: School, zone: str, gap: str, gap_from: str, minutes: int, fold: str, fold_from: str
) -> None:
    tz = ZoneInfo(zone)
    for day, begins, is_gap in ((gap, gap_from, True), (fold, fold_from, False)):
        start = datetime.fromisoformat(f"{day} {begins}") + timedelta(minutes=10)
        base = start - timedelta(days=2)
        ends = (start + timedelta(minutes=45)).time()
        session = school.insert(
            "sessions",
            enrolled_courses_id=school.course,
            session_date=base.date(),
            start_time=start.time(),
            end_time=ends,
            timezone=zone,
            recurring_pattern=json.dumps({"frequency": "daily", "count": 4}),
        )
        rows = school.rows(
            "select session_date, starts_at, ends_at, duration from generate_recurring_sessions(%s)", session
        )
        assert [row["session_date"] - base.date() for row in rows] == [timedelta(days=n) for n in (1, 2, 3)]
        for row in rows:
            local = datetime.combine(row["session_date"], start.time())
            is_moved = is_gap and row["session_date"] == start.date()
            shown = row["starts_at"].astimezone(tz).replace(tzinfo=None)
            assert shown - local == timedelta(minutes=minutes if is_moved else 0)
            if is_gap:
                assert row["ends_at"] - row["starts_at"] == timedelta(minutes=45)
            assert timedelta(minutes=row["duration"]) == row["ends_at"] - row["starts_at"] >= timedelta(minutes=45)


def test_rule_is_for_those_who_may_call(connect: Any, school: School) -> None:
    session = school.session(recurring_pattern=json.dumps({"frequency": "weekly", "count": 3}))
    conn: psycopg.Connection = connect(role="sessionbook_app")
    row = conn.execute("select tutoring.session_rrule(%s)", [session]).fetchone()
    assert row == ("FREQ=WEEKLY;BYDAY=MO;COUNT=3",)
