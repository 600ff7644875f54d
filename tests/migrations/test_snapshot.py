"""A fresh install is what tests/schema.sql says it is: a diff of that file shows what a change does to the schema."""

from __future__ import annotations

import psycopg

from support.schema_dump import SNAPSHOT, dump, snapshot
from support.text import differ


def test_fresh_install_equals_the_snapshot(installed: psycopg.Connection) -> None:
    expected = SNAPSHOT.read_text() if SNAPSHOT.exists() else ""
    differ(expected, snapshot(installed), "the snapshot", "a fresh install", "if it is meant: make schema-dump")


def test_apply_twice_changes_nothing(database: str) -> None:
    from sessionbook.deploy import apply

    with psycopg.connect(database, autocommit=True) as conn:
        before = dump(conn, detail="replay")
        apply(database)
        differ(before, dump(conn, detail="replay"), "once", "twice")
