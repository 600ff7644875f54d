"""A standby answers what an application reads, also if nothing is bookable; once promoted, its clock goes on."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import scalar_row, tuple_row
from sessionbook.deploy import apply

from support.department import open_department
from support.market import open_market
from support.own_cluster import DURABLE, OwnCluster, own_cluster, standby_of

UNITS = ["training", "tutoring", "workshop"]
VIEWS = """
select n.nspname, c.relname
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%s) and c.relkind = 'v' and has_table_privilege('sessionbook_app', c.oid, 'select')
order by 1, 2
"""
# What an application reads by: stable functions, and the pickers, which write if they may.
READERS = """
select n.nspname || '.' || p.proname, array_agg(format('null::%%s', format_type(a.oid, null)) order by a.place)
    filter (where a.oid is not null)
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
left join lateral unnest(p.proargtypes) with ordinality as a (oid, place) on true
where n.nspname = any(%s) and has_function_privilege('sessionbook_app', p.oid, 'execute')
    and (p.provolatile = 's' or p.proname ~ '^get_|^order_enrollments') and p.prorettype <> 'trigger'::regtype
group by 1, p.oid
order by 1
"""
# Arguments that find the fixture's rows. The other functions get nulls, which they may refuse.
ARGUMENTS = {
    "training.attendee_suggestions": "(select id from training.sessions limit 1)",
    "training.availability_check": "now(), now() + interval '1 hour'",
    "training.free_slots": "(select id from training.courses limit 1), '1 hour', now(), now() + interval '1 day'",
    "training.list_trainers": "(select id from training.courses limit 1)",
    "training.trainer_load": "current_date",
    "workshop.get_available_sessions": "(select id from workshop.workshops limit 1)",
    "workshop.get_next_available_session": "(select id from workshop.workshops limit 1)",
    "workshop.list_available_sessions": "(select id from workshop.workshops limit 1), 1",
    "workshop.my_bookings": "'noor@example.org'",
}


# Rows that each of these finds for a workshop to book; of what is not bookable it finds none.
PICKERS = {
    "get_available_sessions(%s)": 1,
    "get_next_available_session(%s)": 1,
    "list_available_sessions(%s, 1)": 1,
}


@pytest.fixture(scope="module")
def standby() -> Iterator[OwnCluster]:
    """One with a workshop to book, one whose session has no run yet, one whose session is over, one without any."""
    with own_cluster(settings={**DURABLE, "wal_level": "replica"}) as primary:
        with psycopg.connect(primary.conninfo, autocommit=True) as conn:
            conn.execute("create database shop")
        apply(primary.dsn("shop"))
        with psycopg.connect(primary.dsn("shop"), autocommit=True) as conn:
            conn.execute("set search_path = workshop")
            market = open_market(conn)
            workshop = market.workshop("open")
            market.session(workshop, run_id=market.run(workshop), day="2099-01-01")
            market.session(market.workshop("loose"), run_id=None, day="2099-01-01")
            market.session(market.workshop("over"), run_id=None, day="2020-01-01")
            market.workshop("empty")
            conn.execute("set search_path = training")
            department = open_department(conn)
            department.scheduled()
        with standby_of(primary) as cluster:
            yield cluster


def test_standby_answers_and_a_promoted_one_goes_on(standby: OwnCluster) -> None:
    with psycopg.connect(standby.dsn("shop"), autocommit=True, row_factory=scalar_row) as conn:
        assert conn.execute("select pg_is_in_recovery()").fetchone()
        for unit, view in conn.cursor(row_factory=tuple_row).execute(VIEWS, [UNITS]).fetchall():
            conn.execute("set role sessionbook_app")
            conn.execute(sql.SQL("select * from {}").format(sql.Identifier(unit, view)))
            conn.execute("reset role")
        refused = {}
        for name, nothing in conn.cursor(row_factory=tuple_row).execute(READERS, [UNITS]).fetchall():
            arguments = ARGUMENTS.get(name) or ", ".join(nothing or [])
            conn.execute("set role sessionbook_app")
            try:
                conn.execute(f"select * from {name}({arguments})".encode())
            except psycopg.Error as error:
                refused[name] = error.sqlstate
            conn.execute("reset role")
        assert set(refused.values()) <= {"PT400", "PT404"}
        assert not refused.keys() & ARGUMENTS.keys()
        for name, key in conn.cursor(row_factory=tuple_row).execute("select w.name, w.id from workshop.workshops as w"):
            for call, found in PICKERS.items():
                rows = conn.execute(f"select count(*) from workshop.{call}".encode(), [key]).fetchone()
                assert rows == (found if name == "open" else 0), (name, call)
        done = "select count(*) from workshop.workshop_sessions where status = 'completed'"
        assert conn.execute(done).fetchone() == 0
        assert conn.execute("select pg_promote()").fetchone()
        conn.execute("call lifecycle.run_tick()")
        assert conn.execute(done).fetchone() == 1
