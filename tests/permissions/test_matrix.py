"""Who may do what: every object by every role, also one that may only connect, as the committed table says."""

from __future__ import annotations

import psycopg

from support.role_matrix import COMMITTED, draw

UNITS = ["lifecycle", "workshop", "tutoring", "training"]


def test_the_catalog_is_as_committed(db: psycopg.Connection) -> None:
    assert draw(db, UNITS).splitlines() == COMMITTED.read_text().splitlines()


def test_a_role_that_may_only_connect_reaches_nothing(db: psycopg.Connection) -> None:
    assert [line for line in draw(db, UNITS).splitlines()[3:] if not line.endswith(" -")] == []


def test_the_application_writes_no_table(db: psycopg.Connection) -> None:
    rows = [line.split() for line in draw(db, UNITS).splitlines()[3:] if line.startswith(("table ", "view "))]
    assert [row[1] for row in rows if set(row[2]) & set("wudx")] == []


def test_internals_are_granted_to_nobody(db: psycopg.Connection) -> None:
    rows = [line.rsplit(None, 8) for line in draw(db, UNITS).splitlines()[3:] if line.startswith("routine ")]
    internal = [row for row in rows if row[0].split(None, 1)[1].split("(")[0].split(".")[-1].startswith("_")]
    assert internal
    assert [row[0] for row in internal if set(row[1:]) != {"-"}] == []
