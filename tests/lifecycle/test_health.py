"""lifecycle.health: one row that says whether the clock runs and what is left behind."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.market import Market


def health(market: Market) -> dict[str, Any]:
    return market.row("select * from lifecycle.health")


def test_never_ticked_is_not_healthy(market: Market) -> None:
    found = health(market)
    assert (found["healthy"], found["reason"]) == (False, "no tick has ever completed")
    assert found["seconds_since_tick"] is None


def test_after_a_tick_all_is_well(market: Market) -> None:
    market.session(market.workshop(), day="2099-01-01")
    market.conn.execute("call lifecycle.run_tick()")
    found = health(market)
    assert (found["healthy"], found["reason"], found["seconds_since_tick"]) == (True, "", 0)
    assert (found["sessions_overdue"], found["overdue_by_schema"]) == (0, {})
    assert (found["reminders_waiting"], found["oldest_reminder_seconds"]) == (0, None)


def test_old_tick_is_not_healthy_and_an_unfinished_one_does_not_count(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    market.conn.execute("update lifecycle.ticks set finished_at = finished_at - interval '10 minutes'")
    market.conn.execute("insert into lifecycle.ticks default values")
    found = health(market)
    assert not found["healthy"]
    assert 600 <= found["seconds_since_tick"] < 660
    market.conn.execute("update lifecycle.settings set value = '20 minutes' where key = 'tick_late_after'")
    assert health(market)["healthy"]


def test_clock_set_back_shows_no_negative_age(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    market.conn.execute("update lifecycle.ticks set finished_at = finished_at + interval '1 hour'")
    assert health(market)["seconds_since_tick"] is None
    market.conn.execute("call lifecycle.run_tick()")
    assert health(market)["seconds_since_tick"] == 0


def test_overdue_sessions_are_counted_by_schema_and_matter_when_they_stay(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    market.session(market.workshop(), timezone="UTC")
    set_now(market.conn, "2027-01-05 00:01+00")
    found = health(market)
    assert (found["sessions_overdue"], found["overdue_by_schema"], found["healthy"]) == (1, {"workshop": 1}, True)
    set_now(market.conn, "2027-01-05 00:06+00")
    found = health(market)
    assert not found["healthy"]
    assert found["reason"].startswith("workshop: 1 sessions overdue")


def test_paused_clock_is_said_and_no_fault(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    market.session(market.workshop(), day="2020-01-01")
    market.conn.execute("update lifecycle.clocks set enabled = false")
    found = health(market)
    assert (found["healthy"], found["reason"], found["sessions_overdue"]) == (True, "workshop: paused", 1)


def register(conn: psycopg.Connection, schema: str, view: str | None) -> None:
    conn.execute(f"create schema {schema}")
    conn.execute(f"create table {schema}.failed_steps (like workshop.failed_steps including all)")
    conn.execute(
        f"insert into {schema}.failed_steps (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at,"
        " next_attempt_at) select 'x', n::text, '23514', 'no', 1, now(), now(), now() from generate_series(1, 2) as n"
    )
    if view is not None:
        conn.execute(f"create view {schema}.clock_health as {view}")
    conn.execute("select lifecycle.register_clock(%s, 'tutoring')", [schema])


REMINDERS = (
    "select 0::bigint as overdue, null::timestamptz as oldest_overdue_at, 3::bigint as reminders_waiting,"
    " now() - interval '{} minutes' as oldest_reminder_at"
)


def test_reminders_of_every_copy_are_summed_up(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    register(market.conn, "lessons", REMINDERS.format(5))
    register(market.conn, '"Other ""Lessons"""', None)
    market.conn.execute('create view "Other ""Lessons""".clock_health as ' + REMINDERS.format(2))
    market.conn.execute("update lifecycle.clocks set schema_name = 'Other \"Lessons\"' where schema_name like '\"O%'")
    found = health(market)
    assert (found["reminders_waiting"], found["steps_retrying"], found["healthy"]) == (6, 4, True)
    assert 300 <= found["oldest_reminder_seconds"] < 360


def test_reminders_that_wait_too_long_are_not_healthy(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    register(market.conn, "lessons", REMINDERS.format(11))
    found = health(market)
    assert not found["healthy"]
    assert found["reason"].startswith("lessons: 3 reminders wait")


def test_copy_that_cannot_be_read_does_not_hide_the_others(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    market.session(market.workshop(), day="2020-01-01")
    register(market.conn, "lessons", REMINDERS.format(1).replace("0::bigint as overdue", "1 / 0 as overdue"))
    found = health(market)
    assert (found["healthy"], found["overdue_by_schema"]) == (False, {"workshop": 1})
    assert found["reason"].startswith("lessons: 22012 division by zero")


def test_who_holds_what_is_overdue_is_named(market: Market, connect: Connect) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    session = market.session(market.workshop(), day="2020-01-01")
    holder = connect(autocommit=False)
    holder.execute("set application_name = 'nightly report'")
    holder.execute("select from workshop.workshop_sessions where id = %s for update", [session])
    market.conn.execute("call lifecycle.run_tick()")
    found = health(market)
    assert (found["healthy"], found["sessions_overdue"]) == (False, 1)
    assert f"held by process {holder.info.backend_pid} " in found["reason"]
    assert "application nightly report" in found["reason"]
    holder.rollback()
    market.conn.execute("call lifecycle.run_tick()")
    assert health(market)["healthy"]


def test_view_of_somebody_else_is_not_read(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    register(market.conn, "lessons", REMINDERS.format(1))
    market.conn.execute("alter view lessons.clock_health owner to sessionbook_app")
    found = health(market)
    assert (found["reminders_waiting"], found["healthy"]) == (0, False)


def test_failing_clock_is_not_healthy(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    market.conn.execute("update lifecycle.clocks set last_error = 'PT409 out of order'")
    assert health(market)["reason"] == "workshop: PT409 out of order"


@pytest.mark.parametrize(
    ("role", "waiting"), [("sessionbook_monitor", 3), ("sessionbook_reader", 0), ("sessionbook_app", 0)]
)
def test_copy_is_seen_by_the_monitor_and_by_who_may_read_its_failed_steps(
    market: Market, connect: Connect, role: str, waiting: int
) -> None:
    register(market.conn, "lessons", REMINDERS.format(1))
    conn = connect(role=role)
    assert conn.execute("select reminders_waiting from lifecycle.health").fetchone() == (waiting,)
    if role != "sessionbook_monitor":
        market.conn.execute(f"grant select on lessons.failed_steps to {role}")
        assert conn.execute("select reminders_waiting from lifecycle.health").fetchone() == (3,)
