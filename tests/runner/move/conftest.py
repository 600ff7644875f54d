"""Two databases, of which one has installations with something in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from support.department import open_department
from support.market import open_market
from support.school import open_school
from support.server import Server


@pytest.fixture
def other(server: Server) -> Iterator[str]:
    """Where an installation moves to: a database with nothing in it."""
    name = server.create_database()
    yield server.dsn(name)
    server.drop_database(name)


@pytest.fixture
def filled(database: str) -> str:
    """Each unit in its own schema, with something in it."""
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("set search_path = workshop")
        market = open_market(conn)
        workshop = market.workshop(price=10)
        session = market.session(workshop, "2037-01-04", run_id=market.run(workshop), max_attendees=2)
        items = json.dumps([{"workshop_id": str(workshop), "session_id": str(session)}])
        conn.execute("select create_order(%s, 'Sara', '+96555550000', %s)", [market.creator, items])
        conn.execute("select enroll(%s, 'Dana', 'dana@example.org')", [session])
        conn.execute("select join_waitlist(%s, E'Lea\\t\\\\N', 'lea@example.org', '+96555551111')", [session])
        conn.execute("select read_events(null, 1000)")
        conn.execute("set search_path = tutoring")
        school = open_school(conn)
        school.session("2037-01-04")
        conn.execute("select cancel_session(%s)", [school.session("2037-01-12")])
        conn.execute("set search_path = training")
        department = open_department(conn)
        conn.execute("select schedule_session(%s)", [department.planned()])
    return database


def contents(dsn: str, schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, and every sequence, of a schema."""
    found = {}
    with psycopg.connect(dsn, autocommit=True) as conn:
        for name, kind in conn.execute(
            "select c.relname, c.relkind from pg_class as c where c.relnamespace = %s::regnamespace"
            " and c.relkind in ('r', 'S')",
            [schema],
        ).fetchall():
            what = "last_value, is_called" if kind == "S" else "t::text"
            query = f'select {what} from "{schema}"."{name}" as t order by 1'
            found[name] = conn.execute(query.encode()).fetchall()
    return found
