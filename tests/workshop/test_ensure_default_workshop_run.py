"""ensure_default_workshop_run: sessions without a run get one."""

from __future__ import annotations

from uuid import uuid4

import psycopg

from support.concurrency import errors, race, results
from support.errors import raises_key
from support.market import Market


def test_gathers_sessions_without_a_run_under_a_default_one(market: Market) -> None:
    workshop = market.workshop(title_ar="فخار")
    own = market.session(workshop, run_id=market.run(workshop))
    market.session(workshop, day="2027-02-01")
    market.session(workshop, day="2027-02-03", end_date="2027-02-05")
    run = market.one("select ensure_default_workshop_run(%s)", workshop)
    assert market.one("select count(*) from workshop_sessions where run_id = %s", run) == 2
    assert market.one("select run_id from workshop_sessions where id = %s", own) != run
    row = market.row(
        "select run_name, run_name_ar, start_date::text, end_date::text, is_default from workshop_runs where id = %s",
        run,
    )
    assert row == {
        "run_name": "Default Run - Pottery",
        "run_name_ar": "الدورة الافتراضية - فخار",
        "start_date": "2027-02-01",
        "end_date": "2027-02-05",
        "is_default": True,
    }


def test_arabic_name_falls_back_to_the_name(market: Market) -> None:
    workshop = market.workshop()
    market.session(workshop)
    market.conn.execute("select ensure_default_workshop_run(%s)", [workshop])
    assert market.one("select run_name_ar from workshop_runs") == "الدورة الافتراضية - Pottery"


def test_nothing_to_gather_gives_null_and_makes_no_run(market: Market) -> None:
    workshop = market.workshop()
    assert market.one("select ensure_default_workshop_run(%s)", workshop) is None
    assert market.one("select count(*) from workshop_runs") == 0


def test_later_sessions_join_the_same_default_run(market: Market) -> None:
    workshop = market.workshop()
    market.session(workshop)
    first = market.one("select ensure_default_workshop_run(%s)", workshop)
    market.session(workshop, day="2027-05-01", current_attendees=1)
    assert market.one("select ensure_default_workshop_run(%s)", workshop) == first
    row = market.row("select start_date::text, end_date::text, status from workshop_runs")
    assert row == {"start_date": "2027-01-04", "end_date": "2027-05-01", "status": "active"}


def test_very_long_name_fits(market: Market) -> None:
    workshop = market.workshop("x" * 255)
    market.session(workshop)
    market.conn.execute("select ensure_default_workshop_run(%s)", [workshop])
    assert market.one("select length(run_name) from workshop_runs") == 255


def test_unknown_workshop(market: Market) -> None:
    with raises_key("PT404", "workshop_not_found"):
        market.conn.execute("select ensure_default_workshop_run(%s)", [uuid4()])


def test_callers_at_once_make_one_run(market: Market, database: str) -> None:
    workshop = market.workshop()
    for day in range(10, 20):
        market.session(workshop, day=f"2027-01-{day}")

    def ensure(conn: psycopg.Connection, _: int) -> object:
        row = conn.execute("select workshop.ensure_default_workshop_run(%s)", [workshop]).fetchone()
        return row and row[0]

    outcome = race(database, 16, ensure)
    assert errors(outcome) == []
    runs = [run for run in results(outcome) if run is not None]
    assert market.one("select count(*) from workshop_runs") == len(set(runs)) == 1
    assert market.one("select count(*) from workshop_sessions where run_id is null") == 0
