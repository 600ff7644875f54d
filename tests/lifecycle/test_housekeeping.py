"""lifecycle.housekeeping: what is past its retention goes, in every copy."""

from __future__ import annotations

from datetime import date

import pytest
from psycopg import errors

from support.connect import Connect
from support.errors import raises_key
from support.market import Market


def old_ticks(market: Market, count: int, days: int) -> None:
    market.conn.execute(
        "insert into lifecycle.ticks (started_at, finished_at)"
        " select now() - %s * interval '1 day', now() - %s * interval '1 day' from generate_series(1, %s)",
        [days, days, count],
    )


def old_history(market: Market, count: int, years: int) -> None:
    market.conn.execute(
        "insert into status_changes (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)"
        " select 'workshop.session', gen_random_uuid(), 'upcoming', 'cancelled', 'person', 'noor', 'noor',"
        " now() - %s * interval '1 year' from generate_series(1, %s)",
        [years, count],
    )


def test_old_ticks_go_in_batches_and_young_ones_stay(market: Market) -> None:
    old_ticks(market, 10001, 15)
    old_ticks(market, 2, 13)
    market.conn.execute("call lifecycle.housekeeping()")
    assert market.one("select count(*) from lifecycle.ticks") == 2


def test_newest_tick_stays_whatever_its_age(market: Market) -> None:
    old_ticks(market, 3, 100)
    market.conn.execute("call lifecycle.housekeeping()")
    assert market.one("select count(*) from lifecycle.ticks") == 1


def test_history_goes_by_its_setting(market: Market) -> None:
    old_history(market, 10001, 3)
    old_history(market, 1, 1)
    market.conn.execute("call lifecycle.housekeeping()")
    assert market.one("select count(*) from status_changes") == 1
    market.conn.execute("update lifecycle.settings set value = '6 months' where key = 'keep_history'")
    market.conn.execute("call lifecycle.housekeeping()")
    assert market.one("select count(*) from status_changes") == 0


def test_forever_keeps_everything(market: Market) -> None:
    market.conn.execute("update lifecycle.settings set value = 'forever'  where key in ('keep_history', 'keep_ticks')")
    old_history(market, 1, 30)
    old_ticks(market, 2, 10000)
    market.conn.execute("call lifecycle.housekeeping()")
    assert market.one("select count(*) from status_changes") == 1
    assert market.one("select count(*) from lifecycle.ticks") == 2


@pytest.mark.parametrize(
    ("failure", "said"),
    [("raise exception 'no'", "broken: P0001 no"), ("assert false, 'no'", "broken: P0004 no")],
    ids=["error", "assertion"],
)
def test_one_copys_failure_is_raised_when_the_rest_is_done(market: Market, failure: str, said: str) -> None:
    market.conn.execute(
        "create schema broken; create table broken.status_changes (like status_changes including all);"
        "create function broken._purge_history(timestamptz, integer) returns bigint language plpgsql as"
        f" $$ begin {failure}; end $$;"
        "select lifecycle.register_clock('broken', 'workshop')"
    )
    old_history(market, 1, 3)
    with raises_key("PT500", "housekeeping_failed") as error:
        market.conn.execute("call lifecycle.housekeeping()")
    assert said in error.detail
    assert market.one("select count(*) from status_changes") == 0


def test_owner_who_may_not_use_pg_cron_keeps_house_all_the_same(market: Market) -> None:
    """pg_cron at home in this database, and other people's: there are no jobs of this owner's to purge."""
    market.conn.execute(
        "drop role if exists sbt_keeper; create role sbt_keeper;"
        "create schema cron; create table cron.job_run_details"
        " (runid bigint, database text, command text, start_time timestamptz, end_time timestamptz)"
    )
    for schema in ("lifecycle", "workshop", "tutoring", "training"):
        market.conn.execute(
            f"grant usage on schema {schema} to sbt_keeper; grant all on all tables in schema {schema} to sbt_keeper;"
            f"grant execute on all routines in schema {schema} to sbt_keeper"
        )
    old_ticks(market, 3, 100)
    try:
        market.conn.execute("set role sbt_keeper")
        market.conn.execute("call lifecycle.housekeeping()")
    finally:
        market.conn.execute("reset role; drop owned by sbt_keeper; drop role sbt_keeper")
    assert market.one("select count(*) from lifecycle.ticks") == 1


@pytest.mark.parametrize("role", ["sessionbook_app", "sessionbook_reader", "sessionbook_clock", "sessionbook_courier"])
def test_it_is_the_owners(market: Market, connect: Connect, role: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connect(role=role).execute("call lifecycle.housekeeping()")


def shift(market: Market) -> None:
    """Instants as an older time zone database would have stored them, an hour off."""
    # Not by the replica role: what derives them fires for replicated rows too.
    market.conn.execute("alter table workshop_sessions disable trigger zz_070_derive_instants")
    market.conn.execute(
        "update workshop_sessions set starts_at = starts_at - interval '1 hour', ends_at = ends_at - interval '1 hour',"
        " over_at = over_at - interval '1 hour'"
    )
    market.conn.execute("alter table workshop_sessions enable always trigger zz_070_derive_instants")


def test_refresh_instants_mends_sessions_that_are_not_over(market: Market) -> None:
    workshop = market.workshop()
    live = [market.session(workshop, day="2099-01-01"), market.session(workshop, day="2099-01-01", status="cancelled")]
    over = [market.session(workshop, day="2020-01-01", status=status) for status in ("completed", "cancelled")]
    before = {row["id"]: row for row in market.everything()}
    shift(market)
    shifted = {row["id"]: row for row in market.everything()}
    assert market.rows("select * from lifecycle.refresh_instants()") == [{"schema_name": "workshop", "changed": 2}]
    after = {row["id"]: row for row in market.everything()}
    for session in live:
        assert {**after[session], "updated_at": None} == {**before[session], "updated_at": None}
    for session in over:
        assert after[session] == shifted[session]


def test_refresh_instants_again_changes_nothing(market: Market) -> None:
    market.session(market.workshop(), day=str(date(2099, 1, 1)))
    assert market.rows("select * from lifecycle.refresh_instants()") == [{"schema_name": "workshop", "changed": 0}]
    assert market.one("select count(*) from status_changes") == 0


def test_refresh_instants_passes_over_copies_without_it(market: Market) -> None:
    market.conn.execute("create schema bare; select lifecycle.register_clock('bare', 'workshop')")
    assert [row["schema_name"] for row in market.rows("select * from lifecycle.refresh_instants()")] == ["workshop"]
