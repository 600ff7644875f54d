"""Who calls training's functions borrows nothing of the owner's: not the rights, not the time, not the history."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors, sql

from support.connect import Connect
from support.department import END, START, Department, open_department
from support.errors import raises_key

APPLICATIONS = ("sessionbook_app", "sessionbook_writer")
BAIT = """
create function pg_temp.bait() returns trigger language plpgsql as $$
begin
    insert into pg_temp.caught values (current_user);
    return null;
end
$$;
create temp table caught (who name);
create temp table bait (x integer);
create constraint trigger bait after insert on bait deferrable initially deferred
for each row execute function pg_temp.bait();
"""
# Every function that an application may call, as it works.
CALLS = {
    "add_attendees": "select training.add_attendees('cdraft0001', '{cperson0002}')",
    "attendee_suggestions": "select training.attendee_suggestions('cdraft0001', 'noor')",
    "availability_check": f"select training.availability_check('{START}', '{END}', 'ctrainer01', 'cvenue0001')",
    "calendar_feed": "select training.calendar_feed('venue', 'cvenue0001')",
    "calendar_feed_by_token": "select training.calendar_feed_by_token('secret')",
    "cancel_session": "select training.cancel_session('cdraft0001')",
    "complete_session": "select training.complete_session('cpast00001')",
    "create_calendar_token": "select training.create_calendar_token('venue', 'cvenue0001')",
    "create_draft": "select training.create_draft('ccourse001', 'frank')",
    "delete_session": "select training.delete_session('cdraft0001')",
    "erase_person": "select training.erase_person(p_personnel_id => 'cperson0001')",
    "export_person": "select training.export_person(p_personnel_id => 'cperson0001')",
    "free_slots": f"select training.free_slots('ccourse001', '1 hour', '{START}', '{END}')",
    "list_trainers": "select training.list_trainers('ccourse001')",
    "mark_attendance": "select training.mark_attendance('cpast00001',"
    """ '[{"personnel_id": "cperson0001", "status": "NO_SHOW"}]')""",
    "read_events": "select training.read_events()",
    "remove_attendees": "select training.remove_attendees('cdraft0001', '{cperson0001}')",
    "revoke_calendar_tokens": "select training.revoke_calendar_tokens('venue', 'cvenue0001')",
    "schedule_session": f"select training.schedule_session('cdraft0001', null, null, '{START}', '{END}')",
    "substitute_trainer": "select training.substitute_trainer('cahead0001', 'ctrainer02', 'ill')",
    "trainer_load": "select training.trainer_load()",
    "update_session": """select training.update_session('cdraft0001', '{"venue_id": null}')""",
}
RETRIES = {
    "retry_failed_step": "select training.retry_failed_step(1)",
    "retry_failed_steps": "select training.retry_failed_steps()",
}
CALLABLE = """
select distinct p.proname::text
from pg_proc as p
where p.pronamespace = 'training'::regnamespace and p.prosecdef and p.prorettype <> 'trigger'::regtype
    and has_function_privilege('sessionbook_app', p.oid, 'execute')
"""
Login = Callable[[str], psycopg.Connection]


@pytest.fixture
def training(db: psycopg.Connection) -> Department:
    """A draft, and a session that took place and can be completed, made by the deployer."""
    db.execute("set search_path = training")
    training = Department(db, "", "", "")
    training.course = training.new_course(id="ccourse001")
    training.trainer = training.new_trainer(id="ctrainer01", teaches=training.course)
    training.venue = training.new_venue(id="cvenue0001")
    person = training.person(id="cperson0001")
    training.person(id="cperson0002")
    training.attend(training.planned(id="cdraft0001"), person)
    past = training.scheduled(id="cpast00001", start_time="2020-01-01", end_time="2020-01-02")
    training.attend(past, person, status="ATTENDED")
    training.new_trainer(id="ctrainer02", teaches=training.course)
    training.conn.execute(
        "insert into calendar_tokens (token_hash, scope, subject_id, actor, created_at)"
        " values (sha256('secret'), 'venue', 'cvenue0001', 'x', now())"
    )
    training.scheduled(id="cahead0001", start_time="2027-03-01", end_time="2027-03-02")
    return training


@pytest.fixture
def login(connect: Connect) -> Login:
    """Logs in as a role, not only into it: session_user too is the role."""

    def log_in(role: str) -> psycopg.Connection:
        conn = connect()
        conn.execute(sql.SQL("set session authorization {}").format(sql.Identifier(role)))
        return conn

    return log_in


def test_all_functions_are_tried(training: Department) -> None:
    assert {name for (name,) in training.conn.execute(CALLABLE).fetchall()} == {*CALLS, *RETRIES}


@pytest.mark.parametrize("role", APPLICATIONS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_call_is_good_until_its_commit(training: Department, login: Login, role: str, call: str) -> None:
    """What is left for the end of a transaction is checked as the session's role."""
    app = login(role)
    with app.transaction():
        app.execute("set constraints all deferred")
        app.execute(call)


