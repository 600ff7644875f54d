"""docs/reference/examples/: each story runs from its first statement to its last, as an application would run it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from support.clock import set_now
from support.examples import UNITS, story


@pytest.mark.parametrize("unit", UNITS)
def test_examples_run(database: str, unit: str) -> None:
    setup, *steps = story(unit)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(sql.SQL("set search_path = {}").format(sql.Identifier(unit)))
        set_now(conn, "2027-01-01 09:00+00")
        conn.execute("set role sessionbook_writer")
        conn.execute(setup.text.encode())
        conn.execute("reset role")
        for step in steps:
            if step.now:
                set_now(conn, step.now)
            conn.execute("set role sessionbook_app")
            rows = conn.execute(step.text.encode()).fetchall()
            assert rows, step.text
            conn.execute("reset role")
