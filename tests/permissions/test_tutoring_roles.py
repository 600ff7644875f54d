"""What each role may do in unit tutoring, and what it may not."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from support.connect import Connect
from support.school import School, open_school

STEP_FUNCTIONS = [
    "tutoring.advance_sessions(now(), 1)",
    "tutoring.due_sessions('start_sessions', now(), 1)",
    "tutoring.apply_step('start_sessions', '{1}', now())",
    "tutoring.run_step('start_sessions', '{1}', now())",
    "tutoring.record_failed_step('start_sessions', 1, '', '', now())",
    "tutoring.lock_claim(1, 'x')",
]


@pytest.fixture
def school(db: psycopg.Connection) -> School:
    """A school with a queued reminder, made by the deployer."""
    db.execute("set search_path = tutoring")
    school = open_school(db)
    school.conn.execute(
        "insert into sessions (id, enrolled_courses_id, session_date, start_time, end_time)"
        " select 1000, %s, t::date, t::time, (t + interval '1 hour')::time"
        " from (select now() at time zone 'UTC' + interval '30 minutes' as t) as x",
        [school.course],
    )
    school.conn.execute("select advance_sessions(now(), 10)")
    return school


def may(conn: psycopg.Connection, statement: str) -> bool:
    try:
        conn.execute(statement)
    except errors.InsufficientPrivilege:
        return False
    return True


def test_application_works_the_whole_unit(school: School, connect: Connect) -> None:
    app = connect(role="sessionbook_app")
    app.execute("set search_path = tutoring")
    own = open_school(app)
    slot = '[{"session_date": "2027-01-04", "start_time": "14:00", "end_time": "15:30"}]'
    (session,) = [row["id"] for row in own.rows("select * from create_sessions(%s, %s)", own.course, slot)]
    for call in (
        "reschedule_session(%s, '2027-01-05', '14:00', '15:30')",
        "cancel_session(%s)",
        "restore_session(%s)",
        "start_session(%s)",
        "complete_session(%s)",
        "mark_no_show(%s)",
        "delete_session(%s)",
    ):
        app.execute(f"select {call}", [session])
    repeated = own.session(recurring_pattern='{"frequency": "weekly", "count": 3}')
    app.execute("select generate_recurring_sessions(%s)", [repeated])
    app.execute("select update_scheduled_sessions(%s, %s)", [own.course, slot])
    app.execute("update sessions set status = 'cancelled' where status = 'scheduled' and id <> 1000")
    app.execute("select assign_session_to_slot(%s, '2027-02-01', '14:00', '15:30')", [own.course])
    (claimed,) = own.claim("app")
    app.execute("select fail_reminder(%s, 'app', 'no', null, true)", [claimed["id"]])
    app.execute("select retry_reminder(%s)", [claimed["id"]])
    (claimed,) = own.claim("app")
    app.execute("select complete_reminder(%s, 'app')", [claimed["id"]])
    app.execute("update settings set reminder_lead = '2 hours'")
    for view in (
        "session_workflows",
        "workflow_log",
        "session_conflicts",
        "upcoming_sessions",
        "session_messages",
        "sessions_unmapped",
    ):
        app.execute(f"select * from {view}")
    app.execute("delete from sessions")


def test_application_retries_a_failed_step(school: School, connect: Connect) -> None:
    school.conn.execute("update sessions set session_date = '2025-01-01'")
    school.conn.execute("alter table sessions add constraint no check (status <> 'in_progress')")
    school.conn.execute("select advance_sessions(now(), 10); alter table sessions drop constraint no")
    app = connect(role="sessionbook_app")
    assert app.execute("select tutoring.retry_failed_step(id) from tutoring.failed_steps").fetchone() == (True,)


@pytest.mark.parametrize(
    "statement",
    [
        "update tutoring.status_changes set cause = 'clock'",
        "delete from tutoring.status_changes",
        "update tutoring.reschedules set changed_by = 'nobody'",
        "update tutoring.failed_steps set tries = 0",
        "insert into tutoring.settings default values",
        "truncate tutoring.sessions",
        "create table tutoring.mine ()",
        *(f"select {call}" for call in STEP_FUNCTIONS),
    ],
)
def test_application_may_not(school: School, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_app"), statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from tutoring.session_workflows",
        "select * from tutoring.workflow_log",
        "select * from tutoring.session_conflicts",
        "select * from tutoring.upcoming_sessions",
        "select * from tutoring.sessions",
        "select id, full_name from tutoring.enrolled_students",
        "select state, reason from tutoring.reminders",
        "select * from tutoring.failed_steps",
    ],
)
def test_reader_reads(school: School, connect: Connect, statement: str) -> None:
    assert may(connect(role="sessionbook_reader"), statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select phone from tutoring.enrolled_students",
        "select email from tutoring.enrolled_students",
        "select phone from tutoring.tutors",
        "select email from tutoring.tutors",
        "select recipient from tutoring.reminders",
        "select message from tutoring.reminders",
        "select * from tutoring.session_messages",
        "update tutoring.sessions set status = 'cancelled'",
        "select tutoring.cancel_session(1000)",
        "select tutoring.claim_reminders('me')",
        "select tutoring.retry_failed_step(1)",
        *(f"select {call}" for call in STEP_FUNCTIONS),
    ],
)
def test_reader_may_not(school: School, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_reader"), statement)


def test_courier_claims_completes_and_fails(school: School, connect: Connect) -> None:
    courier = connect(role="sessionbook_courier")
    ((reminder, recipient),) = courier.execute("select id, recipient from tutoring.claim_reminders('me')").fetchall()
    assert recipient == "+96555550000"
    courier.execute("select tutoring.fail_reminder(%s, 'me', 'HTTP 500')", [reminder])
    school.conn.execute("update reminders set next_attempt_at = now() - interval '1 s'")
    courier.execute("select tutoring.claim_reminders('me')")
    courier.execute("select tutoring.complete_reminder(%s, 'me')", [reminder])
    assert school.one("select state from reminders") == "sent"


@pytest.mark.parametrize(
    "statement",
    [
        "select id from tutoring.reminders",
        "select id from tutoring.sessions",
        "select id from tutoring.enrolled_students",
        "select * from tutoring.session_workflows",
        "update tutoring.reminders set state = 'sent'",
        "select tutoring.retry_reminder(1)",
        "select tutoring.cancel_session(1000)",
        "select tutoring.retry_failed_step(1)",
        "select * from lifecycle.tick()",
        *(f"select {call}" for call in STEP_FUNCTIONS),
    ],
)
def test_courier_does_nothing_else(school: School, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_courier"), statement)


def test_clock_runs_the_tick(school: School, connect: Connect) -> None:
    school.conn.execute("select lifecycle.register_clock('tutoring', 'tutoring')")
    school.conn.execute("update sessions set session_date = '2025-01-01'")
    connect(role="sessionbook_clock").execute("call lifecycle.run_tick()")
    assert school.status(1000) == "completed"


@pytest.mark.parametrize(
    "statement",
    [
        "select * from tutoring.sessions",
        "select tutoring.claim_reminders('me')",
        *(f"select {c}" for c in STEP_FUNCTIONS),
    ],
)
def test_clock_does_nothing_else(school: School, connect: Connect, statement: str) -> None:
    assert not may(connect(role="sessionbook_clock"), statement)