@pytest.mark.parametrize("role", APPLICATIONS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_the_caller_has_queued_runs_as_the_caller_and_at_the_commit(
    training: Department, login: Login, role: str, call: str
) -> None:
    app = login(role)
    app.execute(BAIT)
    with app.transaction():
        app.execute("insert into bait values (1)")
        app.execute(call)
        assert app.execute("select from caught").fetchall() == []
    assert app.execute("select who from caught").fetchall() == [(role,)]


@pytest.mark.parametrize("role", APPLICATIONS)
@pytest.mark.parametrize("call", RETRIES.values(), ids=RETRIES)
def test_retry_refuses_a_transaction_that_may_have_queued_something(
    training: Department, login: Login, role: str, call: str
) -> None:
    app = login(role)
    app.execute(BAIT)
    with raises_key("PT409", "transaction_has_written"), app.transaction():
        app.execute("insert into bait values (1)")
        app.execute(call)


@pytest.mark.parametrize("role", APPLICATIONS)
def test_calls_leave_the_callers_constraints_deferred(training: Department, login: Login, role: str) -> None:
    """Two drafts change their hour in one transaction, whatever the order."""
    training.scheduled(id="cother0001")
    app = login(role)
    with app.transaction():
        app.execute("set constraints training.sessions_trainer_id_excl, training.sessions_venue_id_excl deferred")
        app.execute(CALLS["schedule_session"])
        for name in ("add_attendees", "create_draft", "complete_session"):
            app.execute(CALLS[name])
        app.execute("select training.cancel_session('cother0001')")
    assert training.status("cdraft0001") == "SCHEDULED"


@pytest.mark.parametrize("role", APPLICATIONS)
def test_time_is_not_the_callers_to_move(training: Department, login: Login, role: str) -> None:
    training.scheduled(id="cfuture001", start_time="2098-01-01", end_time="2098-01-02")
    training.attend("cfuture001", "cperson0001", status="ATTENDED")
    training.item("cperson0002", "COMPLIANT", "2098-01-01")
    app = login(role)
    app.execute("set lifecycle.fake_now = '2099-01-01 00:00+00'")
    with raises_key("PT409", "session_not_started"):
        app.execute("select training.complete_session('cfuture001')")
    app.execute("select training.cancel_session('cdraft0001')")
    assert training.one("select changed_at <= now() from status_changes where subject_id = 'cdraft0001'")
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute("select training.apply_step('lapse_compliance', '{}', '2099-01-01')")
    assert training.one("select status from compliance_items where personnel_id = 'cperson0002'") == "COMPLIANT"


@pytest.mark.parametrize("role", APPLICATIONS)
@pytest.mark.parametrize(
    "statement",
    [
        "insert into training.status_changes"
        " (machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at)"
        " values ('training.session', 'cdraft0001', 'DRAFT', 'COMPLETED', 'clock', 'boss', 'boss', '2020-01-01')",
        "update training.status_changes set actor = 'boss'",
        "delete from training.status_changes",
        "truncate training.status_changes",
        "insert into training.failed_steps"
        " (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at)"
        " values ('lapse_compliance', 'c12345678', '23514', '', 5, now(), now())",
        "update training.failed_steps set next_attempt_at = null",
        "delete from training.failed_steps",
        "select training.record_status_change()",
        "create trigger forge after update on mine for each row"
        " execute function training.record_status_change('training.session')",
        "create trigger forge before update on mine for each row"
        " execute function training.enforce_status('training.session')",
        "alter table training.sessions disable trigger all",
        "set session_replication_role = 'replica'",
    ],
)
def test_history_is_not_the_callers_to_write(training: Department, login: Login, role: str, statement: str) -> None:
    app = login(role)
    app.execute("create temp table mine (id text, status text)")
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement)


@pytest.mark.parametrize("cause", ["clock", "seats", "clock,seats"])
def test_cause_is_not_the_callers_to_say(training: Department, login: Login, cause: str) -> None:
    writer = login("sessionbook_writer")
    writer.execute("select set_config('lifecycle.cause', %s, false)", [cause])
    writer.execute("update training.sessions set status = 'CANCELLED' where id = 'cdraft0001'")
    assert training.moves("cdraft0001") == [("DRAFT", "CANCELLED", "person")]
    with raises_key("PT409", "illegal_transition"):
        writer.execute("update training.sessions set status = 'DRAFT' where id = 'cdraft0001'")


