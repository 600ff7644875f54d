"""What each role may do in unit training, and what it may not."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from support.connect import Connect
from support.department import END, START, Department, open_department


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
    own = open_department(app)
    row = own.row("select * from create_draft(%s, 'frank', %s)", own.course, own.trainer)
    own.conn.execute("select update_session(%s, %s)", [row["id"], f'{{"venue_id": "{own.venue}"}}'])
    own.conn.execute("select schedule_session(%s, null, null, %s, %s)", [row["id"], START, END])
    own.conn.execute("select * from availability_check(%s, %s, %s, %s)", [START, END, own.trainer, own.venue])
    own.conn.execute("select * from list_trainers(%s)", [own.course])
    own.conn.execute("select cancel_session(%s)", [row["id"]])
    own.conn.execute("select delete_session(%s)", [row["id"]])
    own.item(own.person())
    for table in ("session_attendees", "sessions", "compliance_items", "trainer_qualifications"):
        app.execute(f"delete from {table}")
    for table in ("personnel", "venues", "trainers", "courses"):
        app.execute(f"delete from {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "update training.status_changes set cause = 'clock'",
        "delete from training.status_changes",
        "truncate training.sessions",
        "create table training.mine ()",
    ],
)
def test_application_may_not(training: Department, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_app"), statement)


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
        "select training.lock_session('csession1')",
        "select * from training.trainer_load()",
    ],
)
def test_clock_and_courier_have_no_business_here(
    training: Department, connect: Connect, role: str, statement: str
) -> None:
    assert not may(connect(role=role), statement)
