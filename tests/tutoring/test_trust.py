"""Whom tutoring trusts: no caller runs anything as the owner, forges history, moves the time, or stops the tick."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import psycopg
import pytest

from support.connect import Connect
from support.errors import raises_key
from support.school import School

SLOT = {"session_date": "2027-01-04", "start_time": "14:00", "end_time": "15:30"}
START = "2027-01-04 10:30+00"
SOON = "2027-01-04 09:30+00"
ROLES = ["sessionbook_app", "sessionbook_writer", "sessionbook_courier"]
# What each security definer function is called with; a test holds the list to the catalog.
CALLS = {
    "assign_session_to_slot": "1, '2027-02-01', '14:00', '15:30'",
    "cancel_session": "1",
    "calendar_feed": "'session', '1'",
    "calendar_feed_by_token": "'none'",
    "create_calendar_token": "'session', '1'",
    "revoke_calendar_tokens": "'session', '1'",
    "claim_reminders": "'me'",
    "complete_reminder": "1, 'me'",
    "complete_reminders": "'{1}', 'me'",
    "complete_session": "1",
    "create_sessions": f"1, '{json.dumps([SLOT])}'",
    "delete_session": "1",
    "edit_series": "1, 'this', '{}'",
    "erase_person": "'noor@example.org'",
    "export_person": "'noor@example.org'",
    "fail_reminder": "1, 'me', 'no'",
    "fail_reminders": "'{1}', 'me', 'no'",
    "generate_recurring_sessions": "1, '2027-03-01'",
    "mark_no_show": "1",
    "read_events": "",
    "reschedule_session": "1, '2027-01-05', '14:00', '15:30'",
    "restore_session": "1",
    "retry_failed_step": "1",
    "retry_failed_steps": "",
    "retry_reminder": "1",
    "session_rrule": "1",
    "start_session": "1",
    "update_scheduled_sessions": f"1, '{json.dumps([SLOT])}'",
}
BAIT = """
create temp table bait (x integer);
create temp table caught (who text);
create function pg_temp.spring() returns trigger language plpgsql as
$$ begin insert into pg_temp.caught values (current_user); return null; end $$;
create constraint trigger bait after insert on bait deferrable initially deferred
for each row execute function pg_temp.spring();
"""


def login(connect: Connect, role: str, autocommit: bool = True) -> psycopg.Connection:
    """A connection that has logged in as a role, so that nothing of the deployer is left in it."""
    conn = connect(autocommit=True)
    conn.execute(f"set session authorization {role}")
    conn.execute("set search_path = tutoring")
    conn.autocommit = autocommit
    return conn


def poison(school: School, session: int) -> None:
    school.conn.execute(
        f"alter table sessions add constraint poison check (not (status = 'in_progress' and id = {session}))"
    )


def test_every_definer_is_called_by_these_tests(school: School) -> None:
    rows = school.rows(
        "select p.proname as name from pg_proc as p"
        " where p.pronamespace = 'tutoring'::regnamespace and p.prosecdef and p.prorettype <> 'trigger'::regtype"
    )
    assert {row["name"] for row in rows} == CALLS.keys()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("function", CALLS)
def test_no_definer_fires_what_its_caller_has_queued(
    school: School, connect: Connect, role: str, function: str
) -> None:
    school.session(recurring_pattern='{"frequency": "weekly", "count": 3}')
    school.at(SOON)
    school.advance(SOON)
    poison(school, 1)
    school.advance(START)
    attacker = login(connect, role)
    attacker.execute(BAIT)
    attacker.autocommit = False
    attacker.execute("insert into bait values (1)")
    attacker.execute("savepoint before")
    # Refused is as good: what it would have fired is still queued after it.
    with contextlib.suppress(psycopg.Error):
        attacker.execute(f"select {function}({CALLS[function]})")
    if attacker.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
        attacker.execute("rollback to before")
    assert attacker.execute("select who from caught").fetchall() == []
    attacker.commit()
    assert attacker.execute("select who from caught").fetchall() == [(role,)]


@pytest.mark.parametrize("call", ["retry_failed_step(1)", "retry_failed_steps()"])
def test_retry_is_refused_in_a_transaction_that_has_written(school: School, connect: Connect, call: str) -> None:
    poison(school, school.session())
    school.advance(START)
    app = login(connect, "sessionbook_app", autocommit=False)
    app.execute("create temp table mine (x integer)")
    with raises_key("PT409", "transaction_has_written"):
        app.execute(f"select {call}")


@pytest.mark.parametrize("role", ROLES)
def test_time_is_not_the_callers_to_move(school: School, connect: Connect, role: str) -> None:
    school.conn.execute("select create_sessions(%s, %s)", [school.course, json.dumps([SLOT])])
    school.advance("2027-01-04 13:30+00")
    school.conn.execute("update reminders set next_attempt_at = '2027-01-04 13:30+00'")
    caller = login(connect, role)
    caller.execute("set lifecycle.fake_now = '2027-01-04 13:31+00'")
    assert caller.execute("select * from claim_reminders('me')").fetchall() == []
    assert school.reminders(1) == [("starts_soon", "queued", None)]
    if role != "sessionbook_courier":
        caller.execute("select cancel_session(1)")
        assert school.one("select changed_at < '2027-01-01' from status_changes") is True


@pytest.mark.parametrize("setting", ["lifecycle.cause", "tutoring.cause"])
@pytest.mark.parametrize("cause", ["clock", "seats", "seats,clock"])
def test_no_setting_says_who_moved_a_session(school: School, connect: Connect, setting: str, cause: str) -> None:
    session = school.session()
    writer = login(connect, "sessionbook_writer")
    writer.execute("select set_config(%s, %s, false)", [setting, cause])
    writer.execute("update sessions set status = 'in_progress' where id = %s", [session])
    writer.execute("select cancel_session(%s)", [session])
    assert school.moves(session) == [
        ("scheduled", "in_progress", "person"),
        ("in_progress", "cancelled", "person"),
    ]


@pytest.mark.parametrize("role", ROLES)
def test_nobody_marks_a_transaction_as_the_clocks(school: School, connect: Connect, role: str) -> None:
    session = school.session()
    conn = login(connect, role)
    for statement in (
        "select setval('lifecycle.clock_mark', 10000 * pg_current_xact_id()::text::bigint)",
        "select nextval('lifecycle.clock_mark')",
        "select last_value from lifecycle.clock_mark",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(statement.encode())
    # The setting by itself says nothing: in its own transaction it fails, in a later one it is out of date.
    claim = "select set_config('lifecycle.clock_xact', pg_current_xact_id()::text, false)"
    refused = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)
    move = f"update sessions set status = 'in_progress' where id = {session}"
    for change in (move, f"select start_session({session})"):
        with pytest.raises(refused):
            conn.execute(f"{claim}; {change}".encode())
    assert school.moves(session) == []
    conn.execute(claim.encode())
    if role in ("sessionbook_app", "sessionbook_writer"):
        conn.execute("select start_session(%s)", [session])
        assert school.moves(session) == [("scheduled", "in_progress", "person")]


@pytest.mark.parametrize("end", ["", "rollback to savepoint s"])
def test_nothing_of_the_clocks_mark_is_left_in_its_transaction(school: School, end: str) -> None:
    """Also if the pass was cut off, and the caller takes the setting up again that it was made with."""
    first, second = school.session(), school.session("2027-02-01")
    if end:
        school.conn.execute(
            """
            create function public.linger() returns trigger language plpgsql as
            $$ begin perform pg_sleep(60); return null; end $$;
            create trigger linger after update on sessions for each row execute function public.linger();
            """
        )
    with school.conn.transaction():
        school.conn.execute("savepoint s")
        if end:
            school.conn.execute("set local statement_timeout = '500ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                school.conn.execute("select lifecycle.advance('tutoring', %s)", [START])
            school.conn.execute(end.encode())
            school.conn.execute("drop trigger linger on sessions")
        else:
            assert school.advance(START)["start_sessions"] == 1
        school.conn.execute("select set_config('lifecycle.clock_xact', pg_current_xact_id()::text, true)")
        school.conn.execute("update sessions set status = 'in_progress' where id = %s", [second])
    assert school.moves(first) == ([] if end else [("scheduled", "in_progress", "clock")])
    assert school.moves(second) == [("scheduled", "in_progress", "person")]


def test_what_an_applications_trigger_moves_during_a_tick_is_not_the_clocks_move(school: School) -> None:
    first, second = school.session(), school.session("2027-02-01")
    school.conn.execute(
        f"""
        create function public.follow() returns trigger language plpgsql as
        $$ begin update tutoring.sessions set status = 'cancelled' where id = {second}; return null; end $$;
        create trigger follow after update on sessions
        for each row when (new.id = {first} and new.status = 'in_progress') execute function public.follow();
        """
    )
    assert school.advance(START)["start_sessions"] == 1
    assert school.moves(first) == [("scheduled", "in_progress", "clock")]
    assert school.moves(second) == [("scheduled", "cancelled", "person")]


@pytest.mark.parametrize(
    ("settings", "actor"),
    [
        ({}, "sessionbook_app"),
        ({"sessionbook.actor": "Noor"}, "Noor"),
        ({"request.jwt.claims": '{"sub": "user-7"}'}, "user-7"),
        ({"sessionbook.actor": "Noor", "request.jwt.claims": '{"sub": "user-7"}'}, "Noor"),
        ({"request.jwt.claims": "nonsense"}, "sessionbook_app"),
    ],
)
def test_history_keeps_the_role_and_whom_the_application_names(
    school: School, connect: Connect, settings: dict[str, str], actor: str
) -> None:
    session = school.session()
    app = login(connect, "sessionbook_app")
    for name, value in settings.items():
        app.execute("select set_config(%s, %s, false)", [name, value])
    app.execute("select reschedule_session(%s, '2027-01-05', '14:00', '15:30')", [session])
    app.execute("select cancel_session(%s)", [session])
    for table in ("status_changes", "reschedules"):
        assert school.row(f"select changed_by, actor from {table}") == {"changed_by": "sessionbook_app", "actor": actor}


def refused_quickly(conn: psycopg.Connection, query: str, *params: Any, key: str = "too_many") -> None:
    """Within a second of what the server takes to read the list."""
    begun = time.monotonic()
    conn.execute(
        "select (select p.recurring_pattern::jsonb from sessions as p limit 1) is null, %s::jsonb is null",
        [params[-1] if isinstance(params[-1], str) else "[]"],
    )
    read = time.monotonic()
    with raises_key("PT400", key) as error:
        conn.execute(query, params)
    assert time.monotonic() - read < 1 + read - begun
    assert len(error.message + error.detail) < 1000


@pytest.mark.parametrize("function", ["create_sessions", "update_scheduled_sessions"])
def test_a_list_of_100_000_sessions_is_refused_at_once(school: School, connect: Connect, function: str) -> None:
    app = login(connect, "sessionbook_app")
    refused_quickly(app, f"select {function}(%s, %s)", school.course, json.dumps([SLOT] * 100_000))
    assert school.one("select count(*) from sessions") == 0


def test_a_list_of_1000_sessions_is_taken(school: School, connect: Connect) -> None:
    app = login(connect, "sessionbook_app")
    app.execute("select create_sessions(%s, %s)", [school.course, json.dumps([SLOT] * 1000)])
    refused_quickly(app, "select create_sessions(%s, %s)", school.course, json.dumps([SLOT] * 1001))
    assert school.one("select count(*) from sessions") == 1000


@pytest.mark.parametrize(
    "pattern", [{"exdates": ["2027-01-11"] * 100_000}, {"byday": ["MO"] * 100_000}, {"exdates": ["2027-01-11"] * 1001}]
)
def test_a_pattern_of_100_000_elements_is_refused_at_once(
    school: School, connect: Connect, pattern: dict[str, Any]
) -> None:
    session = school.session(recurring_pattern=json.dumps({"frequency": "weekly", "count": 1000, **pattern}))
    refused_quickly(login(connect, "sessionbook_app"), "select generate_recurring_sessions(%s)", session)


def test_a_pattern_of_100_000_unknown_keys_is_refused_at_once(school: School, connect: Connect) -> None:
    session = school.session(recurring_pattern=json.dumps({f"k{n}": 1 for n in range(100_000)}))
    app = login(connect, "sessionbook_app")
    refused_quickly(app, "select generate_recurring_sessions(%s)", session, key="invalid_recurring_pattern")


LONG = "x" * 1_000_000


@pytest.mark.parametrize(
    ("key", "call", "params"),
    [
        *(
            ("invalid_session", "create_sessions(%s, %s)", (1, json.dumps([{**SLOT, **wrong}])))
            for wrong in (
                {"timezone": LONG},
                {"session_date": LONG},
                {"start_time": LONG},
                {"whiteboard_id": LONG},
                {LONG: 1},
                {"location": LONG, "end_time": None},
            )
        ),
        ("invalid_sessions", "create_sessions(%s, %s)", (1, json.dumps(LONG))),
        ("invalid_claim", "claim_reminders(%s)", (LONG,)),
    ],
)
def test_no_message_repeats_a_megabyte(
    school: School, connect: Connect, key: str, call: str, params: tuple[Any, ...]
) -> None:
    with raises_key("PT400", key) as error:
        login(connect, "sessionbook_app").execute(f"select {call}", params)
    assert len(error.message + error.detail + error.hint) < 2000


def test_no_message_repeats_a_megabyte_of_a_zone_a_status_or_a_worker(school: School, connect: Connect) -> None:
    session = school.session()
    school.at(SOON)
    school.advance(SOON)
    (claimed,) = school.claim("courier")
    writer = login(connect, "sessionbook_writer")
    with raises_key("PT400", "unknown_timezone") as zone:
        writer.execute("update enrolled_courses set timezone = %s", [LONG])
    with raises_key("PT409", "lease_lost") as worker:
        writer.execute("select complete_reminder(%s, %s)", [claimed["id"], LONG])
    with raises_key("PT400", "unknown_status") as status:
        writer.execute("update sessions set status = %s where id = %s", ["x" * 20, session])
    for error in (zone, worker, status):
        assert len(error.message + error.detail) < 1000


def test_what_a_courier_says_of_a_failure_is_kept_in_short(school: School, connect: Connect) -> None:
    school.session()
    school.at(SOON)
    school.advance(SOON)
    (claimed,) = school.claim("courier")
    courier = login(connect, "sessionbook_courier")
    courier.execute("select fail_reminder(%s, 'courier', %s)", [claimed["id"], LONG])
    assert school.one("select char_length(last_error) from reminders") == 1000


def test_sessions_that_an_application_holds_are_passed_over(school: School, connect: Connect) -> None:
    """Each lock that an application may take, on rows due for every step of sessions; the others go on."""
    held = [
        school.session(alarm_enabled=True),
        school.session(start_time="11:00", end_time="12:00", alarm_enabled=True, alarm_before_minutes=90),
        school.session(start_time="08:00", end_time="09:00", status="in_progress"),
    ]
    free = [
        school.session(),
        school.session(start_time="11:00", end_time="12:00", alarm_enabled=True, alarm_before_minutes=90),
        school.session(start_time="08:00", end_time="09:00", status="in_progress"),
    ]
    app = login(connect, "sessionbook_writer", autocommit=False)
    app.execute("select from sessions where id = any(%s) for update", [held])
    begun = time.monotonic()
    assert school.advance(START) == {
        "queue_reminders": 1,
        "queue_alarms": 1,
        "start_sessions": 1,
        "complete_sessions": 1,
    }
    assert time.monotonic() - begun < 2
    assert [school.status(session) for session in free] == ["in_progress", "scheduled", "completed"]
    assert school.rows("select * from failed_steps") == []
    app.rollback()
    assert school.advance(START) == {
        "queue_reminders": 1,
        "queue_alarms": 1,
        "start_sessions": 1,
        "complete_sessions": 1,
    }


def test_reminders_that_somebody_holds_are_passed_over(school: School, connect: Connect) -> None:
    """The owner holds them: nobody else may lock the outbox."""
    for _ in range(2):
        school.session()
    skipped = school.session(enrolled_courses_id=school.new_course(student_id=school.new_student(phone=None)))
    school.advance(SOON)
    school.conn.execute("update enrolled_students set phone = '+9651'")
    holder = connect(autocommit=False)
    held = "select from tutoring.reminders where session_id = any(%s) for update"
    holder.execute(held, [[skipped]])
    begun = time.monotonic()
    assert school.advance(SOON) == {}
    holder.rollback()
    assert school.advance(SOON) == {"requeue_reminders": 1}
    holder.execute(held, [[1]])
    assert school.advance(START) == {"start_sessions": 3, "miss_reminders": 2}
    assert time.monotonic() - begun < 4
    holder.rollback()
    assert school.advance(START) == {"miss_reminders": 1}
    assert school.rows("select * from failed_steps") == []


@pytest.mark.parametrize("table", ["sessions", "enrolled_courses", "enrolled_students", "tutors"])
def test_a_table_that_is_locked_keeps_the_tick_out_for_seconds_and_blames_no_row(
    school: School, connect: Connect, table: str
) -> None:
    school.many(20)
    holder = connect(autocommit=False)
    holder.execute(f"lock table tutoring.{table}")
    begun = time.monotonic()
    assert school.rows("select step, failed from lifecycle.advance('tutoring', %s)", START) == [
        {"step": "advance", "failed": 1}
    ]
    assert time.monotonic() - begun < 4
    assert str(holder.info.backend_pid) in school.one(
        "select last_error from lifecycle.clocks where schema_name = 'tutoring'"
    )
    holder.rollback()
    assert school.rows("select * from failed_steps") == []
    assert school.advance(START)["start_sessions"] == 20


def test_retry_of_a_session_that_somebody_holds_is_not_done_and_does_not_count(
    school: School, connect: Connect
) -> None:
    session = school.session("2026-01-05")
    poison(school, session)
    school.advance("2026-01-05 10:30+00")
    school.conn.execute("alter table sessions drop constraint poison")
    holder = login(connect, "sessionbook_writer", autocommit=False)
    holder.execute("select from sessions where id = %s for update", [session])
    app = login(connect, "sessionbook_app")
    begun = time.monotonic()
    assert app.execute("select retry_failed_step(id) from failed_steps").fetchone() == (False,)
    assert app.execute("select is_done from retry_failed_steps()").fetchall() == [(False,)]
    assert time.monotonic() - begun < 4
    assert school.one("select attempts from failed_steps") == 0
    # A tick passes it over.
    school.conn.execute("update failed_steps set next_attempt_at = '2026-01-05 10:30+00'")
    assert school.advance("2026-01-05 10:31+00") == {}
    assert school.one("select attempts from failed_steps") == 0
    holder.rollback()
    assert app.execute("select retry_failed_step(id) from failed_steps").fetchone() == (True,)


def test_a_retry_that_is_not_committed_stops_no_tick(school: School, connect: Connect) -> None:
    sessions = [school.session("2026-01-05") for _ in range(3)]
    poison(school, sessions[0])
    school.advance("2026-01-05 10:30+00", limit=1)
    school.conn.execute("alter table sessions drop constraint poison")
    app = login(connect, "sessionbook_app", autocommit=False)
    assert app.execute("select retry_failed_step(id) from failed_steps").fetchone() == (True,)
    begun = time.monotonic()
    moved = school.advance("2026-01-05 10:32+00")
    assert moved["start_sessions"] == 2
    assert time.monotonic() - begun < 6
    app.commit()


def test_a_broken_trigger_blames_no_session_and_one_tick_after_the_mend_moves_everything(school: School) -> None:
    sessions = [school.session() for _ in range(3)]
    school.advance(SOON)
    school.conn.execute(
        """
        create function public.audit() returns trigger language plpgsql as
        $$ begin perform public.missing(new.id); return null; end $$;
        create trigger audit after update on sessions for each row execute function public.audit();
        """
    )
    rows = school.rows("select step, failed from lifecycle.advance('tutoring', %s)", START)
    assert rows == [{"step": "advance", "failed": 1}]
    assert "42883" in school.one("select reason from lifecycle.health")
    assert school.rows("select * from failed_steps") == []
    school.conn.execute("drop trigger audit on sessions")
    assert school.advance(START)["start_sessions"] == len(sessions)


def test_two_who_cancel_and_take_a_slot_of_one_course_wait_for_nobody(school: School, connect: Connect) -> None:
    """Each holds a session of the course already when it asks for another."""
    for _ in range(2):
        school.session(status="cancelled")
    mine, theirs = school.session(), school.session()
    connections = [login(connect, "sessionbook_app", autocommit=False) for _ in range(2)]
    for conn, session in zip(connections, (mine, theirs), strict=True):
        conn.execute("set local statement_timeout = '3s'")
        conn.execute("select cancel_session(%s)", [session])
    taken = [
        conn.execute(
            "select id from assign_session_to_slot(%s, '2027-02-01', '14:00', '15:30')", [school.course]
        ).fetchall()
        for conn in connections
    ]
    for conn in connections:
        conn.commit()
    assert taken == [[(1,)], [(2,)]]
