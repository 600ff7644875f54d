"""Databases of the past, with the data that hurt, brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sessionbook.deploy import apply
from sessionbook.errors import SqlError

from support.market import Market, open_market

DAYS = "select id, session_date, start_time, current_attendees, max_attendees from workshop_sessions order by id"


@pytest.fixture
def past(empty_database: str) -> Iterator[tuple[Market, str]]:
    """A database at 0001_baseline, and its DSN."""
    apply(empty_database, upto={"workshop": "0001_baseline"})
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("set search_path = workshop")
        yield open_market(conn), empty_database


def titled(market: Market, name: str, **columns: Any) -> Any:
    """A workshop; nothing fills its title at this point of the history."""
    return market.workshop(name, title=name, **columns)


def test_sessions_of_every_kind_of_damage_get_a_run_of_their_own_workshop(past: tuple[Market, str]) -> None:
    market, dsn = past
    apply(dsn, upto={"workshop": "0002_session_tracking"})
    pottery, glazing = titled(market, "Pottery", title_ar="فخار"), titled(market, "Glazing")
    sound = market.run(glazing, "January")
    market.session(pottery, day="2027-01-04")
    market.session(pottery, day="2027-01-05", run_id=sound, current_attendees=1)
    market.session(pottery, day="2027-01-09", run_id="00000000-0000-0000-0000-000000000001", current_attendees=2)
    kept = market.session(glazing, run_id=sound)
    before = market.rows(DAYS)

    apply(dsn)

    assert market.rows(DAYS) == before
    assert (
        market.one(
            "select count(*) from workshop_sessions as s"
            " inner join workshop_runs as r on r.id = s.run_id and r.workshop_id = s.workshop_id"
        )
        == 4
    )
    assert market.one("select run_id from workshop_sessions where id = %s", kept) == sound
    assert market.rows(
        "select run_name, run_name_ar, start_date::text, end_date::text, status from workshop_runs where is_default"
    ) == [
        {
            "run_name": "Default Run - Pottery",
            "run_name_ar": "الدورة الافتراضية - فخار",
            "start_date": "2027-01-04",
            "end_date": "2027-01-09",
            "status": "active",
        }
    ]


def test_baseline_whose_application_had_begun_with_runs(past: tuple[Market, str]) -> None:
    """The columns and runs that it added by hand are kept, and repaired."""
    market, dsn = past
    market.conn.execute(
        """
        create table workshop_runs (
            id uuid not null default gen_random_uuid() primary key, workshop_id uuid not null references workshops (id),
            run_name varchar(255) not null, run_name_ar varchar(255), start_date date not null, end_date date,
            status varchar(20) not null default 'upcoming',
            created_at timestamptz not null default now(), updated_at timestamptz not null default now()
        );
        alter table workshop_sessions add column run_id uuid;
        """
    )
    pottery, glazing = titled(market, "Pottery"), titled(market, "Glazing")
    foreign = market.run(glazing, "January")
    by_hand = market.run(pottery, "Default Run - Pottery")
    market.session(pottery)
    market.session(pottery, run_id=foreign)
    market.session(glazing, run_id="00000000-0000-0000-0000-000000000001")
    before = market.rows(DAYS)

    apply(dsn)

    assert market.rows(DAYS) == before
    rows = market.rows(
        "select w.name, r.run_name, r.is_default, count(*) as sessions from workshop_sessions as s"
        " inner join workshop_runs as r on r.id = s.run_id and r.workshop_id = s.workshop_id"
        " inner join workshops as w on w.id = s.workshop_id group by w.name, r.run_name, r.is_default order by w.name"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("Glazing", "Default Run - Glazing", True, 1),
        ("Pottery", "Default Run - Pottery", True, 2),
    ]
    assert market.one("select id from workshop_runs where is_default and workshop_id = %s", pottery) == by_hand


def test_order_items_with_a_run_of_another_workshop_take_their_sessions(past: tuple[Market, str]) -> None:
    market, dsn = past
    apply(dsn, upto={"workshop": "0002_session_tracking"})
    pottery, glazing = titled(market, "Pottery"), titled(market, "Glazing")
    own, foreign = market.run(pottery), market.run(glazing)
    session = market.session(pottery, run_id=own)
    order = market.one(
        "insert into orders (creator_id, order_number, customer_name, customer_phone)"
        " values (%s, 'N-1', 'Sara', '+965 5555 0000') returning id",
        market.creator,
    )
    for with_session in (session, None):
        market.conn.execute(
            "insert into order_items (order_id, workshop_id, workshop_name, price, subtotal, session_id, run_id)"
            " values (%s, %s, 'Pottery', 10, 10, %s, %s)",
            [order, pottery, with_session, foreign],
        )

    apply(dsn)

    rows = market.rows("select session_id, run_id from order_items order by session_id nulls last")
    assert [tuple(row.values()) for row in rows] == [(session, own), (None, None)]


def test_statuses_are_read_from_flag_counter_and_capacity(past: tuple[Market, str]) -> None:
    market, dsn = past
    pottery = titled(market, "Pottery")
    expected = {
        market.session(pottery): "upcoming",
        market.session(pottery, current_attendees=1): "active",
        market.session(pottery, current_attendees=2): "full",
        market.session(pottery, current_attendees=5, max_attendees=0): "active",
        market.session(pottery, current_attendees=2, is_completed=True): "completed",
    }
    apply(dsn)
    assert {row["id"]: row["status"] for row in market.rows("select id, status from workshop_sessions")} == expected


def test_instants_of_old_sessions_are_those_of_new_ones(past: tuple[Market, str]) -> None:
    market, dsn = past
    pottery = titled(market, "Pottery")
    for columns in (
        {},
        {"start_time": "22:00", "end_time": "01:00"},
        {"end_time": None, "duration": 1.5},
        {"end_time": None},
        {"end_date": "2027-01-06"},
        {"session_dates": '["2027-01-04", "2027-01-18"]'},
        {"session_dates": '["2027-01-04", "2027-01-18"]', "end_time": None, "duration": 2},
        {"session_dates": '["2027-01-04", "2027-01-18"]', "end_time": None},
        {"timezone": "Europe/Berlin", "day": "2027-03-28", "end_time": None, "duration": 20},
        {"timezone": None},
    ):
        market.session(pottery, **columns)
    apply(dsn)
    derived = "select id, last_date, starts_at, ends_at, over_at from workshop_sessions order by id"
    migrated = market.rows(derived)
    market.conn.execute("update workshop_sessions set timezone = timezone")
    assert market.rows(derived) == migrated
    assert market.one("select count(*) from workshop_sessions where timezone = 'UTC'") == 9


def test_unknown_zone_stops_the_migration_and_leaves_everything(past: tuple[Market, str]) -> None:
    market, dsn = past
    market.session(titled(market, "Pottery"), timezone="Kuwait/City")
    with pytest.raises(SqlError) as error:
        apply(dsn)
    assert error.value.sqlstate == "PT400"
    assert "Kuwait/City" in str(error.value)
    assert (
        market.one("select count(*) from sessionbook._yoyo_migration where migration_id = '0004_session_instants'") == 0
    )
    market.conn.execute("update workshop_sessions set timezone = 'Asia/Kuwait'")
    apply(dsn)
    assert market.one("select count(*) from workshop_sessions where starts_at is not null") == 1
