"""lifecycle.now(): one clock, that its owner can move."""

from __future__ import annotations

import datetime

import psycopg
import pytest
from psycopg import conninfo

from support.clock import set_now
from support.errors import raises_key


def now(conn: psycopg.Connection) -> str:
    row = conn.execute("select to_char(lifecycle.now() at time zone 'UTC', 'YYYY-MM-DD HH24:MI')").fetchone()
    assert row is not None
    return row[0]


def test_is_the_time_of_the_transaction(db: psycopg.Connection) -> None:
    row = db.execute("select lifecycle.now() = pg_catalog.now()").fetchone()
    assert row == (True,)


def test_owner_moves_it(db: psycopg.Connection) -> None:
    set_now(db, "2027-01-04 10:00+03")
    assert now(db) == "2027-01-04 07:00"
    set_now(db, None)
    assert now(db) != "2027-01-04 07:00"


@pytest.mark.parametrize(
    "text",
    [
        "noon-ish",
        "2027-02-30 00:00",
        "2027-01-01 00:00 Nowhere/Here",
        "2027-01-01 00:00+99",
        "0000-01-01 00:00+00",
        " ",
    ],
)
def test_text_that_is_no_time(db: psycopg.Connection, text: str) -> None:
    set_now(db, text)
    with raises_key("PT400", "invalid_fake_now") as error:
        now(db)
    assert text in error.message


def test_nobody_else_moves_it(db: psycopg.Connection, database: str) -> None:
    """Not even through a security definer function of the owner's."""
    db.execute("drop role if exists sbt_passer_by")
    db.execute("create role sbt_passer_by login password 'p' in role sessionbook_app")
    db.execute(
        "create function public.asked_by_the_owner() returns timestamptz language sql security definer"
        " begin atomic select lifecycle.now(); end;"
        " grant execute on function public.asked_by_the_owner() to sbt_passer_by"
    )
    try:
        with psycopg.connect(
            conninfo.make_conninfo(database, user="sbt_passer_by", password="p"), autocommit=True
        ) as passer_by:
            set_now(passer_by, "1999-01-01 00:00+00")
            assert passer_by.execute(
                "select lifecycle.now() = pg_catalog.now(), public.asked_by_the_owner() = pg_catalog.now()"
            ).fetchone() == (True, True)
    finally:
        db.execute("drop function public.asked_by_the_owner(); drop role sbt_passer_by")


def test_parallel_plans_may_read_it(db: psycopg.Connection) -> None:
    db.execute("set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0")
    db.execute("set min_parallel_table_scan_size = 0; create table many as select generate_series(1, 100000) as n")
    db.execute("set lifecycle.fake_now = '2027-01-01 00:00+00'")
    row = db.execute("select count(*) from many where lifecycle.now() > '2026-12-31'").fetchone()
    assert row == (100000,)


@pytest.mark.parametrize(
    "instant", ["2027-01-31 10:00+03", "2027-01-31T07:00:00.000000Z", "2027-01-31 01:30:00-05:30", "2027-01-31"]
)
def test_parallel_plans_may_read_a_time_that_was_moved(db: psycopg.Connection, instant: str) -> None:
    """Nothing that runs beside parallel workers may begin a subtransaction, in the leader neither."""
    db.execute("set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0")
    db.execute("set min_parallel_table_scan_size = 0; create table many as select generate_series(1, 100000) as n")
    db.execute("analyze many; set timezone = 'UTC'")
    set_now(db, instant)
    query = "select count(*) from many where (select lifecycle.now())::date = '2027-01-31' and n > 0"
    assert any("Gather" in line for (line,) in db.execute(f"explain {query}"))
    assert db.execute(query).fetchone() == (100000,)


@pytest.mark.parametrize("year", [2027, 2028])
def test_every_day_of_a_year_is_a_time(db: psycopg.Connection, year: int) -> None:
    db.execute("set timezone = 'UTC'")
    day = datetime.date(year, 1, 1)
    while day.year == year:
        set_now(db, f"{day} 23:59:59+00")
        assert now(db) == f"{day} 23:59"
        day += datetime.timedelta(days=1)
