"""What each role may do in unit tutoring, and what it may not."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import errors

from support.connect import Connect
from support.errors import raises_key
from support.school import School, open_school

STEP_FUNCTIONS = [
    "tutoring.steps()",
    "tutoring.due_steps(now())",
    "tutoring.due_rows('start_sessions', now(), 1)",
    "tutoring.apply_step('start_sessions', '{1}', now())",
    "tutoring.refresh_instants()",
    "tutoring._purge_history(now(), 1)",
    "tutoring._lock_claims('{1}')",
    "tutoring._refuse_claim(1, 'x')",
    "tutoring._lock_session(1000)",
    "tutoring._read_sessions('[]')",
    "lifecycle.advance('tutoring')",
    "lifecycle.retry_failed_steps('tutoring', null, 1)",
]
# Who may call what, or is granted nothing at all; a function that is missing here fails the test.
APP = {"sessionbook_app", "sessionbook_writer"}
CALLS = {
    **dict.fromkeys(
        (
            "assign_session_to_slot",
            "calendar_feed",
            "calendar_feed_by_token",
            "cancel_session",
            "complete_session",
            "create_calendar_token",
            "create_sessions",
            "delete_session",
            "edit_series",
            "erase_person",
            "export_person",
            "generate_recurring_sessions",
            "mark_no_show",
            "read_events",
            "reschedule_session",
            "restore_session",
            "retry_failed_step",
            "retry_failed_steps",
            "retry_reminder",
            "revoke_calendar_tokens",
            "session_rrule",
            "start_session",
            "update_scheduled_sessions",
        ),
        APP,
    ),
    **dict.fromkeys(
        ("claim_reminders", "complete_reminder", "complete_reminders", "fail_reminder", "fail_reminders"),
        APP | {"sessionbook_courier"},
    ),
    "reminder_lead": APP | {"sessionbook_reader"},
}
ROLES = [
    "sessionbook_app",
    "sessionbook_writer",
    "sessionbook_reader",
    "sessionbook_courier",
    "sessionbook_clock",
    "sessionbook_monitor",
]
BUSINESS = {"enrolled_courses", "enrolled_students", "sessions", "tutors", "whiteboard_sessions"}


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
    school.conn.execute("select lifecycle.advance('tutoring')")
    return school


def login(connect: Connect, role: str, autocommit: bool = True) -> psycopg.Connection:
    """A connection that has logged in as a role, so that nothing of the deployer is left in it."""
    conn = connect(autocommit=autocommit)
    conn.execute(f"set session authorization {role}")
    conn.execute("set search_path = tutoring")
    if not autocommit:
        conn.commit()
    return conn


def may(conn: psycopg.Connection, statement: str) -> bool:
    try:
        conn.execute(statement)
    except errors.InsufficientPrivilege:
        return False
    return True


def test_every_function_is_granted_to_whom_it_is_for(installed: psycopg.Connection) -> None:
    rows = installed.execute(
        "select p.proname, array_agg(r.role) filter (where has_function_privilege(r.role, p.oid, 'execute')),"
        " p.prosecdef, p.prorettype = 'trigger'::regtype"
        " from pg_proc as p cross join unnest(%s::text[]) as r (role)"
        " where p.pronamespace = 'tutoring'::regnamespace group by p.oid",
        [ROLES],
    ).fetchall()
    assert {name: set(roles or []) for name, roles, *_ in rows if roles} == CALLS
    assert {name for name, _, definer, is_trigger in rows if definer and not is_trigger} == CALLS.keys() - {
        "reminder_lead"
    }


def test_tables_are_written_by_the_writer_alone_and_history_by_nobody(installed: psycopg.Connection) -> None:
    rows = installed.execute(
        "select c.relname, r.role, x.privilege"
        " from pg_class as c cross join unnest(%s::text[]) as r (role)"
        " cross join unnest('{INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER,REFERENCES}'::text[]) as x (privilege)"
        " where c.relnamespace = 'tutoring'::regnamespace and c.relkind in ('r', 'v', 'S')"
        " and (c.relkind <> 'S' and has_table_privilege(r.role, c.oid, x.privilege)"
        " or c.relkind = 'S' and has_sequence_privilege(r.role, c.oid, 'update, usage')"
        " or x.privilege in ('INSERT', 'UPDATE', 'REFERENCES') and c.relkind <> 'S'"
        " and has_any_column_privilege(r.role, c.oid, x.privilege))",
        [ROLES],
    ).fetchall()
    assert {tuple(row) for row in rows} == {
        (table, "sessionbook_writer", privilege) for table in BUSINESS for privilege in ("INSERT", "UPDATE", "DELETE")
    }


def test_application_works_the_whole_unit_each_call_to_its_commit(school: School, connect: Connect) -> None:
    repeated = school.session(recurring_pattern='{"frequency": "weekly", "count": 3}')
    app = login(connect, "sessionbook_app", autocommit=False)
    own = School(app, school.tutor, school.student, school.course)
    slot = '[{"session_date": "2027-01-04", "start_time": "14:00", "end_time": "15:30"}]'
    (session,) = [row["id"] for row in own.rows("select * from create_sessions(%s, %s, 'one')", own.course, slot)]
    app.commit()
    (again,) = [row["id"] for row in own.rows("select * from create_sessions(%s, %s, 'one')", own.course, slot)]
    app.commit()
    assert again == session
    for call in (
        "reschedule_session(%s, '2027-01-05', '14:00', '15:30')",
        "cancel_session(%s)",
        "restore_session(%s)",
        "start_session(%s)",
        "complete_session(%s)",
        "mark_no_show(%s)",
        "restore_session(%s)",
        "start_session(%s)",
        "mark_no_show(%s)",
        "delete_session(%s)",
        "restore_session(%s)",
    ):
        app.execute(f"select {call}", [session])
        app.commit()
    for call, value in (
        ("generate_recurring_sessions(%s)", repeated),
        ("cancel_session(%s)", repeated),
        ("assign_session_to_slot(%s, '2027-02-01', '14:00', '15:30')", own.course),
    ):
        app.execute(f"select {call}", [value])
        app.commit()
    app.execute("select update_scheduled_sessions(%s, %s)", [own.course, slot])
    app.rollback()
    (claimed,) = own.claim("app")
    app.commit()
    for call in (
        "fail_reminder(%s, 'app', 'no', null, true)",
        "fail_reminders(array[%s::bigint], 'app', 'no')",
        "retry_reminder(%s)",
    ):
        app.execute(f"select {call}", [claimed["id"]])
        app.commit()
    (claimed,) = own.claim("app")
    app.commit()
    for call in ("complete_reminder(%s, 'app')", "complete_reminders(array[%s::bigint], 'app')"):
        app.execute(f"select {call}", [claimed["id"]])
        app.commit()
    app.execute("select update_scheduled_sessions(%s, %s)", [own.course, slot])
    app.commit()
    assert school.one("select status from sessions where id = %s", session) == "no_show"
    for view in (
        "session_workflows",
        "workflow_log",
        "session_conflicts",
        "upcoming_sessions",
        "session_messages",
        "sessions_unmapped",
        "status_rules",
        "status_changes",
        "failed_steps",
    ):
        app.execute(f"select * from {view}")
        app.commit()


def test_application_works_series_calendars_and_personal_data_each_call_to_its_commit(
    school: School, connect: Connect
) -> None:
    first = school.session("2099-01-05", recurring_pattern='{"frequency": "weekly", "count": 3}')
    app = login(connect, "sessionbook_app", autocommit=False)

    def call(query: str, *values: object) -> list[tuple[Any, ...]]:
        app.execute("set constraints all deferred")
        rows = app.execute(query.encode(), values).fetchall()
        app.commit()
        return rows

    made = call("select id from generate_recurring_sessions(%s)", first)
    assert len(made) == 2
    assert call("select session_rrule(%s)", first)[0][0].startswith("FREQ=WEEKLY")
    assert len(call("""select id from edit_series(%s, 'all', '{"location": "Room 2"}')""", first)) == 3
    assert len(call("""select id from edit_series(%s, 'this', '{"start_time": "09:00"}')""", first)) == 1
    following = """select id from edit_series(%s, 'following', '{"status": "cancelled"}')"""
    assert len(call(following, made[-1][0])) == 1
    course = str(school.course)
    ((token,),) = call("select create_calendar_token('course', %s)", course)
    assert "BEGIN:VEVENT" in call("select calendar_feed_by_token(%s)", token)[0][0]
    assert "STATUS:CANCELLED" in call("select calendar_feed('course', %s)", course)[0][0]
    call("select revoke_calendar_tokens('course', %s)", course)
    with raises_key("PT404", "calendar_not_found"):
        call("select calendar_feed_by_token(%s)", token)
    app.rollback()
    assert call("select kind from read_events()")
    assert call("select export_person(p_phone => '+96555550000')")
    call("select table_name from erase_person(p_phone => '+96555550000')")
    assert school.one("select full_name from enrolled_students where id = %s", school.student) == "erased"


def test_application_retries_failed_steps(school: School, connect: Connect) -> None:
    school.conn.execute("update sessions set session_date = '2025-01-01'")
    school.conn.execute("alter table sessions add constraint no check (status <> 'in_progress')")
    school.conn.execute("select lifecycle.advance('tutoring')")
    app = login(connect, "sessionbook_app")
    assert app.execute("select retry_failed_step(id) from failed_steps").fetchone() == (False,)
    assert app.execute("select is_done from retry_failed_steps()").fetchall() == [(False,)]
    school.conn.execute("alter table sessions drop constraint no")
    assert app.execute("select step, is_done from retry_failed_steps('start_sessions')").fetchall() == [
        ("start_sessions", True)
    ]
    assert school.moves(1000)[-1] == ("scheduled", "in_progress", "clock")


def test_writer_writes_as_an_orm_does(school: School, connect: Connect) -> None:
    writer = login(connect, "sessionbook_writer", autocommit=False)
    own = open_school(writer)
    writer.commit()
    board = own.insert("whiteboard_sessions", session_name="Board")
    session = own.session(whiteboard_id=board, topics='["Waves"]')
    writer.commit()
    for statement in (
        f"update sessions set status = 'in_progress' where id = {session}",
        f"update sessions set status = 'completed' where id = {session}",
        f"update sessions set start_time = '09:00' where id = {session}",
        "update enrolled_courses set timezone = 'Asia/Kuwait'",
        "update enrolled_students set full_name = 'Sara B.'",
        "update tutors set full_name = 'Noor B.'",
        f"delete from whiteboard_sessions where id = {board}",
        f"delete from sessions where id = {session}",
        f"delete from enrolled_students where id = {own.student}",
    ):
        writer.execute(statement)
        writer.commit()
    assert school.moves(session) == [
        ("scheduled", "in_progress", "person"),
        ("in_progress", "completed", "person"),
    ]


@pytest.mark.parametrize("role", ["sessionbook_app", "sessionbook_writer"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into status_changes (machine, cause, changed_by, changed_at) values ('x', 'clock', 'x', now())",
        "update status_changes set cause = 'clock'",
        "delete from status_changes",
        "update reschedules set changed_by = 'nobody'",
        "update failed_steps set attempts = 0",
        "update reminders set state = 'sent'",
        "update session_occurrences set session_id = null",
        "update settings set reminder_lead = '2 hours'",
        "insert into settings default values",
        "truncate sessions",
        "create table tutoring.mine ()",
        "select * from clock_health",
        *(f"select {call}" for call in STEP_FUNCTIONS),
    ],
)
def test_application_and_writer_may_not(school: School, connect: Connect, role: str, statement: str) -> None:
    assert not may(login(connect, role), statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from tutoring.session_workflows",
        "select * from tutoring.workflow_log",
        "select * from tutoring.session_conflicts",
        "select * from tutoring.upcoming_sessions",
        "select * from tutoring.status_rules",
        "select * from tutoring.sessions",
        "select id, full_name from tutoring.enrolled_students",
        "select state, reason from tutoring.reminders",
        "select * from tutoring.failed_steps",
    ],
)
def test_reader_reads(school: School, connect: Connect, statement: str) -> None:
    assert may(login(connect, "sessionbook_reader"), statement)


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
    assert not may(login(connect, "sessionbook_reader"), statement)


def test_courier_claims_completes_and_fails(school: School, connect: Connect) -> None:
    courier = login(connect, "sessionbook_courier", autocommit=False)
    ((reminder, recipient),) = courier.execute("select id, recipient from claim_reminders('me')").fetchall()
    courier.commit()
    assert recipient == "+96555550000"
    courier.execute("select fail_reminder(%s, 'me', 'HTTP 500')", [reminder])
    courier.commit()
    school.conn.execute("update reminders set next_attempt_at = now() - interval '1 s'")
    courier.execute("select claim_reminders('me')")
    courier.commit()
    courier.execute("select fail_reminders(array[%s::bigint], 'me', 'HTTP 500')", [reminder])
    courier.commit()
    school.conn.execute("update reminders set next_attempt_at = now() - interval '1 s'")
    courier.execute("select claim_reminders('me')")
    courier.commit()
    courier.execute("select complete_reminder(%s, 'me')", [reminder])
    courier.execute("select complete_reminders(array[%s::bigint], 'me')", [reminder])
    courier.commit()
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
    assert not may(login(connect, "sessionbook_courier"), statement)


def test_clock_runs_the_tick(school: School, connect: Connect) -> None:
    school.conn.execute("update sessions set session_date = '2025-01-01'")
    login(connect, "sessionbook_clock").execute("call lifecycle.run_tick()")
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
    assert not may(login(connect, "sessionbook_clock"), statement)
