"""apply --citus, tried with a stub of the functions of Citus: no registry has the extension."""

from __future__ import annotations

import json

import psycopg
import pytest
from sessionbook.deploy import apply
from sessionbook.deploy.verify import verify
from sessionbook.errors import UsageError

from support.citus import noted, put_stub
from support.errors import raises_key
from support.market import Market, open_market

LEFT = """
select p.oid::regprocedure::text from pg_proc as p
join pg_language as l on l.oid = p.prolang
where p.pronamespace = any(array['workshop', 'training', 'tutoring']::regnamespace[]) and l.lanname = 'sql'
    and (p.prosqlbody is null and p.provolatile <> 'i' or exists (
        select from pg_depend as d join pg_class as c on c.oid = d.refobjid
        where d.objid = p.oid and d.refclassid = 'pg_class'::regclass and c.relkind in ('r', 'v')
    ))
union all
select t.tgname::text from pg_trigger as t where t.tgoldtable is not null or t.tgnewtable is not null
union all
select p.oid::regprocedure::text from pg_proc as p
where p.pronamespace::regnamespace::text <> 'sessionbook' and 'plan_cache_mode=force_generic_plan' = any(p.proconfig)
"""


def test_everything_is_distributed_in_order_and_stays_so(empty_database: str) -> None:
    put_stub(empty_database)
    apply(empty_database, citus=True)
    said = noted(empty_database)
    # The units read the tables of lifecycle on every node.
    assert said[-3:] == [f"schema {unit}, triggers on" for unit in ("training", "tutoring", "workshop")]
    assert {one.partition(" ")[0] for one in said[:-3]} == {"reference"}
    assert "reference lifecycle.settings" in said
    with psycopg.connect(empty_database) as conn:
        assert conn.execute(LEFT).fetchall() == []
    assert not apply(empty_database).changed
    apply(empty_database, units=["workshop"], schemas={"workshop": "shop"})
    assert noted(empty_database) == [*said, "schema shop, triggers on"]
    assert verify(empty_database).exit_code == 0
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("set search_path = shop")
        tell_a_story(open_market(conn))


def test_without_the_extension_it_is_refused_and_nothing_else_undone(empty_database: str) -> None:
    with pytest.raises(UsageError):
        apply(empty_database, units=["workshop"], citus=True)
    with psycopg.connect(empty_database) as conn, raises_key("55000", "sessionbook_no_citus"):
        conn.execute("select sessionbook.distribute()")
    assert not apply(empty_database).changed


def test_schema_with_rows_is_refused(database: str) -> None:
    put_stub(database)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("set search_path = workshop")
        open_market(conn)
    with pytest.raises(UsageError):
        apply(database, citus=True)
    with psycopg.connect(database) as conn, raises_key("55000", "sessionbook_has_rows"):
        conn.execute("select sessionbook.distribute()")
    assert noted(database) == []


def tell_a_story(market: Market) -> None:
    """A seat, the same student again, an order that runs out, a tick: all that reads through a function made anew."""
    session = market.session(market.workshop(price=1), max_attendees=2)
    market.conn.execute("select enroll(%s, 'Noor', 'noor@example.org')", [session])
    with raises_key("PT409", "already_enrolled"):
        market.conn.execute("select enroll(%s, 'Noor', 'NOOR@example.org')", [session])
    item = {"workshop_id": str(market.one("select id from workshops")), "session_id": str(session)}
    order = market.row("select * from create_order(%s, 'Dana', '+965 1234', %s)", market.creator, json.dumps([item]))
    assert market.one("select count(*) from track_order(%s, '+965 1234')", order["order_number"]) == 1
    assert market.one("select count(*) from order_enrollments(%s)", order["id"]) == 1
    assert market.one("select available_seats from session_availability where session_id = %s", session) == 0
    market.conn.execute("update enrollments set expires_at = now() - interval '1 minute' where status = 'pending'")
    assert market.one("select has_work(lifecycle.now())") is True
    assert [next(iter(row.values())) for row in market.rows("select step from due_steps(lifecycle.now())")] != []
    market.conn.execute("select from lifecycle.tick()")
    assert market.one("select status from enrollments where order_id = %s", order["id"]) == "cancelled"
    told = {row["kind"] for row in market.rows("select kind from pending_events")}
    assert {"session.full", "enrollment.cancelled"} <= told
    assert market.one("select count(*) from _rows_of_person('noor@example.org', null)") == 2
    market.conn.execute("delete from workshop_sessions where current_attendees = 0")
