"""What the server writes into its log when calls are refused: no name, no address, no number of anybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb
from sessionbook.deploy import apply

from support.department import open_department
from support.market import open_market
from support.own_cluster import DURABLE, own_cluster
from support.person import EMAIL, NAME, PHONE, TRACES
from support.school import open_school

# As a server is by default, but for statements: errors with detail, hint, context and the text of what failed.
LOGGED = {"log_min_messages": "warning", "log_min_error_statement": "error", "log_error_verbosity": "verbose"}
PERSON = {"student_name": NAME, "student_email": EMAIL, "student_phone": PHONE}
LONG = NAME * 40
KEY = f"{EMAIL} {PHONE}"


@dataclass
class Logged:
    """A server with the three units, and its log."""

    dsn: str
    log: Path


@pytest.fixture(scope="module")
def logged() -> Iterator[Logged]:
    with own_cluster(settings={**DURABLE, **LOGGED}) as cluster:
        apply(cluster.dsn("postgres"), timezone="UTC", currency="KWD")
        yield Logged(cluster.dsn("postgres"), cluster.folder / "log")


def refused(conn: psycopg.Connection, key: str, call: str, *values: object) -> None:
    """Calls as the application, with values that do not stand in the statement."""
    conn.execute("set role sessionbook_app")
    with pytest.raises(psycopg.Error) as error, conn.transaction():
        conn.execute(f"select * from {call}".encode(), values)
    assert error.value.diag.constraint_name == key
    conn.execute("reset role")


def test_refused_calls_of_workshop_name_nobody(logged: Logged) -> None:
    with psycopg.connect(logged.dsn, autocommit=True) as conn:
        conn.execute("set search_path = workshop")
        market = open_market(conn)
        workshop = market.workshop(price=10)
        full = market.session(workshop, "2099-01-04", max_attendees=1, timezone="UTC")
        free = market.session(workshop, "2099-01-05", max_attendees=9, timezone="UTC")
        items = Jsonb([{"workshop_id": str(workshop), "session_id": str(free)}])
        conn.execute("select enroll(%s, %s, %s, %s, p_idempotency_key => %s)", [full, NAME, EMAIL, PHONE, KEY])
        conn.execute("select join_waitlist(%s, 'Sara', 'sara@example.org')", [full])
        order = [market.creator, NAME, PHONE, items]
        conn.execute("select create_order(%s, %s, %s, %s, p_idempotency_key => %s)", [*order, KEY])
        enroll, wait = "enroll(%s, %s, %s, %s)", "join_waitlist(%s, %s, %s, %s)"
        refused(conn, "already_enrolled", enroll, full, NAME, EMAIL, PHONE)
        refused(conn, "session_full", enroll, full, NAME, f"other-{EMAIL}", "1")
        refused(conn, "idempotency_key_reused", "enroll(%s, %s, %s, p_idempotency_key => %s)", free, NAME, EMAIL, KEY)
        for values in ((LONG, EMAIL, PHONE), (NAME, LONG, PHONE), (NAME, EMAIL, LONG)):
            refused(conn, "text_too_long", enroll, free, *values)
            refused(conn, "text_too_long", wait, full, *values)
        refused(conn, "already_enrolled", wait, full, NAME, EMAIL, PHONE)
        refused(conn, "seats_available", wait, free, NAME, f"other-{EMAIL}", "1")
        create = "create_order(%s, %s, %s, %s, p_idempotency_key => %s)"
        refused(conn, "idempotency_key_reused", create, market.creator, f"{NAME} 2", f"{PHONE}9", items, KEY)
        refused(conn, "text_too_long", create, market.creator, NAME, PHONE, items, LONG)
        many = "enroll_many(%s, %s)"
        refused(conn, "invalid_people", many, free, Jsonb(PERSON))
        refused(conn, "invalid_person", many, free, Jsonb([{**PERSON, "seats": 0}]))
        refused(conn, "invalid_person", many, free, Jsonb([{**PERSON, "student_name": " "}]))
        refused(conn, "already_enrolled", many, full, Jsonb([PERSON]))
        refused(conn, "already_enrolled", many, free, Jsonb([PERSON, PERSON]))
        for scope in (NAME, PHONE):
            refused(conn, "calendar_not_found", "calendar_feed('student', %s)", scope)
            refused(conn, "calendar_not_found", "create_calendar_token('student', %s)", scope)
        over = market.session(workshop, "2020-01-05", timezone="UTC")
        refused(conn, "invalid_mark", "mark_attendance(%s, %s)", over, Jsonb([{"status": "absent", "remarks": NAME}]))
        refused(conn, "text_too_long", "export_person(%s)", LONG)
        refused(conn, "contact_missing", "erase_person(null, %s)", NAME)
    nobody_in(logged)


def test_refused_calls_of_the_other_units_name_nobody(logged: Logged) -> None:
    with psycopg.connect(logged.dsn, autocommit=True) as conn:
        conn.execute("set search_path = tutoring")
        school = open_school(conn)
        lesson = Jsonb([{"session_date": "2099-01-01", "start_time": "10:00", "end_time": "11:00"}])
        create = "create_sessions(%s, %s, %s)"
        conn.execute(f"select {create}".encode(), [school.course, lesson, KEY])
        other = Jsonb([{"session_date": "2099-01-02", "start_time": "10:00", "end_time": "11:00"}])
        refused(conn, "idempotency_key_reused", create, school.course, other, KEY)
        refused(conn, "invalid_idempotency_key", create, school.course, other, LONG)
        refused(conn, "text_too_long", "export_person(%s, %s)", LONG, PHONE)
        refused(conn, "contact_missing", "erase_person(null, %s)", NAME)
        conn.execute("set search_path = training")
        department = open_department(conn)
        draft = "create_draft(%s, %s, p_start_time => %s, p_idempotency_key => %s)"
        conn.execute(f"select {draft}".encode(), [department.course, "frank", None, KEY])
        refused(conn, "idempotency_key_reused", draft, department.course, "frank", "2099-01-01", KEY)
        refused(conn, "invalid_idempotency_key", draft, department.course, "frank", None, LONG)
        refused(conn, "text_too_long", draft, department.course, LONG, None, KEY)
        session = department.scheduled()
        marks = [{"personnel_id": "c12345678", "status": "HERE", "remarks": f"{NAME} {PHONE}"}]
        refused(conn, "invalid_mark", "mark_attendance(%s, %s)", session, Jsonb(marks))
        refused(conn, "search_too_long", "attendee_suggestions(%s, %s)", session, LONG)
        refused(conn, "reason_too_long", "substitute_trainer(%s, %s, %s)", session, department.trainer, LONG * 3)
        refused(conn, "contact_missing", "export_person(null, %s)", NAME)
    nobody_in(logged)


def test_the_log_is_read_at_all(logged: Logged) -> None:
    """What PostgreSQL itself says of a row that breaks a constraint names it: docs/personal-data.md has it."""
    with psycopg.connect(logged.dsn, autocommit=True) as conn, pytest.raises(errors.CheckViolation):
        conn.execute("insert into training.trainers (id, first_name, last_name) values ('no', 'Written', 'Directly')")
    assert "Written, Directly" in logged.log.read_text()


def nobody_in(logged: Logged) -> None:
    text = logged.log.read_text()
    assert "key: contact_missing" in text
    plain = text.lower().translate(str.maketrans("", "", " -"))
    assert [line for line in plain.splitlines() if any(trace in line for trace in TRACES)] == []
