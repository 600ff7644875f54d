"""Working hours, absences and holidays: respected when something is booked, unless a reason is given."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.concurrency import Crowd, errors, results
from support.department import END, START, Department
from support.errors import raises_key

ROUNDS = 200
KEYS = {"trainer": "trainer_absent", "venue": "venue_closed"}
both = pytest.mark.parametrize("whose", ["trainer", "venue"])


def rule(training: Department, whose: str, weekday: int, start: str, end: str, zone: str = "UTC") -> str:
    return training.insert(
        "availability_rules",
        **{f"{whose}_id": getattr(training, whose)},
        weekday=weekday,
        start_time=start,
        end_time=end,
        timezone=zone,
    )


def absent(training: Department, start: str, end: str, **columns: Any) -> str:
    return training.insert("absences", starts_at=start, ends_at=end, **columns)


def schedule(training: Department, session: str, **more: Any) -> dict[str, Any]:
    names = "".join(f", p_{name} => %s" for name in more)
    return training.row(f"select * from schedule_session(%s{names})", session, *more.values())


def check(training: Department, start: str = START, end: str = END) -> dict[str, Any]:
    return training.row(
        "select * from availability_check(%s, %s, %s, %s)", start, end, training.trainer, training.venue
    )


@both
@pytest.mark.parametrize(
    ("rules", "fits"),
    [
        ([(1, "09:00", "12:00")], True),
        ([(1, "09:00", "11:59:59")], False),
        ([(1, "09:00:01", "12:00")], False),
        ([(2, "09:00", "12:00")], False),
        ([(1, "08:00", "10:00"), (1, "10:00", "17:00")], True),
        ([(1, "08:00", "10:00"), (1, "10:01", "17:00")], False),
        ([(7, "22:00", "12:00")], True),
        ([(7, "22:00", "11:00")], False),
        ([(1, "00:00", "24:00")], True),
        ([(1, "12:00", "15:00", "Asia/Kuwait")], True),
        ([(1, "09:00", "12:00", "Asia/Kuwait")], False),
    ],
)
def test_session_is_within_the_hours_that_there_are(
    training: Department, whose: str, rules: list[tuple[Any, ...]], fits: bool
) -> None:
    for one in rules:
        rule(training, whose, *one)
    draft = training.planned()
    assert check(training)[f"{whose}_available"] is fits
    if fits:
        assert schedule(training, draft)["status"] == "SCHEDULED"
    else:
        with raises_key("PT409", KEYS[whose]):
            schedule(training, draft)
        assert training.status(draft) == "DRAFT"


def test_hours_follow_the_local_clock(training: Department) -> None:
    """Clocks go forward in Berlin on 2027-03-28; 2027-03-29 is a Monday."""
    rule(training, "trainer", 1, "09:00", "12:00", "Europe/Berlin")
    for start, end, fits in (
        ("2027-03-22 08:00+00", "2027-03-22 11:00+00", True),
        ("2027-03-29 08:00+00", "2027-03-29 11:00+00", False),
        ("2027-03-29 07:00+00", "2027-03-29 10:00+00", True),
    ):
        assert check(training, start, end)["trainer_available"] is fits


@both
@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        ("2027-01-04 11:59+00", "infinity", False),
        ("2027-01-04 10:00+00", "2027-01-04 10:01+00", False),
        (END, "2027-01-05", True),
        ("2027-01-01", START, True),
    ],
)
def test_absence_is_in_the_way(training: Department, whose: str, start: str, end: str, fits: bool) -> None:
    absent(training, start, end, **{f"{whose}_id": getattr(training, whose)})
    draft = training.planned()
    found = check(training)
    assert (found[f"{whose}_available"], found[KEYS[whose]], found["conflicts"]) == (fits, not fits, [])
    if fits:
        schedule(training, draft)
    else:
        with raises_key("PT409", KEYS[whose]):
            schedule(training, draft)


def test_holiday_closes_every_venue(training: Department) -> None:
    absent(training, "2027-01-04 00:00+00", "2027-01-05 00:00+00", reason="New Year")
    draft = training.planned(venue_id=training.new_venue())
    found = check(training)
    assert (found["trainer_available"], found["venue_available"], found["venue_closed"]) == (True, False, True)
    with raises_key("PT409", "venue_closed"):
        schedule(training, draft)


def test_others_absences_and_hours_do_not_count(training: Department) -> None:
    other = training.new_trainer()
    absent(training, START, END, trainer_id=other)
    training.insert(
        "availability_rules", trainer_id=other, weekday=3, start_time="09:00", end_time="10:00", timezone="UTC"
    )
    assert schedule(training, training.planned())["status"] == "SCHEDULED"


def test_conflict_comes_before_absence(training: Department) -> None:
    training.scheduled()
    absent(training, START, END, trainer_id=training.trainer)
    with raises_key("PT409", "trainer_busy"):
        schedule(training, training.planned())


def test_override_books_anyway_and_keeps_the_reason(training: Department) -> None:
    absent(training, START, END, trainer_id=training.trainer)
    absent(training, START, END)
    draft = training.planned()
    training.conn.execute("set sessionbook.actor = 'frank'")
    assert schedule(training, draft, override=True, reason=" they agreed ")["status"] == "SCHEDULED"
    rows = training.rows("select session_id, kind, reason, actor, details from session_decisions order by id")
    assert [(row["session_id"], row["kind"], row["reason"], row["actor"]) for row in rows] == [
        (draft, "override", "they agreed", "frank")
    ] * 2
    assert [row["details"]["key"] for row in rows] == ["trainer_absent", "venue_closed"]
    assert [row["details"].get("trainer_id") for row in rows] == [training.trainer, None]


def test_override_of_nothing_is_not_noted(training: Department) -> None:
    schedule(training, training.planned(), override=True, reason="to be sure")
    assert training.rows("select 1 from session_decisions") == []


def test_override_does_not_double_book(training: Department) -> None:
    training.scheduled()
    with raises_key("PT409", "trainer_busy"):
        schedule(training, training.planned(), override=True, reason="please")


@pytest.mark.parametrize(
    ("reason", "key"), [(None, "reason_missing"), (" \n", "reason_missing"), ("x" * 1001, "reason_too_long")]
)
def test_override_needs_a_reason(training: Department, reason: str | None, key: str) -> None:
    draft = training.planned()
    with raises_key("PT400", key):
        schedule(training, draft, override=True, reason=reason)
    with raises_key("PT400", key):
        training.conn.execute("select update_session(%s, '{}', true, %s)", [draft, reason])


def test_move_into_an_absence_is_refused_unless_overridden(training: Department) -> None:
    session = training.scheduled()
    absent(training, END, "2027-01-05", venue_id=training.venue)
    later = Jsonb({"start_time": END, "end_time": "2027-01-04 15:00+00"})
    with raises_key("PT409", "venue_closed"):
        training.conn.execute("select update_session(%s, %s)", [session, later])
    training.conn.execute("select update_session(%s, %s, true, 'the key is with the porter')", [session, later])
    assert training.one("select start_time = %s from sessions", END)
    training.conn.execute(
        "select update_session(%s, %s)", [session, Jsonb({"trainer_id": training.new_trainer(teaches=training.course)})]
    )
    assert training.one("select count(*) from session_decisions") == 1


@pytest.mark.parametrize("columns", [{}, {"trainer_id": True, "venue_id": True}])
def test_rule_is_of_one_trainer_or_venue(training: Department, columns: dict[str, bool]) -> None:
    values = {name: getattr(training, name[:-3]) for name in columns}
    with raises_key("23514", "availability_rules_one_check"):
        training.insert("availability_rules", weekday=1, start_time="09:00", end_time="10:00", timezone="UTC", **values)


def test_rule_has_a_zone_that_is_one(training: Department) -> None:
    with raises_key("PT400", "unknown_timezone"):
        rule(training, "venue", 1, "09:00", "10:00", "Mars/Olympus")


def test_substitute_teaches_and_it_is_kept_who_was_to(training: Department) -> None:
    session, other = training.scheduled(), training.new_trainer(teaches=training.course)
    call = "select trainer_id, status::text from substitute_trainer(%s, %s, %s)"
    training.conn.execute("update trainers set deleted_at = now() where id = %s", [training.trainer])
    assert training.row(call, session, other, "ill") == {"trainer_id": other, "status": "SCHEDULED"}
    assert training.row("select session_id, kind, reason, details from session_decisions") == {
        "session_id": session,
        "kind": "substitute_trainer",
        "reason": "ill",
        "details": {"from_trainer_id": training.trainer, "to_trainer_id": other},
    }
    assert training.row(call, session, other, "again")["trainer_id"] == other
    assert training.one("select count(*) from session_decisions") == 1


def test_substitute_passes_what_a_trainer_passes(training: Department) -> None:
    session, other = training.scheduled(), training.new_trainer(teaches=training.course)
    call = "select substitute_trainer(%s, %s, %s)"
    with raises_key("PT400", "reason_missing"):
        training.conn.execute(call, [session, other, ""])
    with raises_key("PT404", "trainer_not_found"):
        training.conn.execute(call, [session, "c12345678", "ill"])
    with raises_key("PT400", "trainer_not_qualified"):
        training.conn.execute(call, [session, training.new_trainer(), "ill"])
    with raises_key("PT409", "session_not_scheduled"):
        training.conn.execute(call, [training.draft(), other, "ill"])
    with raises_key("PT400", "missing_field"):
        training.conn.execute(call, [session, None, "ill"])
    busy = training.scheduled(trainer_id=other, venue_id=training.new_venue())
    with raises_key("PT409", "trainer_busy"):
        training.conn.execute(call, [session, other, "ill"])
    training.conn.execute("select cancel_session(%s)", [busy])
    absent(training, START, END, trainer_id=other)
    with raises_key("PT409", "trainer_absent"):
        training.conn.execute(call, [session, other, "ill"])
    assert training.rows("select 1 from session_decisions") == []
    training.conn.execute("select substitute_trainer(%s, %s, 'ill', true)", [session, other])
    assert [row["kind"] for row in training.rows("select kind from session_decisions order by id")] == [
        "override",
        "substitute_trainer",
    ]


def test_two_publishers_at_once_with_buffers_hours_and_absences(training: Department, database: str) -> None:
    """200 rounds: what stands in the calendar afterwards is what may stand there."""
    dice = random.Random(6)
    training.conn.execute("update trainers set buffer_before = '10 minutes', buffer_after = '15 minutes'")
    for weekday in range(1, 8):
        rule(training, "trainer", weekday, "08:00", "17:00")
        rule(training, "venue", weekday, "07:00", "16:00")
    won = lost = 0
    with Crowd(database, 2) as crowd:
        for n in range(ROUNDS):
            day = datetime(2027, 1, 4, tzinfo=UTC) + timedelta(days=n)
            away = day + timedelta(hours=dice.randint(7, 16))
            training.insert(
                "absences",
                trainer_id=training.trainer,
                starts_at=away,
                ends_at=away + timedelta(hours=1),
            )
            pair = []
            for _ in range(2):
                start = day + timedelta(minutes=15 * dice.randint(4 * 7, 4 * 12))
                pair.append(
                    training.planned(start_time=start, end_time=start + timedelta(minutes=15 * dice.randint(2, 16)))
                )

            def publish(connection: psycopg.Connection, i: int, pair: list[str] = pair) -> str:
                connection.execute("select training.schedule_session(%s)", [pair[i]])
                return pair[i]

            outcome = crowd.race(publish)
            won += len(results(outcome))
            for error in errors(outcome):
                assert isinstance(error, psycopg.Error)
                assert error.diag.constraint_name in {"trainer_busy", "venue_busy", "trainer_absent", "venue_closed"}
                lost += 1
            stands = training.rows(
                "select start_time, end_time from sessions where status = 'SCHEDULED' and start_time >= %s"
                " order by start_time",
                day,
            )
            assert len(stands) == len(results(outcome))
            for row in stands:
                assert row["start_time"] >= day + timedelta(hours=8)
                assert row["end_time"] <= day + timedelta(hours=16)
                assert row["end_time"] <= away or row["start_time"] >= away + timedelta(hours=1)
            for one, two in pairwise(stands):
                assert two["start_time"] - one["end_time"] >= timedelta(minutes=25)
    assert won > ROUNDS / 8
    assert lost > ROUNDS / 8
