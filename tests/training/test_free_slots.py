"""free_slots(): what could be booked, and nothing else."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from support.department import END, START, Department
from support.errors import raises_key

MONDAY = datetime(2027, 1, 4, tzinfo=UTC)
DAY_END = "2027-01-05 00:00+00"


def slots(training: Department, duration: str = "1 hour", start: str = START, end: str = DAY_END, **more: Any) -> Any:
    names = "".join(f", p_{name} => %s" for name in more)
    return [
        tuple(row.values())
        for row in training.rows(
            f"select * from free_slots(%s, %s, %s, %s{names})", training.course, duration, start, end, *more.values()
        )
    ]


class Refused(Exception):
    """What is not free at that time."""


def publish(training: Department, draft: str) -> None:
    """Puts a draft into the calendar, or says that its time is not free; any other error is raised."""
    try:
        training.conn.execute("select schedule_session(%s)", [draft])
    except psycopg.Error as error:
        if error.diag.constraint_name not in {"trainer_busy", "venue_busy", "trainer_absent", "venue_closed"}:
            raise
        raise Refused from error


def hours(found: list[tuple[Any, ...]]) -> list[tuple[float, float]]:
    """Start and end in hours from Monday at midnight."""
    return [tuple((at - MONDAY) / timedelta(hours=1) for at in row[2:]) for row in found]  # type: ignore[misc]


def test_all_is_free_of_what_is_empty(training: Department) -> None:
    assert [row[:2] for row in slots(training)] == [(training.trainer, training.venue)]
    assert hours(slots(training)) == [(9, 24)]


def test_what_is_booked_is_left_out_with_the_buffers_of_both_sides(training: Department) -> None:
    training.conn.execute("update trainers set buffer_before = '15 minutes', buffer_after = '30 minutes'")
    training.scheduled(start_time="2027-01-04 12:00+00", end_time="2027-01-04 14:00+00")
    assert hours(slots(training)) == [(9, 11.25), (14.75, 24)]
    assert hours(slots(training, "3 hours")) == [(14.75, 24)]


def test_only_those_who_may_teach_it_and_are_there(training: Department) -> None:
    training.new_trainer()
    training.new_trainer(teaches=training.course, deleted_at=START)
    training.new_venue(deleted_at=START)
    assert [row[:2] for row in slots(training)] == [(training.trainer, training.venue)]


def test_nothing_in_the_past(training: Department) -> None:
    training.at("2027-01-04 20:30+00")
    assert hours(slots(training)) == [(20.5, 24)]
    training.at("2027-02-01 00:00+00")
    assert slots(training) == []


def test_drafts_and_cancelled_sessions_are_in_nobodys_way(training: Department) -> None:
    training.planned()
    training.planned(status="CANCELLED")
    training.scheduled(deleted_at=START)
    assert hours(slots(training)) == [(9, 24)]


def test_limit(training: Department) -> None:
    for _ in range(3):
        training.new_venue()
    assert len(slots(training)) == 4
    assert len(slots(training, limit=2)) == 2


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"duration": None}, "missing_field"),
        ({"start": None}, "missing_field"),
        ({"duration": "0"}, "slots_out_of_range"),
        ({"duration": "-1 hour"}, "slots_out_of_range"),
        ({"end": "2028-01-01"}, "slots_out_of_range"),
        ({"end": "infinity"}, "slots_out_of_range"),
        ({"end": START}, "end_before_start"),
        ({"limit": 0}, "limit_not_positive"),
        ({"limit": 1001}, "too_many"),
    ],
)
def test_what_cannot_be_asked(training: Department, arguments: dict[str, Any], key: str) -> None:
    with raises_key("PT400", key):
        slots(training, **arguments)


def test_course_that_is_not_there(training: Department) -> None:
    training.conn.execute("update courses set deleted_at = now()")
    with raises_key("PT404", "course_not_found"):
        slots(training)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_offered_is_never_refused_and_what_is_not_offered_is(training: Department, seed: int) -> None:
    """Calendars, buffers, hours, absences drawn at random; every slot is tried at its edges, in quarters of an hour."""
    draw = random.Random(seed)

    def quarter(low: int, high: int) -> timedelta:
        return timedelta(minutes=15 * draw.randint(low, high))

    trainers = [training.trainer, *(training.new_trainer(teaches=training.course) for _ in range(2))]
    venues = [training.venue, *(training.new_venue() for _ in range(2))]
    for table, ids in (("trainers", trainers), ("venues", venues)):
        column = f"{table[:-1]}_id"
        for one in ids:
            training.conn.execute(
                f"update {table} set buffer_before = %s, buffer_after = %s where id = %s",
                [quarter(0, 3), quarter(0, 3), one],
            )
            for weekday in range(1, 8) if draw.random() < 0.6 else ():
                for _ in range(draw.randint(0, 2)):
                    training.insert(
                        "availability_rules",
                        **{column: one},
                        weekday=weekday,
                        start_time=f"{draw.randint(0, 23)}:00",
                        end_time=f"{draw.randint(0, 24)}:00",
                        timezone=draw.choice(["UTC", "Asia/Kuwait", "America/New_York"]),
                    )
            for _ in range(draw.randint(0, 2)):
                start = MONDAY + quarter(0, 300)
                training.insert("absences", **{column: one}, starts_at=start, ends_at=start + quarter(1, 40))
    holiday = MONDAY + quarter(0, 300)
    training.insert("absences", starts_at=holiday, ends_at=holiday + quarter(1, 40))
    for _ in range(40):
        start = MONDAY + quarter(0, 300)
        draft = training.planned(
            trainer_id=draw.choice(trainers),
            venue_id=draw.choice(venues),
            start_time=start,
            end_time=start + quarter(2, 12),
        )
        with suppress(Refused):
            publish(training, draft)

    until = MONDAY + timedelta(days=3)
    found = training.rows("select * from free_slots(%s, '45 minutes', %s, %s, 1000)", training.course, MONDAY, until)
    assert len(found) < 1000
    for limit in (1, 7, 40):
        query = "select * from free_slots(%s, '45 minutes', %s, %s, %s)"
        assert training.rows(query, training.course, MONDAY, until, limit) == found[:limit]
    length, step = timedelta(minutes=45), timedelta(minutes=15)

    def can_be_booked(trainer: str, venue: str, start: datetime) -> bool:
        draft = training.planned(trainer_id=trainer, venue_id=venue, start_time=start, end_time=start + length)
        try:
            with training.conn.transaction(force_rollback=True):
                publish(training, draft)
        except Refused:
            return False
        return True

    offered = set()
    for row in found:
        assert row["end_time"] - row["start_time"] >= length
        for start in (row["start_time"], row["end_time"] - length):
            assert can_be_booked(row["trainer_id"], row["venue_id"], start), row
        start = row["start_time"]
        while start + length <= row["end_time"]:
            offered.add((row["trainer_id"], row["venue_id"], start))
            start += step
    for _ in range(150):
        trainer, venue = draw.choice(trainers), draw.choice(venues)
        start = MONDAY + quarter(0, 3 * 96 - 3)
        assert can_be_booked(trainer, venue, start) == ((trainer, venue, start) in offered)


def test_what_is_past_is_not_read(training: Department) -> None:
    training.conn.execute(
        "insert into sessions (course_id, created_by_id, trainer_id, venue_id, start_time, end_time, status)"
        " select %s, 'frank', %s, %s, h, h + interval '1 hour', 'COMPLETED'"
        " from generate_series('2024-01-01'::timestamptz, '2026-01-01', '6 hours') as h",
        [training.course, training.trainer, training.venue],
    )
    training.conn.execute("analyze")
    rows_read = "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables"
    with training.conn.transaction():
        before = training.one(rows_read)
        assert hours(slots(training, start=END)) == [(12, 24)]
        assert training.one(rows_read) - before < 100


def test_session_of_many_days_that_began_long_before_is_in_the_way(training: Department) -> None:
    training.scheduled(start_time="2026-12-20", end_time="2027-01-04 13:00+00")
    assert hours(slots(training)) == [(13, 24)]
