"""lifecycle.settings: what an operator may set, and how it is read."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from support.errors import raises_key


def one(conn: psycopg.Connection, query: str) -> object:
    row = conn.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_settings_are_read_by_their_kind(db: psycopg.Connection) -> None:
    assert one(db, "select lifecycle.setting_interval('keep_run_details')") == timedelta(days=7)
    assert one(db, "select lifecycle.setting_integer('max_attempts')") == 5


def test_forever_is_null(db: psycopg.Connection) -> None:
    db.execute("update lifecycle.settings set value = 'forever' where key = 'keep_history'")
    assert one(db, "select lifecycle.setting_interval('keep_history')") is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_attempts", "0"),
        ("max_attempts", "five"),
        ("max_attempts", "99999999999"),
        ("keep_ticks", "-1 day"),
        ("keep_ticks", "0"),
        ("keep_ticks", "a while"),
        ("keep_ticks", "9999999999 years"),
    ],
)
def test_value_that_is_not_of_its_kind(db: psycopg.Connection, key: str, value: str) -> None:
    with raises_key("PT400", "invalid_setting"):
        db.execute("update lifecycle.settings set value = %s where key = %s", [value, key])


@pytest.mark.parametrize("call", ["setting_interval('keep_tick')", "setting_integer('keep_ticks')"])
def test_unknown_setting_lists_the_known_ones(db: psycopg.Connection, call: str) -> None:
    with raises_key("PT404", "setting_not_found") as error:
        db.execute(f"select lifecycle.{call}")
    assert "Known are" in error.detail
