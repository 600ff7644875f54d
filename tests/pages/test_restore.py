"""docs/restore.md: unit workshop moves to another database by logical replication."""

from __future__ import annotations

import re
import time

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sessionbook.deploy import apply

from support.own_cluster import binaries, own_cluster
from support.page import blocks
from support.server import SETTINGS

LOGICAL = {**SETTINGS, "wal_level": "logical", "max_wal_senders": "4", "max_connections": "50"}
SELL = """
insert into creators (name, username, email) values ('NAME', 'NAME', 'NAME@example.org');
insert into workshops (creator_id, name, title_ar, price, is_active)
select c.id, 'Pottery', 'فخار', 40, true from creators as c where c.username = 'NAME';
insert into workshop_sessions (workshop_id, session_date, start_time, end_time, max_attendees)
select w.id, current_date + 7, '18:00', '20:00', 8 from workshops as w inner join creators as c on w.creator_id = c.id
where c.username = 'NAME';
select enroll(s.id, 'Sara', 'sara@example.org') from workshop_sessions as s order by s.created_at desc limit 1
"""
LOOK = "select (select count(*) from enrollments), (select count(*) from events), (select count(*) from settings)"


def sell(conn: psycopg.Connection, name: str) -> None:
    conn.execute(SELL.replace("NAME", name).encode())


@pytest.mark.every_server
def test_unit_moves_to_another_database() -> None:
    """Of the same cluster, so the slot has to be there before."""
    empty, publish, subscribe, sequences, leave = (text for language, text in blocks("restore") if language == "sql")
    with own_cluster(binaries(), LOGICAL) as cluster:
        old, new = (make_conninfo(cluster.conninfo, dbname=name) for name in ("shop", "shop_new"))
        with psycopg.connect(cluster.conninfo, autocommit=True) as admin:
            for name in ("shop", "shop_new"):
                admin.execute(f"create database {name}".encode())
        for dsn in (old, new):
            apply(dsn, units=["workshop"])
        options = "-c search_path=workshop"
        with (
            psycopg.connect(old, autocommit=True, options=options) as source,
            psycopg.connect(new, autocommit=True, options=options) as target,
        ):
            sell(source, "noor")
            target.execute(empty.encode())
            source.execute(publish.encode())
            source.execute("select pg_create_logical_replication_slot('shop_move', 'pgoutput')")
            known = conninfo_to_dict(old)
            reach = make_conninfo("", **known)
            there = re.sub(r"connection '[^']*'", lambda _: f"connection $c${reach}$c$", subscribe)
            target.execute(f"{there.strip().rstrip(';')} with (create_slot = false)".encode())
            sell(source, "omar")
            wanted = source.execute(LOOK).fetchone()
            deadline = time.monotonic() + 60
            while target.execute(LOOK).fetchone() != wanted:
                assert time.monotonic() < deadline, target.execute(LOOK).fetchone()
                time.sleep(0.1)
            # In one cluster a table that is still copied waits for the transaction of the drop, and the drop for it.
            while target.execute("select from pg_subscription_rel as r where r.srsubstate <> 'r'").fetchall():
                assert time.monotonic() < deadline
                time.sleep(0.1)
            for (statement,) in source.execute(sequences.encode()).fetchall():
                target.execute(statement.encode())
            target.execute(leave.encode())
            sell(target, "lina")
            assert target.execute("select count(*) from enrollments").fetchone() == (3,)
            assert target.execute("select s.problem from seat_audit as s").fetchall() == []
