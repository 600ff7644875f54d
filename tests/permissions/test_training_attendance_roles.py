"""What each role may do with class lists, compliance and the clock of training."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from support.connect import Connect
from support.department import Department, open_department

ENGINE = [
    "training.steps()",
    "training.due_steps(now())",
    "training.due_rows('lapse_compliance', now(), 1)",
    "training.apply_step('lapse_compliance', '{}', now())",
    "training._renew_compliance('ccourse01', now(), '{}')",
]
API = [
    "training.attendee_suggestions('csession01')",
    "training.add_attendees('csession01', '{}')",
    "training.remove_attendees('csession01', '{}')",
    "training.mark_attendance('csession01', '[]')",
    "training.complete_session('csession01')",
    "training.retry_failed_step(1)",
    "training.retry_failed_steps()",
]


@pytest.fixture
def training(db: psycopg.Connection) -> Department:
    """A session with one attendee and an expired item, made by the deployer."""
    db.execute("set search_path = training")
    training = open_department(db)
    person = training.person()
    training.attend(training.scheduled(id="csession01", start_time="2020-01-01", end_time="2020-01-02"), person)
    training.item(person, "COMPLIANT", "2020-01-01")
    return training


def may(conn: psycopg.Connection, statement: str) -> bool:
    try:
        conn.execute(statement)
    except errors.InsufficientPrivilege:
        return False
    return True


def test_application_works_with_class_lists(training: Department, connect: Connect) -> None:
    person = training.person("Noor", "Zorn")
    app = connect(role="sessionbook_app")
    app.execute("set search_path = training")
    own = Department(app, training.course, training.trainer, training.venue)
    assert own.one("select personnel_id from attendee_suggestions('csession01', 'zorn')") == person
    app.execute("select add_attendees('csession01', %s)", [[person]])
    app.execute("select remove_attendees('csession01', %s)", [[person]])
    app.execute(
        "select mark_attendance('csession01', jsonb_agg(jsonb_build_object("
        "'personnel_id', personnel_id, 'status', 'ATTENDED'))) from session_attendees"
    )
    app.execute("select complete_session('csession01')")
    for view in ("session_roster", "session_alerts", "status_rules"):
        app.execute(f"select * from {view}")
    assert own.status("csession01") == "COMPLETED"


def test_application_retries_a_failed_step(training: Department, connect: Connect) -> None:
    training.conn.execute("alter table compliance_items add constraint no check (status = 'COMPLIANT')")
    training.conn.execute("select lifecycle.advance('training')")
    training.conn.execute("alter table compliance_items drop constraint no")
    app = connect(role="sessionbook_app")
    assert app.execute("select training.retry_failed_step(id) from training.failed_steps").fetchone() == (True,)


def test_application_retries_all_failed_steps(training: Department, connect: Connect) -> None:
    training.conn.execute("alter table compliance_items add constraint no check (status = 'COMPLIANT')")
    training.conn.execute("select lifecycle.advance('training')")
    training.conn.execute("alter table compliance_items drop constraint no")
    app = connect(role="sessionbook_app")
    assert app.execute("select is_done from training.retry_failed_steps()").fetchall() == [(True,)]
    assert training.one("select status from compliance_items") == "NON_COMPLIANT"


@pytest.mark.parametrize("call", ENGINE)
def test_application_does_not_run_the_clock(training: Department, connect: Connect, call: str) -> None:
    assert not may(connect(role="sessionbook_app"), f"select {call}")


@pytest.mark.parametrize("view", ["session_roster", "session_alerts", "status_rules", "failed_steps"])
def test_reader_reads(training: Department, connect: Connect, view: str) -> None:
    assert may(connect(role="sessionbook_reader"), f"select * from training.{view}")


@pytest.mark.parametrize("call", API + ENGINE)
@pytest.mark.parametrize("role", ["sessionbook_reader", "sessionbook_clock", "sessionbook_courier"])
def test_others_call_nothing(training: Department, connect: Connect, role: str, call: str) -> None:
    assert not may(connect(role=role), f"select {call}")


@pytest.mark.parametrize("role", ["sessionbook_clock", "sessionbook_courier"])
@pytest.mark.parametrize("table", ["session_roster", "session_alerts", "session_attendees", "compliance_items"])
def test_clock_and_courier_read_nothing(training: Department, connect: Connect, role: str, table: str) -> None:
    assert not may(connect(role=role), f"select * from training.{table}")


def test_clock_runs_the_tick(training: Department, connect: Connect) -> None:
    connect(role="sessionbook_clock").execute("call lifecycle.run_tick()")
    assert training.one("select status from compliance_items") == "NON_COMPLIANT"