def test_history_names_the_role_and_whom_the_application_names(training: Department, login: Login) -> None:
    app = login("sessionbook_writer")
    app.execute("set sessionbook.actor = 'frank'")
    app.execute("select training.schedule_session('cdraft0001')")
    app.execute("reset sessionbook.actor")
    app.execute("""set request.jwt.claims = '{"sub": "noor"}'""")
    app.execute("set role sessionbook_app")
    app.execute("select training.cancel_session('cdraft0001')")
    rows = training.rows("select to_status, changed_by, actor from status_changes order by id")
    assert [tuple(row.values()) for row in rows] == [
        ("SCHEDULED", "sessionbook_writer", "frank"),
        ("CANCELLED", "sessionbook_app", "noor"),
    ]


@pytest.mark.parametrize(
    "call",
    [
        "add_attendees(:long, '{}')",
        "add_attendees('cdraft0001', array[:long])",
        "attendee_suggestions(:long)",
        "attendee_suggestions('cdraft0001', :long)",
        "availability_check(now(), now() + interval '1 hour', :long)",
        "availability_check(now(), now() + interval '1 hour', null, :long)",
        "cancel_session(:long)",
        "complete_session(:long)",
        "create_draft(:long, 'frank')",
        "delete_session(:long)",
        "list_trainers(:long)",
        "list_trainers(null, :long)",
        "mark_attendance(:long, '[]')",
        "mark_attendance('cpast00001', jsonb_build_array(:long))",
        "remove_attendees(:long, '{}')",
        "schedule_session(:long)",
        "schedule_session('cdraft0001', :long)",
        "schedule_session('cdraft0001', null, :long)",
        "trainer_load(null, :long)",
        "update_session(:long, '{}')",
        "update_session('cdraft0001', to_jsonb(:long))",
        "update_session('cdraft0001', jsonb_build_object(:long, 1))",
        "update_session('cdraft0001', jsonb_build_object('start_time', :long))",
        "update_session('cdraft0001', jsonb_build_object('venue_id', :long))",
    ],
)
def test_what_the_caller_sends_is_never_shown_whole(training: Department, login: Login, call: str) -> None:
    call = call.replace(":long", "repeat('x', 1000000)")
    with pytest.raises(psycopg.Error) as error:
        login("sessionbook_app").execute(f"select training.{call}")
    assert (error.value.sqlstate or "").startswith("PT")
    said = error.value.diag
    assert len(f"{said.message_primary}{said.message_detail}{said.message_hint}") < 1000


@pytest.mark.parametrize("role", APPLICATIONS)
def test_names_in_the_callers_temporary_schema_mislead_nobody(training: Department, login: Login, role: str) -> None:
    app = login(role)
    app.execute("create temp table sessions as select * from training.sessions where false")
    app.execute("create temp table status_rules (machine text, from_status text, to_status text, cause text)")
    app.execute("insert into status_rules values ('training.session', 'CANCELLED', 'DRAFT', 'person')")
    app.execute(
        "create function pg_temp._fold_name(text) returns text language plpgsql as"
        " $$ begin insert into pg_temp.caught values (current_user); return $1; end $$"
    )
    app.execute("create temp table caught (who name)")
    app.execute("set search_path = pg_temp, training")
    for call in CALLS.values():
        with app.transaction(force_rollback=True):
            app.execute(call)
            assert app.execute("select from caught").fetchall() == []


def test_writer_works_the_tables(training: Department, login: Login) -> None:
    writer = login("sessionbook_writer")
    writer.execute("set search_path = training")
    own = open_department(writer)
    person = own.person("Noor", "Haddad")
    item = own.item(person, "COMPLIANT", "2020-01-01")
    session = own.planned()
    own.attend(session, person)
    writer.execute("update personnel set last_name = 'Zorn' where id = %s", [person])
    assert own.one("select sort_name from compliance_items where id = %s", item) == "zorn\tnoor"
    writer.execute("update sessions set status = 'SCHEDULED' where id = %s", [session])
    assert own.moves(session) == [("DRAFT", "SCHEDULED", "person")]
    with raises_key("PT409", "illegal_transition"):
        writer.execute("update sessions set status = 'DRAFT' where id = %s", [session])
    for table in ("session_attendees", "sessions", "compliance_items", "trainer_qualifications"):
        writer.execute(f"delete from {table}")
    for table in ("personnel", "venues", "trainers", "courses"):
        writer.execute(f"delete from {table}")
