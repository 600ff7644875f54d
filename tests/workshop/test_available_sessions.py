"""get_available_sessions and get_next_available_session: what can be booked now."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from support.clock import set_now
from support.connect import Connect
from support.errors import raises_key
from support.market import Market
from support.together import Waiting


@pytest.fixture(autouse=True)
def new_year(market: Market) -> None:
    set_now(market.conn, "2027-01-01 00:00+03")


def available(market: Market, workshop: UUID) -> list[UUID]:
    return [row["id"] for row in market.rows("select * from get_available_sessions(%s)", workshop)]


def following(market: Market, workshop: UUID, *seats: int) -> list[UUID]:
    marks = ", %s" * len(seats)
    return [row["id"] for row in market.rows(f"select * from get_next_available_session(%s{marks})", workshop, *seats)]


def test_soonest_first(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    late = market.session(workshop, day="2027-01-08", run_id=run)
    evening = market.session(workshop, day="2027-01-04", start_time="18:00", end_time="20:00", run_id=run)
    morning = market.session(workshop, day="2027-01-04", run_id=run)
    assert available(market, workshop) == [morning, evening, late]
    assert following(market, workshop) == [morning]


def test_soonest_by_instant_and_not_by_wall_clock(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    kuwait = market.session(workshop, day="2027-01-04", start_time="10:00", run_id=run)
    auckland = market.session(workshop, day="2027-01-04", start_time="11:00", timezone="Pacific/Auckland", run_id=run)
    assert available(market, workshop) == [auckland, kuwait]


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"current_attendees": 2}, id="full"),
        pytest.param({"status": "cancelled"}, id="cancelled"),
        pytest.param({"status": "completed"}, id="completed"),
        pytest.param({"day": "2026-12-31"}, id="over"),
        pytest.param({"day": "2026-12-31", "end_date": "2027-01-02"}, id="running"),
    ],
)
def test_what_cannot_be_booked(market: Market, columns: dict[str, Any]) -> None:
    workshop = market.workshop()
    market.session(workshop, run_id=market.run(workshop), **columns)
    assert available(market, workshop) == []
    assert following(market, workshop) == []


def test_bookable_until_the_very_start(market: Market) -> None:
    workshop = market.workshop()
    session = market.session(workshop, run_id=market.run(workshop))
    set_now(market.conn, "2027-01-04 09:59:59.999999+03")
    assert following(market, workshop) == [session]
    set_now(market.conn, "2027-01-04 10:00+03")
    assert following(market, workshop) == []


@pytest.mark.parametrize("unlimited", [0, None])
def test_unlimited_takes_any_number(market: Market, unlimited: int | None) -> None:
    workshop = market.workshop()
    session = market.session(workshop, max_attendees=unlimited, current_attendees=500, run_id=market.run(workshop))
    assert following(market, workshop, 1000) == [session]


def test_party_gets_the_first_session_that_takes_it_whole(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, day="2027-01-04", current_attendees=1, run_id=run)
    roomy = market.session(workshop, day="2027-01-05", run_id=run)
    assert following(market, workshop, 2) == [roomy]
    assert following(market, workshop, 3) == []


def test_more_seats_than_there_are_numbers_for(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, current_attendees=1, run_id=run)
    assert following(market, workshop, 2147483647) == []


@pytest.mark.parametrize("function", ["get_available_sessions", "get_next_available_session"])
def test_sessions_without_a_run_are_gathered_first(market: Market, function: str) -> None:
    workshop = market.workshop()
    session = market.session(workshop)
    rows = market.rows(f"select * from {function}(%s)", workshop)
    assert [row["id"] for row in rows] == [session]
    assert rows[0]["run_id"] == market.one("select id from workshop_runs where is_default")


def test_sessions_without_a_run_wait_while_another_is_bookable(market: Market) -> None:
    workshop = market.workshop()
    session = market.session(workshop, day="2027-01-05", run_id=market.run(workshop))
    market.session(workshop, day="2027-01-04")
    assert following(market, workshop) == [session]


def test_workshop_without_sessions_gives_no_row(market: Market) -> None:
    workshop = market.workshop()
    assert available(market, workshop) == []
    assert following(market, workshop) == []


@pytest.mark.parametrize("function", ["get_available_sessions", "get_next_available_session"])
def test_unknown_workshop(market: Market, function: str) -> None:
    with raises_key("PT404", "workshop_not_found"):
        market.rows(f"select * from {function}(%s)", uuid4())


def test_more_seats_than_any_session_has(market: Market) -> None:
    workshop = market.workshop()
    market.session(workshop, run_id=market.run(workshop), current_attendees=1)
    assert following(market, workshop, 2**31 - 1) == []


@pytest.mark.parametrize("seats", [0, -1, None])
def test_fewer_than_one_seat(market: Market, seats: int | None) -> None:
    workshop = market.workshop()
    with raises_key("PT400", "seats_not_positive"):
        market.rows("select * from get_next_available_session(%s, %s)", workshop, seats)


PICKERS = ["get_available_sessions", "get_next_available_session"]


@pytest.mark.parametrize("picker", PICKERS)
def test_kept_plans_survive_a_new_column(market: Market, connect: Connect, picker: str) -> None:
    """Between a migration and the functions that come with it, in sessions that have called them before."""
    workshop = market.workshop()
    session = market.session(workshop, run_id=market.run(workshop))
    for _ in range(7):
        market.rows(f"select id from {picker}(%s)", workshop)
    connect().execute("alter table workshop.workshop_sessions add column note text")
    assert market.rows(f"select id from {picker}(%s)", workshop) == [{"id": session}]


@pytest.mark.parametrize("picker", PICKERS)
def test_call_that_waits_for_a_new_column_is_to_be_made_again(market: Market, connect: Connect, picker: str) -> None:
    workshop = market.workshop()
    session = market.session(workshop, run_id=market.run(workshop))
    deployer = connect(autocommit=False)
    deployer.execute("alter table workshop.workshop_sessions add column note text")
    waiting = Waiting(market.conn, lambda _: market.rows(f"select id from {picker}(%s)", workshop))
    deployer.commit()
    with raises_key("55P03", "table_altered"):
        waiting.result()
    for _ in range(2):
        assert market.rows(f"select id from {picker}(%s)", workshop) == [{"id": session}]
