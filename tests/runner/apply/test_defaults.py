"""Time zone and currency are an installation's own: the server's and none, unless apply says otherwise."""

from __future__ import annotations

import psycopg
import pytest
from sessionbook.deploy import apply
from sessionbook.errors import SqlError

SHOP = """
insert into workshop.creators (name, username, email) values ('A', 'a', 'a');
insert into workshop.workshops (creator_id, name) select c.id, 'W' from workshop.creators as c;
insert into workshop.workshop_sessions (workshop_id, session_date, start_time)
select w.id, '2031-01-01', '10:00' from workshop.workshops as w;
"""
FOUND = """
select s.timezone, w.currency from workshop.workshop_sessions as s
inner join workshop.workshops as w on w.id = s.workshop_id
"""


def _found(dsn: str) -> tuple[str, str | None] | None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(SHOP)
        return conn.execute(FOUND).fetchone()


def test_the_zone_is_the_server_s_and_there_is_no_currency(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as conn:
        name = conn.info.dbname
        conn.execute(f"alter database {name} set timezone = 'Africa/Cairo'".encode())
    apply(empty_database, units=["workshop"])

    assert _found(empty_database) == ("Africa/Cairo", None)


def test_apply_sets_both_at_any_time(empty_database: str) -> None:
    apply(empty_database, units=["workshop"])
    apply(empty_database, timezone="Europe/Berlin", currency="EUR")

    assert _found(empty_database) == ("Europe/Berlin", "EUR")


def test_an_unknown_zone_is_refused(empty_database: str) -> None:
    with pytest.raises(SqlError) as refused:
        apply(empty_database, units=["workshop"], timezone="Europe/Kuwait")

    assert refused.value.sqlstate == "PT400"
