"""Where tables are adopted: encodings and collations of the database, and rows that arrive by replication."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module

import psycopg
import pytest
from sessionbook.adopt import Adoption, adopt, plan_adoption
from sessionbook.deploy import apply
from sessionbook.errors import ConnectError

from support.adoption import DATABASES, Application, need_icu
from support.own_cluster import DURABLE, own_cluster
from support.server import Server

LESSONS = (DATABASES / "lessons.sql").read_text(encoding="utf-8")
REFUSED = {
    "SQL_ASCII": "encoding 'SQL_ASCII' locale_provider libc lc_collate 'C' lc_ctype 'C'",
    "LATIN1": "encoding 'LATIN1' locale_provider libc lc_collate 'C' lc_ctype 'C'",
    "Turkish": "encoding 'UTF8' locale_provider icu icu_locale 'tr-TR' lc_collate 'C' lc_ctype 'C'",
}


@pytest.mark.every_server
@pytest.mark.parametrize("kind", REFUSED)
def test_a_database_that_cannot_compare_names_is_refused(server: Server, kind: str) -> None:
    if kind == "Turkish":
        need_icu(server)
    name = f"{server.prefix}{kind.lower()}"
    server.admin.execute(f"create database {name} template template0 {REFUSED[kind]}".encode())
    try:
        with psycopg.connect(server.dsn(name), autocommit=True) as connection:
            connection.execute(LESSONS.encode())
            before = connection.execute("select count(*) from pg_class").fetchone()
            for run in (plan_adoption, adopt):
                with pytest.raises(ConnectError):
                    run(server.dsn(name), Adoption("tutoring", "public"))
            assert connection.execute("select count(*) from pg_class").fetchone() == before
    finally:
        server.drop_database(name)


@pytest.mark.every_server
def test_addresses_and_zones_are_compared_by_ascii_rules(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a database that apply refuses: whatever collation there is, ours do not go by it."""
    need_icu(server)
    monkeypatch.setattr(import_module("sessionbook.deploy.apply"), "refuse_encoding", lambda _: None)
    name = f"{server.prefix}istanbul"
    server.admin.execute(f"create database {name} template template0 {REFUSED['Turkish']}".encode())
    try:
        apply(server.dsn(name), units=["workshop", "tutoring"], roles=False)
        with psycopg.connect(server.dsn(name), autocommit=True) as connection:
            connection.execute("set search_path = workshop")
            (session,) = connection.execute(
                "with c as (insert into creators (name, username, email) values ('C', 'c', 'c@example.org')"
                " returning id), w as (insert into workshops (creator_id, name, title, status, is_active)"
                " select c.id, 'W', 'W', 'published', true from c returning id)"
                " insert into workshop_sessions (workshop_id, session_date, start_time, max_attendees)"
                " select w.id, current_date + 9, '09:00', 1 from w returning id"
            ).fetchone() or [None]
            assert connection.execute("select lower('I') = 'i'").fetchone() == (False,)
            connection.execute("select enroll(%s, 'Ilona', 'ILONA@EXAMPLE.ORG')", [session])
            connection.execute("select join_waitlist(%s, 'Idil', 'IDIL@EXAMPLE.ORG')", [session])

            found = connection.execute(
                "select (select count(*) from my_bookings('ilona@example.org')), lifecycle.is_timezone('asia/istanbul')"
            ).fetchone()
            again = []
            for call, email in (("enroll", "ilona@example.org"), ("join_waitlist", "idil@example.org")):
                with pytest.raises(psycopg.DatabaseError) as refused:
                    connection.execute(f"select {call}(%s, 'Again', %s)".encode(), [session, email])
                again.append(refused.value.diag.constraint_name)
    finally:
        server.drop_database(name)
    assert found == (1, True)
    assert again == ["already_enrolled", "already_waiting"]


@pytest.mark.every_server
def test_texts_are_compared_by_bytes_if_they_are_ascii(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    need_icu(market.server)
    market.run('alter table creators alter column username type varchar(100) collate "en-x-icu"')

    plan = market.plan()

    assert plan.possible


def test_rows_arrive_by_logical_replication() -> None:
    settings = {**DURABLE, "wal_level": "logical", "max_wal_senders": "4", "max_replication_slots": "4"}
    with own_cluster(settings=settings) as cluster:
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
            for name in ("there", "here"):
                connection.execute(f"create database {name} template template0".encode())
        for name in ("there", "here"):
            with psycopg.connect(cluster.dsn(name), autocommit=True) as connection:
                connection.execute(LESSONS.encode())
            adopt(cluster.dsn(name), Adoption("tutoring", "public", roles=False))
        with (
            psycopg.connect(cluster.dsn("there"), autocommit=True) as there,
            psycopg.connect(cluster.dsn("here"), autocommit=True) as here,
        ):
            there.execute(
                "create publication p for table tutoring.sessions"
                " (id, enrolled_courses_id, session_date, start_time, end_time, status, timezone)"
            )
            there.execute("select pg_create_logical_replication_slot('s', 'pgoutput')")
            here.execute(
                f"create subscription s connection '{cluster.dsn('there')}' publication p"
                " with (create_slot = false, slot_name = 's', copy_data = false)".encode()
            )
            there.execute(
                "insert into tutoring.sessions (id, enrolled_courses_id, session_date, start_time, end_time, timezone)"
                " values (9999, 3, '2031-01-06', '09:00', '10:00', 'Asia/Kuwait')"
            )
            query = "select starts_at at time zone 'UTC', status from tutoring.sessions where id = 9999"
            deadline = time.monotonic() + 60
            while not (found := here.execute(query).fetchall()) and time.monotonic() < deadline:
                time.sleep(0.1)
            expected = there.execute(query).fetchall()
            here.execute("drop subscription s")

    assert found == expected
    assert found[0][1] == "scheduled"
