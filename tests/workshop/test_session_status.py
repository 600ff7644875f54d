"""Triggers on workshop_sessions: status follows seats, and nothing else moves it but the rules."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import errors

from support.concurrency import errors as refused
from support.concurrency import race, results
from support.errors import raises_key
from support.market import Market


def moves(market: Market, subject: Any) -> list[tuple[str, str, str]]:
    return [
        (row["from_status"], row["to_status"], row["cause"])
        for row in market.rows("select * from status_changes where subject_id = %s::text order by id", subject)
    ]


def test_status_goes_up_and_down_with_the_counter(market: Market) -> None:
    session = market.session(market.workshop())
    seen = [market.status(session)]
    for seats in (1, 1, -1, -1, 2, -2):
        market.take(session, seats)
        seen.append(market.status(session))
    assert seen == ["upcoming", "active", "full", "active", "upcoming", "full", "upcoming"]


def test_every_move_is_recorded_with_cause_role_and_time(market: Market) -> None:
    session = market.session(market.workshop())
    market.conn.execute("set lifecycle.fake_now = '2026-12-01 09:00+00'")
    market.take(session)
    market.conn.execute("update workshop_sessions set status = 'cancelled' where id = %s", [session])
    assert moves(market, session) == [("upcoming", "active", "seats"), ("active", "cancelled", "person")]
    row = market.row(
        "select machine, changed_by = current_user as by_me, changed_at from status_changes"
        " where subject_id = %s::text and to_status = 'cancelled'",
        session,
    )
    assert (row["machine"], row["by_me"]) == ("workshop.session", True)
    assert row["changed_at"].isoformat() == "2026-12-01T09:00:00+00:00"


def test_one_statement_over_sessions_in_different_states_records_each(market: Market) -> None:
    workshop = market.workshop()
    empty, taken = market.session(workshop), market.session(workshop, current_attendees=1)
    market.conn.execute("update workshop_sessions set current_attendees = current_attendees + 1")
    assert (moves(market, empty), moves(market, taken)) == (
        [("upcoming", "active", "seats")],
        [("active", "full", "seats")],
    )


def test_over_capacity_is_refused_and_nothing_changes(market: Market) -> None:
    session = market.session(market.workshop(), current_attendees=2)
    before = market.everything()
    with raises_key("PT409", "session_full") as error:
        market.take(session)
    assert str(session) in error.message
    assert market.everything() == before


def test_below_zero_is_refused_and_nothing_changes(market: Market) -> None:
    session = market.session(market.workshop())
    before = market.everything()
    with raises_key("PT400", "seat_count_negative"):
        market.take(session, -1)
    assert market.everything() == before


@pytest.mark.parametrize("unlimited", [0, None])
def test_unlimited_session_is_never_full(market: Market, unlimited: int | None) -> None:
    session = market.session(market.workshop(), max_attendees=unlimited)
    market.take(session, 10_000)
    assert market.status(session) == "active"


def test_capacity_raised_opens_a_full_session(market: Market) -> None:
    session = market.session(market.workshop(), current_attendees=2)
    market.conn.execute("update workshop_sessions set max_attendees = 3 where id = %s", [session])
    assert market.status(session) == "active"


def test_capacity_lowered_to_the_seats_taken_fills_the_session(market: Market) -> None:
    session = market.session(market.workshop(), current_attendees=1)
    market.conn.execute("update workshop_sessions set max_attendees = 1 where id = %s", [session])
    assert market.status(session) == "full"


def test_capacity_is_not_lowered_below_the_seats_taken(market: Market) -> None:
    session = market.session(market.workshop(), current_attendees=2)
    with raises_key("PT409", "session_full"):
        market.conn.execute("update workshop_sessions set max_attendees = 1 where id = %s", [session])


def test_negative_capacity_is_refused(market: Market) -> None:
    workshop = market.workshop()
    with raises_key("PT400", "seat_count_negative"):
        market.session(workshop, max_attendees=-1)
    assert market.one("select count(*) from workshop_sessions") == 0


def test_session_cannot_begin_overbooked(market: Market) -> None:
    workshop = market.workshop()
    with raises_key("PT409", "session_full"):
        market.session(workshop, current_attendees=3)


def test_session_oversold_before_can_go_down_and_not_up(market: Market) -> None:
    session = market.session(market.workshop())
    market.conn.execute("alter table workshop_sessions disable trigger user")
    market.take(session, 4)
    market.conn.execute("alter table workshop_sessions enable trigger user")
    market.take(session, -1)
    assert market.one("select current_attendees from workshop_sessions") == 3
    with raises_key("PT409", "session_full"):
        market.take(session)


def test_a_person_does_not_write_a_status_of_the_seats(market: Market) -> None:
    session = market.session(market.workshop())
    with raises_key("PT409", "illegal_transition") as error:
        market.conn.execute("update workshop_sessions set status = 'full' where id = %s", [session])
    assert "cancelled (person)" in error.detail
    assert market.status(session) == "upcoming"


def test_application_that_writes_the_status_with_the_counter_meets_no_error(market: Market) -> None:
    session = market.session(market.workshop())
    market.conn.execute(
        "update workshop_sessions set current_attendees = 2, status = 'active' where id = %s", [session]
    )
    assert market.status(session) == "full"
    assert moves(market, session) == [("upcoming", "full", "seats")]


def test_unknown_status_is_refused(market: Market) -> None:
    workshop = market.workshop()
    session = market.session(workshop)
    with raises_key("PT400", "unknown_status") as error:
        market.conn.execute("update workshop_sessions set status = 'paused' where id = %s", [session])
    assert "upcoming" in error.detail
    with raises_key("PT400", "unknown_status"):
        market.session(workshop, status="paused")


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_history_may_be_inserted_with_its_status(market: Market, status: str) -> None:
    session = market.session(market.workshop(), status=status, current_attendees=2)
    assert market.status(session) == status


@pytest.mark.parametrize("status", ["active", "full", "cancelled"])
def test_completed_is_final(market: Market, status: str) -> None:
    session = market.session(market.workshop(), status="completed")
    with raises_key("PT409", "illegal_transition"):
        market.conn.execute("update workshop_sessions set status = %s where id = %s", [status, session])


def test_cancelled_session_comes_back_as_upcoming(market: Market) -> None:
    session = market.session(market.workshop(), status="cancelled")
    market.conn.execute("update workshop_sessions set status = 'upcoming' where id = %s", [session])
    assert moves(market, session) == [("cancelled", "upcoming", "person")]


def test_cancelled_session_with_attendees_comes_back_as_its_seats_say(market: Market) -> None:
    session = market.session(market.workshop(), status="cancelled", current_attendees=2)
    market.conn.execute("update workshop_sessions set status = 'upcoming' where id = %s", [session])
    assert moves(market, session) == [("cancelled", "upcoming", "person"), ("upcoming", "full", "seats")]


def test_seats_of_a_cancelled_session_do_not_bring_it_back(market: Market) -> None:
    session = market.session(market.workshop(), current_attendees=2)
    market.conn.execute("update workshop_sessions set status = 'cancelled' where id = %s", [session])
    market.take(session, -2)
    assert market.status(session) == "cancelled"


def test_flag_of_older_applications_completes_a_session(market: Market) -> None:
    session = market.session(market.workshop())
    market.conn.execute("update workshop_sessions set is_completed = true where id = %s", [session])
    row = market.row("select status, status_ar, is_completed from workshop_sessions")
    assert row == {"status": "completed", "status_ar": "منتهية", "is_completed": True}
    assert moves(market, session) == [("upcoming", "completed", "person")]


def test_flag_follows_the_status(market: Market) -> None:
    session = market.session(market.workshop(), day="2020-01-01", current_attendees=1)
    market.conn.execute("update workshop_sessions set status = 'completed' where id = %s", [session])
    assert market.one("select is_completed from workshop_sessions") is True
    market.conn.execute("update workshop_sessions set is_completed = false where id = %s", [session])
    assert market.row("select status, is_completed from workshop_sessions") == {
        "status": "completed",
        "is_completed": True,
    }


def test_arabic_status_follows_whatever_is_written_to_it(market: Market) -> None:
    session = market.session(market.workshop(), status_ar="؟")
    words = [market.one("select status_ar from workshop_sessions")]
    for change in (
        "current_attendees = 1",
        "current_attendees = 2, status_ar = 'x'",
        "status_ar = 'x'",
        "status = 'cancelled'",
    ):
        market.conn.execute(f"update workshop_sessions set {change} where id = %s", [session])
        words.append(market.one("select status_ar from workshop_sessions"))
    assert words == ["قادمة", "نشطة", "مكتملة العدد", "مكتملة العدد", "ملغاة"]


def test_every_status_has_an_arabic_word(market: Market) -> None:
    missing = market.rows(
        "select machine, to_status from status_rules"
        " where machine in ('workshop.session', 'workshop.order')"
        " and lifecycle.status_in_arabic(machine, to_status) is null"
    )
    assert missing == []


def test_derived_moves_are_moves_of_the_rules(market: Market) -> None:
    """The seat trigger does not ask enforce_status(); what it can do is held to the rules here."""
    workshop = market.workshop()
    capacities = range(0, 4)
    for capacity in capacities:
        session = market.session(workshop, max_attendees=capacity)
        reach = range(0, (capacity or 3) + 1)
        for before in reach:
            for after in reach:
                for seats in (before, after):
                    market.conn.execute(
                        "update workshop_sessions set current_attendees = %s where id = %s", [seats, session]
                    )
    made = market.rows("select distinct machine, from_status, to_status, cause from status_changes")
    rules = market.rows("select * from status_rules where machine = 'workshop.session'")
    assert [row for row in made if row not in rules] == []
    assert {(row["from_status"], row["to_status"]) for row in made} == {
        (row["from_status"], row["to_status"]) for row in rules if row["cause"] == "seats"
    }


def test_twenty_connections_take_exactly_the_seats_there_are(market: Market, database: str) -> None:
    session = market.session(market.workshop(), max_attendees=7)

    def take(conn: psycopg.Connection, _: int) -> None:
        conn.execute(
            "update workshop.workshop_sessions set current_attendees = current_attendees + 1 where id = %s", [session]
        )

    outcome = race(database, 20, take)
    assert len(results(outcome)) == 7
    assert {(e.sqlstate, e.diag.constraint_name) for e in refused(outcome)} == {("PT409", "session_full")}
    assert market.row("select current_attendees, status from workshop_sessions") == {
        "current_attendees": 7,
        "status": "full",
    }


def test_without_the_trigger_the_same_race_oversells(market: Market, database: str) -> None:
    session = market.session(market.workshop(), max_attendees=7)
    market.conn.execute("alter table workshop_sessions disable trigger zz_100_derive_status")

    def take(conn: psycopg.Connection, _: int) -> None:
        conn.execute(
            "update workshop.workshop_sessions set current_attendees = current_attendees + 1 where id = %s", [session]
        )

    race(database, 20, take)
    assert market.one("select current_attendees from workshop_sessions") == 20


def test_malformed_uuid_is_refused(market: Market) -> None:
    with pytest.raises(errors.InvalidTextRepresentation):
        market.conn.execute("update workshop_sessions set current_attendees = 1 where id = 'session-1'")


def test_updated_at_moves_with_a_real_change_only(market: Market) -> None:
    session = market.session(market.workshop())
    market.conn.execute("set lifecycle.fake_now = '2030-01-01 00:00+00'")
    moved = "select updated_at = lifecycle.now() from workshop_sessions"
    market.conn.execute("update workshop_sessions set notes = notes, current_attendees = current_attendees")
    assert market.one(moved) is False
    market.conn.execute("update workshop_sessions set notes = 'bring clay'")
    assert market.one(moved) is True
    market.conn.execute("set lifecycle.fake_now = '2030-01-01 00:01+00'")
    market.take(session)
    assert market.one(moved) is True


def test_touch_trigger_knows_every_column(market: Market) -> None:
    columns = {
        row["attname"]
        for row in market.rows(
            "select attname from pg_attribute where attrelid = 'workshop_sessions'::regclass and attnum > 0"
            " and not attisdropped"
        )
    }
    watched = {
        row["attname"]
        for row in market.rows(
            "select a.attname from pg_trigger as t cross join lateral unnest(t.tgattr::int2[]) as c (num)"
            " inner join pg_attribute as a on a.attrelid = t.tgrelid and a.attnum = c.num"
            " where t.tgrelid = 'workshop_sessions'::regclass and t.tgname = 'zz_900_touch_updated_at'"
        )
    }
    elsewhere = {"current_attendees", "max_attendees", "waiting_count", "minimum_asked_at"}
    derived = {"last_date", "starts_at", "ends_at", "over_at"}
    assert columns - watched == {"id", "created_at", "updated_at"} | elsewhere | derived
