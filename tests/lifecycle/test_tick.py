"""lifecycle.tick, run_tick and register_clock: what is due, in every installed schema."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from support.connect import Connect
from support.errors import raises_key
from support.market import Market

PASS = "select schema_name, step, moved, failed from lifecycle.tick(%s) where moved + failed > 0"


def add_clock(conn: psycopg.Connection, schema: str, body: str) -> None:
    """A schema of the test's own whose only step, always due for one row, does as body says."""
    conn.execute(
        f"create schema {schema};"
        f" create table {schema}.failed_steps (like workshop.failed_steps including all);"
        f" create function {schema}.steps() returns text[] language sql return array['light'];"
        f" create function {schema}.due_rows(text, timestamptz, integer) returns text[] language sql"
        f" return case when not exists (select from {schema}.failed_steps) then array['1'] end;"
        f" create function {schema}.apply_step(text, text[], timestamptz) returns bigint language plpgsql as"
        f" $$ begin {body} end $$"
    )
    conn.execute("select lifecycle.register_clock(%s, 'workshop')", [schema])


def last_tick(market: Market) -> dict[str, Any]:
    return market.row("select * from lifecycle.ticks order by id desc limit 1")


def test_domain_units_are_registered_by_the_deployer(db: psycopg.Connection) -> None:
    rows = db.execute("select schema_name, unit, enabled from lifecycle.clocks order by schema_name").fetchall()
    assert rows == [("training", "training", True), ("tutoring", "tutoring", True), ("workshop", "workshop", True)]


def test_one_pass_moves_what_is_due(market: Market) -> None:
    session = market.session(market.workshop())
    assert market.rows(PASS, "2027-01-04 22:00+00") == [
        {"schema_name": "workshop", "step": "complete_sessions", "moved": 1, "failed": 0}
    ]
    assert market.status(session) == "completed"


def test_paused_clock_is_passed_over_and_stays_paused(market: Market) -> None:
    market.session(market.workshop())
    market.conn.execute("update lifecycle.clocks set enabled = false")
    market.conn.execute("select lifecycle.register_clock('workshop', 'workshop')")
    assert market.rows(PASS, "2027-01-04 22:00+00") == []


def test_one_schemas_failure_does_not_stop_another(market: Market) -> None:
    add_clock(market.conn, "broken", "raise exception using errcode = '42501', message = 'out of order';")
    session = market.session(market.workshop())
    assert market.rows(PASS, "2027-01-04 22:00+00") == [
        {"schema_name": "broken", "step": "advance", "moved": 0, "failed": 1},
        {"schema_name": "workshop", "step": "complete_sessions", "moved": 1, "failed": 0},
    ]
    assert market.status(session) == "completed"
    assert market.one("select last_error from lifecycle.clocks where schema_name = 'broken'") == "42501 out of order"


def test_limit_below_one(market: Market) -> None:
    market.session(market.workshop(), day="2020-01-01")
    with raises_key("PT400", "invalid_limit"):
        market.conn.execute("select * from lifecycle.tick(now(), 0)")


def test_run_tick_goes_on_in_batches_until_nothing_is_due(market: Market) -> None:
    workshop = market.workshop()
    market.conn.execute(
        "insert into workshop_sessions (workshop_id, session_date, start_time)"
        " select %s, date '2020-01-01' + n %% 100, '10:00' from generate_series(1, 5001) as n",
        [workshop],
    )
    market.conn.execute("call lifecycle.run_tick()")
    tick = last_tick(market)
    assert (tick["moved"], tick["failed"], tick["error"]) == ({"workshop": {"complete_sessions": 5001}}, 0, None)
    assert tick["finished_at"] >= tick["started_at"]


def test_run_tick_writes_its_row_also_when_nothing_was_due(market: Market) -> None:
    market.conn.execute("call lifecycle.run_tick()")
    tick = last_tick(market)
    assert (tick["moved"], tick["finished_at"] is not None) == ({}, True)


