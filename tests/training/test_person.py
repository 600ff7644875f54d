"""Export and erasure of one trainer, or of somebody on lists."""

from __future__ import annotations

import psycopg
import pytest

from support.clock import set_now
from support.connect import Connect
from support.department import Department
from support.errors import raises_key
from support.person import EMAIL, NAME, PHONE, found_in, personal
from support.together import Waiting

NOW = "2027-01-01 00:00+00"
LATER = "2027-03-01 00:00+00"
FIRST, LAST = NAME.split()


@pytest.fixture
def app(training: Department, connect: Connect) -> psycopg.Connection:
    set_now(training.conn, NOW)
    conn = connect("sessionbook_app")
    conn.execute("set search_path = training")
    return conn


@pytest.fixture
def trainer(training: Department) -> str:
    """Zaynab teaches, was away, took over a session, subscribed to her calendar, and a step of hers failed."""
    trainer = training.new_trainer(FIRST, "Zaynab", email=EMAIL, phone_number=PHONE, teaches=training.course)
    training.conn.execute("select set_config('sessionbook.actor', %s, false)", [EMAIL.lower()])
    training.insert(
        "absences", trainer_id=trainer, starts_at="2027-02-01", ends_at="2027-02-02", reason="Zaynab is in hospital"
    )
    session = training.planned()
    training.conn.execute("select schedule_session(%s)", [session])
    training.conn.execute("select read_events(null, 1000)")
    training.conn.execute("select substitute_trainer(%s, %s, 'Zaynab lives nearer')", [session, trainer])
    training.conn.execute("select create_calendar_token('trainer', %s)", [trainer])
    training.conn.execute(
        "insert into failed_steps (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at)"
        " values ('lapse_compliance', '1', 'P0001', %s, 1, now(), now())",
        [f"{EMAIL} cannot be told"],
    )
    training.conn.execute(
        "insert into broken_rules (rule, machine, subject_id, changed_by, actor, noted_at)"
        " values ('illegal_transition', 'training.session', '1', 'app', %s, now())",
        [EMAIL.lower()],
    )
    training.conn.execute("reset sessionbook.actor")
    return trainer


@pytest.fixture
def person(training: Department) -> str:
    """Zaynab is on a list with a remark, and has something to learn."""
    person = training.person(FIRST, "Zaynab")
    training.item(person)
    session = training.planned()
    training.conn.execute("select add_attendees(%s, %s)", [session, [person]])
    training.conn.execute("update session_attendees set remarks = 'Zaynab left early'")
    return person


@pytest.mark.usefixtures("trainer")
def test_trainer_who_teaches_stays_and_one_who_taught_goes(training: Department, app: psycopg.Connection) -> None:
    app.execute("select erase_person(%s)", [EMAIL])
    assert {"trainers.first_name", "trainers.email", "absences.reason"} <= found_in(training.conn, "training")
    set_now(training.conn, LATER)
    training.conn.execute("select erase_person(%s, %s)", [EMAIL.upper(), PHONE])
    assert found_in(training.conn, "training") == set()
    assert app.execute("select export_person(%s, %s)", [EMAIL, PHONE]).fetchone() == ({},)


def test_person_on_lists_is_known_by_key(training: Department, app: psycopg.Connection, person: str) -> None:
    attendance = training.rows("select session_id, personnel_id, status from session_attendees")
    assert found_in(training.conn, "training") == {
        "personnel.first_name", "personnel.last_name", "personnel.sort_name", "compliance_items.sort_name",
        "session_attendees.remarks",
    }  # fmt: skip
    erased = dict(app.execute("select table_name, erased from erase_person(p_personnel_id => %s)", [person]).fetchall())
    assert {table: erased[table] for table in ("personnel", "session_attendees", "trainers")} == {
        "personnel": 1,
        "session_attendees": 1,
        "trainers": 0,
    }
    assert found_in(training.conn, "training") == set()
    assert training.rows("select session_id, personnel_id, status from session_attendees") == attendance


@pytest.mark.usefixtures("trainer", "person")
def test_every_personal_column_was_tried(training: Department) -> None:
    """Each of them held something of hers in one of the tests before; a subject is a key."""
    assert found_in(training.conn, "training") == personal(training.conn, "training") - {"calendar_tokens.subject_id"}


def test_everything_is_exported(app: psycopg.Connection, trainer: str, person: str) -> None:
    row = app.execute("select export_person(%s, null, %s)", [EMAIL.upper(), person]).fetchone()
    assert row is not None
    assert {table: len(rows) for table, rows in row[0].items()} == {
        "trainers": 1,
        "trainer_qualifications": 1,
        "absences": 1,
        "sessions": 1,
        "session_decisions": 1,
        "calendar_tokens": 1,
        "personnel": 1,
        "session_attendees": 1,
        "compliance_items": 1,
    }
    assert "token_hash" not in row[0]["calendar_tokens"][0]


@pytest.mark.parametrize("call", ["erase_person", "export_person"])
def test_nobody_is_not_looked_for(app: psycopg.Connection, call: str) -> None:
    with raises_key("PT400", "contact_missing"):
        app.execute(f"select {call}()")  # type: ignore[arg-type]


@pytest.mark.usefixtures("person")
def test_housekeeping_erases_who_was_deleted_long_ago(training: Department, app: psycopg.Connection) -> None:
    set_now(training.conn, LATER)
    training.conn.execute("update settings set keep_personal = '30 days'")
    training.conn.execute("call lifecycle.housekeeping()")
    assert "session_attendees.remarks" not in found_in(training.conn, "training")
    assert "personnel.first_name" in found_in(training.conn, "training")
    training.conn.execute("update personnel set deleted_at = '2027-01-10'")
    training.conn.execute("call lifecycle.housekeeping()")
    assert found_in(training.conn, "training") == set()


def test_remark_is_waited_for_before_a_person_is_held(
    training: Department, app: psycopg.Connection, connect: Connect, person: str
) -> None:
    """Who marks attendance holds the list, and then asks for the people."""
    other = connect(autocommit=False)
    other.execute("select from training.session_attendees where personnel_id = %s for update", [person])
    erasing = Waiting(app, lambda conn: conn.execute("select from erase_person(p_personnel_id => %s)", [person]))
    other.execute("select from training.personnel where id = %s for update nowait", [person])
    other.commit()
    erasing.result()
    assert found_in(training.conn, "training") == set()
