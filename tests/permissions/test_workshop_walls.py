"""What application and writer cannot do to the workshop unit: forge history, write what follows, stop others."""

from __future__ import annotations

import contextlib
import json
import time
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from support.connect import Connect
from support.errors import raises_key
from support.market import Market, open_market

ROLES = ["sessionbook_app", "sessionbook_writer"]
# With a column that an update may name.
FIRST_COLUMN = {
    "status_changes": "cause",
    "failed_steps": "step",
    "settings": "offer_valid_for",
    "order_counters": "last_number",
    "waitlist_entries": "status",
    "stale_runs": "run_id",
}
BUSINESS = ["creators", "workshops", "workshop_runs", "workshop_sessions", "orders", "order_items", "enrollments"]


@pytest.fixture
def market(workshop: psycopg.Connection) -> Market:
    return open_market(workshop)


@pytest.fixture
def session(market: Market) -> UUID:
    """A session of two seats in a run, made by the deployer."""
    workshop = market.workshop()
    return market.session(workshop, day="2099-01-04", run_id=market.run(workshop))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", FIRST_COLUMN)
@pytest.mark.parametrize("statement", ["insert into {} default values", "update {0} set {1} = {1}", "delete from {}"])
def test_nobody_writes_history_or_settings(
    session: UUID, connect: Connect, role: str, table: str, statement: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connect(role=role).execute(statement.format(f"workshop.{table}", FIRST_COLUMN[table]).encode())


@pytest.mark.parametrize("table", BUSINESS)
def test_application_writes_no_table(session: UUID, connect: Connect, table: str) -> None:
    app = connect(role="sessionbook_app")
    for statement in ("insert into {} default values", "update {} set id = id", "delete from {}", "truncate {}"):
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute(statement.format(f"workshop.{table}").encode())


@pytest.mark.parametrize("cause", ["clock", "seats", "seats,clock"])
def test_cause_cannot_be_said(market: Market, session: UUID, connect: Connect, cause: str) -> None:
    writer = connect(role="sessionbook_writer")
    writer.execute("select set_config('lifecycle.cause', %s, false)", [cause])
    with raises_key("PT409", "illegal_transition"):
        writer.execute("update workshop.workshop_sessions set status = 'full' where id = %s", [session])
    with raises_key("PT409", "illegal_transition"):
        writer.execute("update workshop.workshop_runs set status = 'full'")
    writer.execute("update workshop.workshop_sessions set status = 'completed' where id = %s", [session])
    assert market.rows("select distinct cause from status_changes") == [{"cause": "person"}]


@pytest.mark.parametrize("seats", ["current_attendees = current_attendees", "max_attendees = 2", "waiting_count = 0"])
def test_full_is_not_written_with_the_seats_as_they_are(session: UUID, connect: Connect, seats: str) -> None:
    with raises_key("PT409", "illegal_transition"):
        connect(role="sessionbook_writer").execute(
            f"update workshop.workshop_sessions set status = 'full', {seats} where id = %s", [session]
        )


def test_new_session_is_not_full_of_nobody(market: Market, session: UUID, connect: Connect) -> None:
    connect(role="sessionbook_writer").execute(
        "insert into workshop.workshop_sessions (workshop_id, session_date, start_time, max_attendees, status)"
        " select workshop_id, '2099-01-05', '10:00', 2, 'full' from workshop.workshop_sessions"
    )
    assert market.one("select count(*) from workshop_sessions where status = 'full'") == 0


def test_history_names_the_role_and_for_whom_it_acts(market: Market, session: UUID, connect: Connect) -> None:
    app = connect(role="sessionbook_app")
    app.execute("set sessionbook.actor = 'Noor at the desk'")
    app.execute("select from workshop.enroll(%s, 'Sara', p_seats => 2)", [session])
    rows = market.rows("select machine, to_status, cause, changed_by, actor from status_changes order by id")
    said = {"cause": "seats", "changed_by": "sessionbook_app", "actor": "Noor at the desk"}
    assert rows == [
        {"machine": "workshop.session", "to_status": "full", **said},
        {"machine": "workshop.run", "to_status": "full", **said},
    ]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "call",
    [
        "workshop.apply_step('complete_sessions', array(select id::text from workshop.workshop_runs), '2199-01-01')",
        "workshop.due_rows('complete_sessions', '2199-01-01', 10)",
        "workshop.steps()",
        "lifecycle.advance('workshop', '2199-01-01')",
        "lifecycle.tick('2199-01-01')",
        "workshop._collect_expired_holds((select id from workshop.workshop_sessions), '2199-01-01')",
        "workshop._follow_runs(array(select id from workshop.workshop_runs))",
        "workshop._purge_history('2199-01-01', 1)",
        "workshop.refresh_instants()",
    ],
)
def test_no_time_but_the_servers_and_nothing_internal(session: UUID, connect: Connect, role: str, call: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connect(role=role).execute(f"select {call}".encode())


@pytest.mark.parametrize("role", ROLES)
def test_fake_time_moves_nothing(market: Market, session: UUID, database: str, role: str) -> None:
    market.hold(session, "2098-01-01", seats=2)
    login = f"sbt_{role}_{session.hex[:8]}"
    market.conn.execute(f"create role {login} login password 'x' in role {role}")
    try:
        with psycopg.connect(database, user=login, password="x", autocommit=True) as conn:
            conn.execute("set lifecycle.fake_now = '2098-06-01 00:00+00'")
            with raises_key("PT409", "session_full"):
                conn.execute("select from workshop.enroll(%s, 'Sara')", [session])
    finally:
        market.conn.execute(f"drop role {login}")
    assert market.one("select status from enrollments") == "pending"


BAIT = """
create function pg_temp.bait() returns trigger language plpgsql as $$
begin
    insert into pg_temp.fired values (current_user);
    return null;
end $$;
create temp table fired (by_whom text);
grant all on fired to public;
create temp table bait (x integer);
create constraint trigger t after insert on bait deferrable initially deferred for each row
execute function pg_temp.bait();
"""


@pytest.mark.parametrize(
    "call",
    [
        "enroll({session}, 'Sara')",
        "enroll_many({session}, jsonb_build_array(jsonb_build_object('student_name', 'Sara')))",
        "join_waitlist({session}, 'Sara', 's@example.org')",
        "cancel_session({session})",
        "cancel_run({run})",
        "recount_seats({session})",
        "clone_workshop_sessions({workshop}, '2099-07-01')",
        "ensure_default_workshop_run({workshop})",
        "get_available_sessions({workshop})",
        "get_next_available_session({workshop})",
        "create_order({creator}, 'Sara', '1', jsonb_build_array(jsonb_build_object('workshop_id', {workshop})))",
        "create_order({creator}, 'S', '1', to_jsonb(array[jsonb_build_object('session_id', {session})]), p_paid => 1)",
        "retry_failed_steps()",
        "retry_failed_step(1)",
    ],
)
def test_what_the_caller_has_queued_runs_as_the_caller(
    market: Market, session: UUID, connect: Connect, call: str
) -> None:
    app = connect(role="sessionbook_app", autocommit=False)
    app.execute(BAIT)
    app.commit()
    row = market.row("select s.workshop_id, s.run_id from workshop_sessions as s")
    keys = {"session": session, "workshop": row["workshop_id"], "run": row["run_id"], "creator": market.creator}
    known = {name: f"'{key}'::uuid" for name, key in keys.items()}
    app.execute("insert into bait values (1)")
    with contextlib.suppress(psycopg.Error), app.transaction():
        app.execute(f"select * from workshop.{call.format(**known)}".encode())
    assert app.execute("select count(*) from fired").fetchone() == (0,)
    app.commit()
    assert app.execute("select by_whom from fired").fetchone() == ("sessionbook_app",)


def quickest_refusal(conn: psycopg.Connection, statement: str, arguments: list[object]) -> float:
    """Seconds that the quickest of three tries takes; the machine may be busy with other tests."""
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        with raises_key("PT400", "too_many"):
            conn.execute(statement.encode(), arguments)
        seconds.append(time.monotonic() - started)
    return min(seconds)


@pytest.mark.parametrize("items", [101, 4000, 100_000])
def test_long_orders_are_refused_at_once(market: Market, session: UUID, connect: Connect, items: int) -> None:
    item = {"workshop_id": str(market.one("select workshop_id from workshop_sessions"))}
    assert (
        quickest_refusal(
            connect(role="sessionbook_app"),
            "select workshop.create_order(%s, 'Sara', '1', %s)",
            [market.creator, json.dumps([item] * items)],
        )
        < 1
    )


def test_long_list_of_dates_is_refused_at_once(session: UUID, connect: Connect) -> None:
    assert (
        quickest_refusal(
            connect(role="sessionbook_writer"),
            "update workshop.workshop_sessions set session_dates = %s",
            [json.dumps(["2099-01-04"] * 100_000)],
        )
        < 1
    )


@pytest.mark.parametrize(
    "items", [["x" * 1_000_000], [{"x" * 1_000_000: 1}], [{"workshop_id": "x" * 1_000_000}], "x" * 1_000_000]
)
def test_what_a_caller_sends_is_not_echoed_whole(
    market: Market, session: UUID, connect: Connect, items: object
) -> None:
    with pytest.raises(psycopg.Error) as raised:
        connect(role="sessionbook_app").execute(
            "select workshop.create_order(%s, 'Sara', '1', %s)", [market.creator, json.dumps(items)]
        )
    assert raised.value.sqlstate == "PT400"
    assert len(str(raised.value)) < 2000


def test_long_value_of_a_list_of_dates_is_not_echoed_whole(session: UUID, connect: Connect) -> None:
    with raises_key("PT400", "invalid_session_dates") as error:
        connect(role="sessionbook_writer").execute(
            "update workshop.workshop_sessions set session_dates = %s", [json.dumps(["x" * 1_000_000])]
        )
    assert len(str(error.error)) < 2000


def test_long_idempotency_key_is_not_echoed_whole(market: Market, session: UUID, connect: Connect) -> None:
    app = connect(role="sessionbook_app")
    enroll = "select from workshop.enroll(%s, %s, p_idempotency_key => repeat('x', 2000))"
    with raises_key("PT400", "text_too_long") as error:
        app.execute(enroll, [session, "Sara"])
    assert len(str(error.error)) < 1000


def test_memo_of_a_run_found_right_is_not_believed(market: Market, session: UUID, connect: Connect) -> None:
    other = market.workshop("Glazing")
    run = market.one("select id from workshop_runs")
    writer = connect(role="sessionbook_writer")
    writer.execute("select set_config('lifecycle.known_run', %s, false)", [f"{run}{other}"])
    with raises_key("PT409", "run_workshop_mismatch"):
        writer.execute(
            "insert into workshop.workshop_sessions (workshop_id, run_id, session_date, start_time)"
            " values (%s, %s, '2099-01-04', '10:00')",
            [other, run],
        )


def test_writer_works_by_hand_what_triggers_follow(market: Market, session: UUID, connect: Connect) -> None:
    """Held seats that ran out are collected, and the run follows at commit, though the writer may do neither."""
    market.hold(session, "2020-01-01", seats=2)
    run = market.one("select id from workshop_runs")
    writer = connect(role="sessionbook_writer", autocommit=False)
    take = "update workshop.workshop_sessions set current_attendees = current_attendees + 1 where id = %s"
    writer.execute(take, [session])
    writer.execute(take, [session])
    writer.commit()
    assert (market.status(session), market.run_status(run)) == ("full", "full")
    writer.execute("update workshop.workshop_sessions set status = 'cancelled' where id = %s", [session])
    writer.execute("update workshop.workshop_sessions set status = 'upcoming' where id = %s", [session])
    writer.commit()
    assert (market.status(session), market.run_status(run)) == ("full", "full")


def test_each_call_of_the_application_comes_to_its_commit(market: Market, session: UUID, connect: Connect) -> None:
    app = connect(role="sessionbook_app", autocommit=False)
    workshop = market.one("select workshop_id from workshop_sessions")
    run = market.one("select id from workshop_runs")

    def call(function: str, *arguments: object) -> tuple[object, ...]:
        places = ", ".join(["%s"] * len(arguments))
        row = app.execute(f"select * from workshop.{function}({places})".encode(), arguments).fetchone()
        app.commit()
        return row or ()

    items = json.dumps([{"workshop_id": str(workshop)}])
    order = call("create_order", market.creator, "Sara", "+965 1", items)[0]
    call("set_order_status", order, "paid")
    call("set_order_status", order, "paid")
    more = market.session(workshop, max_attendees=9)
    call("enroll_many", more, json.dumps([{"student_name": "Sara"}, {"student_name": "Ali"}]), "k")
    items = json.dumps([{"session_id": str(more)}])
    call("create_order", market.creator, "Sara", "+965 1", items, "direct", "1 hour", None, None, 10, "knet", "r1")
    seat = call("enroll", session, "Noor", "noor@example.org")[0]
    first = call("join_waitlist", session, "Dana", "dana@example.org")[0]
    second = call("join_waitlist", session, "Omar", "omar@example.org")[0]
    call("cancel_enrollment", seat)
    call("cancel_enrollment", seat)
    call("accept_offer", first)
    call("accept_offer", first)
    call("leave_waitlist", second)
    call("leave_waitlist", second)
    call("set_order_status", order, "refunded")
    call("restore_enrollment", seat)
    call("recount_seats", session)
    call("get_available_sessions", workshop)
    call("get_next_available_session", workshop)
    call("clone_workshop_sessions", workshop, "2099-07-01")
    market.session(workshop, day="2099-01-09")
    call("ensure_default_workshop_run", workshop)
    call("cancel_session", session)
    call("cancel_session", session)
    call("cancel_run", run)
    call("cancel_run", run)
    assert market.rows("select * from seat_audit") == []
    assert market.rows("select * from stale_runs") == []
    assert market.run_status(run) == "cancelled"


@pytest.fixture
def own_operators(session: UUID, workshop: psycopg.Connection) -> str:
    """A path on which operators of the writer's own come before PostgreSQL's: all of them say yes."""
    workshop.execute("create schema theirs; grant usage on schema theirs to public")
    for kind in ("integer", "text", "timestamptz", "date"):
        yes = f"create function theirs.yes({kind}, {kind}) returns boolean language sql as 'select true'"
        workshop.execute(yes.encode())
        for operator in ("=", "<>", "<", "<=", ">", ">="):
            made = f"create operator theirs.{operator} (leftarg = {kind}, rightarg = {kind}, function = theirs.yes)"
            workshop.execute(made.encode())
    return "set search_path = theirs, pg_catalog"


def test_operators_of_the_callers_own_decide_nothing(
    market: Market, session: UUID, connect: Connect, own_operators: str
) -> None:
    writer = connect(role="sessionbook_writer")
    writer.execute(own_operators.encode())
    for statement in (
        "update workshop.workshop_sessions set current_attendees = 0",
        "update workshop.workshop_sessions set max_attendees = 3",
        "update workshop.workshop_sessions set is_completed = false",
        "update workshop.workshop_sessions set end_time = '13:00'",
    ):
        writer.execute(statement.encode())
    with raises_key("PT409", "illegal_transition"):
        writer.execute("update workshop.workshop_sessions set status = 'full'")
    with raises_key("PT400", "unknown_timezone"):
        writer.execute("update workshop.workshop_sessions set timezone = 'XYZ-3'")
    assert market.row("select status, is_completed, ends_at - starts_at as length from workshop_sessions") == {
        "status": "upcoming",
        "is_completed": False,
        "length": timedelta(hours=3),
    }
    assert market.rows("select * from status_changes") == []