def test_run_tick_with_nothing_due_writes_its_row_once(market: Market) -> None:
    market.conn.execute("truncate lifecycle.ticks")
    market.conn.execute("call lifecycle.run_tick()")
    assert market.rows("select ctid::text as place, finished_at is not null as finished from lifecycle.ticks") == [
        {"place": "(0,1)", "finished": True}
    ]


def test_a_schema_that_cannot_be_asked_is_looked_at(market: Market) -> None:
    assert market.one("select lifecycle.due_clocks()") == []
    market.conn.execute(
        "create or replace function has_work(p_now timestamptz) returns boolean language plpgsql stable as"
        " $$ begin raise exception 'broken'; end $$"
    )
    assert market.one("select lifecycle.due_clocks()") == ["workshop"]


def test_run_tick_keeps_the_error_of_a_schema_that_failed(market: Market) -> None:
    add_clock(market.conn, "broken", "raise exception using errcode = '42501', message = 'out of order';")
    market.conn.execute("call lifecycle.run_tick()")
    tick = last_tick(market)
    assert (tick["failed"], tick["error"]) == (1, "broken: 42501 out of order")


def test_second_runner_passes_over_what_the_first_one_moves(market: Market, connect: Connect) -> None:
    market.session(market.workshop(), day="2020-01-01")
    first = connect(autocommit=False)
    first.execute("select lifecycle.advance('workshop')")
    market.conn.execute("set statement_timeout = '5s'")
    market.conn.execute("call lifecycle.run_tick()")
    assert last_tick(market)["error"].startswith("workshop: kept out by process")
    first.commit()
    assert market.one("select count(*) from status_changes where cause = 'clock'") == 1


def test_two_ticks_at_once_record_every_move_once(market: Market, connect: Connect) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.conn.execute(
        "insert into workshop_sessions (workshop_id, run_id, session_date, start_time)"
        " select %s, %s, date '2020-01-01' + n, '10:00' from generate_series(1, 300) as n",
        [workshop, run],
    )
    tickers = [connect() for _ in range(4)]

    def work(conn: psycopg.Connection) -> None:
        while conn.execute("select coalesce(sum(moved), 0) from lifecycle.tick(null, 20)").fetchone() != (0,):
            pass

    threads = [threading.Thread(target=work, args=[conn]) for conn in tickers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    moves = market.row(
        "select count(*) as moves, count(distinct subject_id) as sessions from status_changes"
        " where machine = 'workshop.session'"
    )
    assert tuple(moves.values()) == (300, 300)
    assert market.one("select count(*) from workshop_sessions where status <> 'completed'") == 0
    assert market.run_status(run) == "completed"


def test_what_triggers_left_for_the_end_fails_with_its_schema_alone(market: Market) -> None:
    """At the commit it would take the other schemas' moves along."""
    add_clock(market.conn, "aaa", "update aaa.lamps set lit = true; return 1;")
    market.conn.execute(
        """
        create table aaa.lamps (lit boolean);
        insert into aaa.lamps values (false);
        create function aaa.refuse() returns trigger language plpgsql as
        $$ begin raise exception using errcode = 'PT409', message = 'no light'; end $$;
        create constraint trigger refuse after update on aaa.lamps deferrable initially deferred
        for each row execute function aaa.refuse();
        """
    )
    session = market.session(market.workshop(), day="2020-01-01")
    market.conn.execute("call lifecycle.run_tick()")
    assert market.status(session) == "completed"
    assert last_tick(market)["failed"] == 1
    assert market.rows("select sqlstate, message from aaa.failed_steps") == [
        {"sqlstate": "PT409", "message": "no light"}
    ]


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_runs_follow_also_a_role_that_keeps_its_snapshots(market: Market, isolation: str) -> None:
    workshop = market.workshop()
    run = market.run(workshop, start="2026-01-01")
    market.session(workshop, day="2026-01-01", run_id=run)
    market.conn.execute("select set_config('default_transaction_isolation', %s, false)", [isolation])
    market.conn.execute("call lifecycle.run_tick()")
    assert market.run_status(run) == "completed"
    assert market.rows("select * from stale_runs") == []
