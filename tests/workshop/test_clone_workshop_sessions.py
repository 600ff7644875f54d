"""clone_workshop_sessions: a workshop repeated on a new date."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from support.concurrency import race, results
from support.errors import raises_key
from support.market import Market


def clone(market: Market, workshop: UUID, start: str, **named: Any) -> tuple[UUID, int]:
    more = "".join(f", {name} => %s" for name in named)
    row = market.row(f"select * from clone_workshop_sessions(%s, %s{more})", workshop, start, *named.values())
    return row["new_run_id"], row["sessions_created"]


def copied(market: Market, run: UUID, columns: str) -> list[tuple[Any, ...]]:
    rows = market.rows(f"select {columns} from workshop_sessions where run_id = %s order by session_number", run)
    return [tuple(row.values()) for row in rows]


def three_days(market: Market, workshop: UUID, start: str = "2027-01-04", **columns: Any) -> UUID:
    run = market.run(workshop, start=start)
    for day in range(3):
        date = market.one("select (%s::date + %s)::text", start, day)
        market.session(workshop, day=date, run_id=run, session_number=day + 1, current_attendees=1, **columns)
    return run


def test_copy_begins_on_the_new_date_with_empty_seats(market: Market) -> None:
    workshop = market.workshop()
    three_days(market, workshop, location="Studio 2", notes="clay", metadata='{"kiln": 1}')
    run, created = clone(market, workshop, "2027-07-01")
    assert created == 3
    columns = "session_date::text, session_number, status, current_attendees, max_attendees, location, notes, metadata"
    assert copied(market, run, columns) == [
        (f"2027-07-0{n}", n, "upcoming", 0, 2, "Studio 2", "clay", {"kiln": 1}) for n in (1, 2, 3)
    ]
    row = market.row(
        "select start_date::text, end_date::text, status, is_default from workshop_runs where id = %s", run
    )
    assert tuple(row.values()) == ("2027-07-01", "2027-07-03", "upcoming", False)


def test_source_stays_as_it_was(market: Market) -> None:
    workshop = market.workshop()
    three_days(market, workshop)
    before = market.everything()
    run, _ = clone(market, workshop, "2027-07-01")
    market.conn.execute("delete from workshop_sessions where run_id = %s", [run])
    market.conn.execute("delete from workshop_runs where id = %s", [run])
    assert market.everything() == before


def test_local_times_stay_across_a_change_of_time(market: Market) -> None:
    workshop = market.workshop()
    three_days(market, workshop, start="2027-01-04", timezone="Europe/Berlin")
    run, _ = clone(market, workshop, "2027-03-27")
    columns = "start_time::text, end_time::text, to_char(starts_at at time zone 'UTC', 'MM-DD HH24:MI')"
    assert copied(market, run, columns) == [
        ("10:00:00", "12:00:00", "03-27 09:00"),
        ("10:00:00", "12:00:00", "03-28 08:00"),
        ("10:00:00", "12:00:00", "03-29 08:00"),
    ]


def test_spread_dates_and_last_days_move_along(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, day="2027-01-04", end_date="2027-01-06", run_id=run)
    market.session(workshop, day="2027-01-11", session_dates='["2027-01-11", "2027-01-25", "2027-01-18"]', run_id=run)
    new, _ = clone(market, workshop, "2027-02-04")
    assert copied(market, new, "session_date::text, end_date::text, session_dates, last_date::text") == [
        ("2027-02-04", "2027-02-06", None, "2027-02-06"),
        ("2027-02-11", None, ["2027-02-11", "2027-02-25", "2027-02-18"], "2027-02-25"),
    ]
    assert market.one("select end_date::text from workshop_runs where id = %s", new) == "2027-02-25"


def test_cancelled_day_is_left_out(market: Market) -> None:
    workshop = market.workshop()
    source = three_days(market, workshop)
    market.conn.execute(
        "update workshop_sessions set status = 'cancelled' where run_id = %s and session_number = 1", [source]
    )
    run, created = clone(market, workshop, "2027-07-01")
    assert created == 2
    assert copied(market, run, "session_date::text, session_number") == [("2027-07-01", 1), ("2027-07-02", 2)]


def test_completed_run_can_be_repeated(market: Market) -> None:
    workshop = market.workshop()
    source = three_days(market, workshop)
    market.conn.execute("update workshop_sessions set status = 'completed'")
    run, created = clone(market, workshop, "2027-07-01")
    assert (created, market.run_status(source), market.run_status(run)) == (3, "completed", "upcoming")
    assert copied(market, run, "is_completed") == [(False,)] * 3


def test_the_price_of_the_run_is_the_price_of_its_copy(market: Market) -> None:
    workshop = market.workshop(price=10)
    source = market.run(workshop, price="25.000")
    market.session(workshop, run_id=source)
    run, _ = clone(market, workshop, "2027-07-01")
    assert market.one("select price from workshop_runs where id = %s", run) == 25


def test_unlimited_run_stays_unlimited(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, run_id=run, max_attendees=0)
    market.session(workshop, day="2027-01-05", run_id=run, max_attendees=None)
    new, _ = clone(market, workshop, "2027-07-01")
    assert copied(market, new, "max_attendees") == [(0,), (None,)]


def test_numbers_go_by_date_and_time(market: Market) -> None:
    workshop = market.workshop()
    run = market.run(workshop)
    market.session(workshop, day="2027-01-05", run_id=run, session_number=1)
    market.session(workshop, day="2027-01-04", start_time="18:00", end_time="20:00", run_id=run, session_number=1)
    market.session(workshop, day="2027-01-04", run_id=run, session_number=7)
    new, _ = clone(market, workshop, "2027-07-01")
    assert copied(market, new, "session_number, session_date::text, start_time::text") == [
        (1, "2027-07-01", "10:00:00"),
        (2, "2027-07-01", "18:00:00"),
        (3, "2027-07-02", "10:00:00"),
    ]


def test_default_name_is_the_month_in_both_languages(market: Market) -> None:
    workshop = market.workshop()
    three_days(market, workshop)
    run, _ = clone(market, workshop, "2025-07-01")
    assert market.row("select run_name, run_name_ar from workshop_runs where id = %s", run) == {
        "run_name": "Session July 2025",
        "run_name_ar": "دورة يوليو 2025",
    }


@pytest.mark.parametrize("name", ["", "  "])
def test_empty_name_is_none(market: Market, name: str) -> None:
    """As an application sends it whose texts cannot be null."""
    workshop = market.workshop()
    market.session(workshop)
    run, _ = clone(market, workshop, "2025-07-01", p_run_name=name)
    assert market.row("select run_name, run_name_ar from workshop_runs where id = %s", run) == {
        "run_name": "Session July 2025",
        "run_name_ar": "دورة يوليو 2025",
    }


def test_given_name_is_kept(market: Market) -> None:
    workshop = market.workshop()
    three_days(market, workshop)
    run, _ = clone(market, workshop, "2025-07-01", p_run_name="Summer 2025 Session")
    assert market.one("select run_name from workshop_runs where id = %s", run) == "Summer 2025 Session"


def test_latest_run_that_is_not_cancelled_is_copied(market: Market) -> None:
    workshop = market.workshop()
    three_days(market, workshop, start="2027-01-04")
    late = market.run(workshop, start="2027-03-01")
    market.session(workshop, day="2027-03-01", run_id=late)
    cancelled = market.run(workshop, start="2027-04-01")
    market.session(workshop, day="2027-04-01", run_id=cancelled, status="cancelled")
    market.run(workshop, "Empty", start="2027-05-01")
    _, created = clone(market, workshop, "2027-07-01")
    assert created == 1


def test_named_run_is_copied(market: Market) -> None:
    workshop = market.workshop()
    early = three_days(market, workshop, start="2027-01-04")
    late = market.run(workshop, start="2027-03-01")
    market.session(workshop, day="2027-03-01", run_id=late)
    _, created = clone(market, workshop, "2027-07-01", p_source_run_id=early)
    assert created == 3


def test_sessions_without_a_run_are_copied_where_there_is_none(market: Market) -> None:
    workshop = market.workshop()
    market.session(workshop)
    run, created = clone(market, workshop, "2027-07-01")
    assert created == 1
    assert market.one("select count(*) from workshop_sessions where run_id is null") == 1
    assert market.one("select count(*) from workshop_sessions where run_id = %s", run) == 1


def test_workshop_without_sessions(market: Market) -> None:
    workshop = market.workshop()
    with raises_key("PT404", "nothing_to_clone"):
        clone(market, workshop, "2027-07-01")
    assert market.one("select count(*) from workshop_runs") == 0


def test_unknown_workshop(market: Market) -> None:
    with raises_key("PT404", "workshop_not_found"):
        clone(market, uuid4(), "2027-07-01")


@pytest.mark.parametrize("known", [True, False])
def test_source_run_of_another_workshop(market: Market, known: bool) -> None:
    workshop, other = market.workshop(), market.workshop("Glazing")
    three_days(market, workshop)
    source = three_days(market, other) if known else uuid4()
    before = market.everything()
    with raises_key("PT400", "source_run_mismatch"):
        clone(market, workshop, "2027-07-01", p_source_run_id=source)
    assert market.everything() == before


def test_missing_start_date(market: Market) -> None:
    with raises_key("PT400", "start_date_missing"):
        market.conn.execute("select * from clone_workshop_sessions(%s, null)", [market.workshop()])


@pytest.mark.parametrize("day", ["infinity", "-infinity", "5874897-12-31", "0001-12-31 BC"])
def test_start_date_of_no_calendar(market: Market, day: str) -> None:
    with raises_key("PT400", "invalid_start_date"):
        market.conn.execute("select * from clone_workshop_sessions(%s, %s)", [market.workshop(), day])


def test_malformed_uuid(market: Market) -> None:
    with pytest.raises(errors.InvalidTextRepresentation):
        market.conn.execute("select * from clone_workshop_sessions('workshop-1', '2027-07-01')")


def test_two_clones_at_once_make_two_runs(market: Market, database: str) -> None:
    workshop = market.workshop()
    source = three_days(market, workshop)

    def run(conn: psycopg.Connection, i: int) -> object:
        row = conn.execute(
            "select sessions_created from workshop.clone_workshop_sessions(%s, %s, p_source_run_id => %s)",
            [workshop, f"2027-0{i + 2}-01", source],
        ).fetchone()
        return row and row[0]

    assert results(race(database, 8, run)) == [3] * 8
    assert market.one("select count(distinct run_id) from workshop_sessions") == 9


def test_booking_window_moves_along_on_the_local_clock(market: Market) -> None:
    """New York sets its clocks forward between the two: nine in the morning stays nine in the morning."""
    workshop = market.workshop()
    run = market.run(workshop, start="2027-03-10")
    market.session(
        workshop,
        day="2027-03-10",
        run_id=run,
        timezone="America/New_York",
        booking_opens_at="2027-03-01 09:00-05",
        booking_closes_at="2027-03-09 18:00-05",
        cancel_until="2027-03-08 12:00-05",
    )
    new, _ = clone(market, workshop, "2027-03-24")
    columns = ", ".join(
        f"({name} at time zone timezone)::text as {name}"
        for name in ("booking_opens_at", "booking_closes_at", "cancel_until")
    )
    assert copied(market, new, columns) == [("2027-03-15 09:00:00", "2027-03-23 18:00:00", "2027-03-22 12:00:00")]
