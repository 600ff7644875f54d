"""What each role may do in unit training, and what it may not."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from support.connect import Connect
from support.department import END, START, Department, open_department

BUSINESS_TABLES = (
    "courses",
    "trainers",
    "trainer_qualifications",
    "venues",
    "personnel",
    "compliance_items",
    "sessions",
    "session_attendees",
    "availability_rules",
    "absences",
)


@pytest.fixture
def training(db: psycopg.Connection) -> Department:
    """A department made by the deployer, with a session in its calendar."""
    db.execute("set search_path = training")
    department = open_department(db)
    department.attend(department.scheduled(id="csession1"), department.person())
    return department


def may(conn: psycopg.Connection, statement: str) -> bool:
    try:
        conn.execute(statement)
    except errors.InsufficientPrivilege:
        return False
    return True


def test_application_works_the_whole_unit(training: Department, connect: Connect) -> None:
    app = connect(role="sessionbook_app")
    app.execute("set search_path = training")
    own = Department(app, training.course, training.trainer, training.new_venue())
    row = own.row("select * from create_draft(%s, 'frank', %s)", own.course, own.trainer)
    app.execute("select update_session(%s, %s)", [row["id"], f'{{"venue_id": "{own.venue}"}}'])
    app.execute("select schedule_session(%s, null, null, %s, '2027-01-04 15:00+00')", [row["id"], END])
    app.execute("select * from availability_check(%s, %s, %s, %s)", [START, END, own.trainer, own.venue])
    app.execute("select * from list_trainers(%s)", [own.course])
    app.execute("select cancel_session(%s)", [row["id"]])
    app.execute("select delete_session(%s)", [row["id"]])
    assert own.status(row["id"]) == "CANCELLED"


@pytest.mark.parametrize("table", BUSINESS_TABLES)
@pytest.mark.parametrize("statement", ["insert into training.{} default values", "delete from training.{}"])
def test_application_writes_no_table(training: Department, connect: Connect, table: str, statement: str) -> None:
    assert not may(connect(role="sessionbook_app"), statement.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "update training.sessions set status = 'CANCELLED'",
        "update training.personnel set last_name = ''",
        "select from training.sessions for update",
        "truncate training.sessions",
        "delete from training.session_decisions",
        "create table training.mine ()",
        "select training._lock_session('csession1')",
        "select training.due_rows('lapse_compliance', now(), 1)",
    ],
)
def test_application_may_not(training: Department, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_app"), statement)


@pytest.mark.parametrize("statement", ["truncate training.sessions", "create table training.mine ()"])
def test_writer_may_not(training: Department, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_writer"), statement)


def test_monitor_reads_what_failed_and_no_business(training: Department, connect: Connect) -> None:
    monitor = connect(role="sessionbook_monitor")
    assert may(monitor, "select * from training.failed_steps")
    assert not may(monitor, "select * from training.sessions")
    assert not may(monitor, "select training.retry_failed_steps()")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from training.sessions",
        "select * from training.session_attendees",
        "select * from training.courses",
        "select * from training.venues",
        "select * from training.personnel",
        "select * from training.compliance_items",
        "select * from training.trainer_qualifications",
        "select * from training.status_changes",
        "select * from training.failed_steps",
        "select * from training.availability_rules",
        "select * from training.attendee_conflicts",
        "select * from training.session_alerts",
        "select trainer_id, venue_id, starts_at, ends_at from training.absences",
        "select session_id, kind, details, actor, changed_at from training.session_decisions",
        "select id, first_name, last_name, type, company_name, deleted_at from training.trainers",
    ],
)
def test_reader_reads(training: Department, connect: Connect, statement: str) -> None:
    assert may(connect(role="sessionbook_reader"), statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select email from training.trainers",
        "select phone_number from training.trainers",
        "select reason from training.absences",
        "select reason from training.session_decisions",
        "update training.sessions set status = 'CANCELLED'",
        "insert into training.courses (title) values ('Crane')",
        "select training.cuid()",
        "select training.create_draft('c12345678', 'frank')",
        "select training.cancel_session('csession1')",
        "select training.schedule_session('csession1')",
        "select training.update_session('csession1', '{}')",
        "select * from training.trainer_load()",
        "select * from training.list_trainers()",
    ],
)
def test_reader_may_not(training: Department, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_reader"), statement)


@pytest.mark.parametrize("role", ["sessionbook_clock", "sessionbook_courier"])
@pytest.mark.parametrize(
    "statement",
    [
        "select * from training.sessions",
        "select id from training.trainers",
        "update training.sessions set status = 'CANCELLED'",
        "select training.cancel_session('csession1')",
        "select training._lock_session('csession1')",
        "select * from training.trainer_load()",
    ],
)
def test_clock_and_courier_have_no_business_here(
    training: Department, connect: Connect, role: str, statement: str
) -> None:
    assert not may(connect(role=role), statement)
