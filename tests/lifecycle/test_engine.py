"""The engine of steps, on a unit that is none of ours: a unit's clock is two functions and a list of steps."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from support.connect import Connect
from support.errors import raises_key
from support.toy import make_toy

BROKEN = (
    "create function toy.audit() returns trigger language plpgsql as"
    " $$ begin perform missing_function(new.id); return null; end $$;"
    "create trigger audit after update on toy.things for each row execute function toy.audit()"
)
RETRY = "select r.is_done from toy.failed_steps as f, lifecycle.retry_failed_steps('toy', null, f.id) as r"
POISON = "alter table toy.things add constraint no_poison check (not (status = 'done' and id = %s))"
POISON_LATE = (
    "create function toy.refuse() returns trigger language plpgsql as"
    " $$ begin if new.id = %s then raise exception 'not today'; end if; return null; end $$;"
    "create constraint trigger refuse after update on toy.things deferrable initially deferred"
    " for each row execute function toy.refuse()"
)
# `others` takes in no failed assertion.
POISON_ASSERTED = (
    "create function toy.check_it() returns trigger language plpgsql as"
    " $$ begin assert new.id <> %s or new.status <> 'done'; return null; end $$;"
    "create trigger check_it after update on toy.things for each row execute function toy.check_it()"
)


@pytest.fixture
def toy(db: psycopg.Connection) -> psycopg.Connection:
    make_toy(db, 10)
    return db


def one(conn: psycopg.Connection, query: str) -> object:
    row = conn.execute(query).fetchone()
    assert row is not None
    return row[0]


def tick(conn: psycopg.Connection, now: str | None = None) -> list[tuple[object, ...]]:
    return conn.execute(
        "select schema_name, step, moved, failed from lifecycle.tick(%s::timestamptz)", [now]
    ).fetchall()


def done(conn: psycopg.Connection) -> object:
    return one(conn, "select count(*) from toy.things where status = 'done'")


def test_what_is_due_moves_and_a_second_pass_moves_nothing(toy: psycopg.Connection) -> None:
    assert tick(toy) == [("toy", "finish", 10, 0)]
    assert tick(toy) == []


ASKED = (
    "create table toy.asked (id bigint generated always as identity, step text);"
    "create or replace function toy.steps() returns text[] language sql immutable return array['other', 'finish'];"
    "alter function toy.due_rows rename to due_rows_of_finish;"
    "create function toy.due_rows(p_step text, p_now timestamptz, p_limit integer) returns text[]"
    " language plpgsql as $$ begin insert into toy.asked (step) values (p_step);"
    " return case p_step when 'finish' then toy.due_rows_of_finish(p_step, p_now, p_limit) else {other} end; end $$"
)


def test_a_run_asks_only_the_steps_again_that_filled_a_batch(toy: psycopg.Connection) -> None:
    """What there is to find may take long to read, and a backlog has many batches."""
    toy.execute("insert into toy.things (id) select g from generate_series(11, 10001) as g")
    toy.execute(ASKED.format(other="'{}'").encode())
    toy.execute("call lifecycle.run_tick()")
    assert done(toy) == 10001
    assert one(toy, "select array_agg(step order by id) from toy.asked") == [
        *("other", "finish"),
        *("finish", "finish"),
        *("other", "finish"),
    ]
    assert one(toy, "select moved from lifecycle.ticks order by id desc limit 1") == {"toy": {"finish": 10001}}


def test_a_step_that_always_finds_something_keeps_no_other_step_out(toy: psycopg.Connection) -> None:
    """Rows may fall due as fast as batches go, and what the other step has to do comes up meanwhile."""
    toy.execute("update toy.things set status = 'done'")
    toy.execute(
        ASKED.format(
            other="case when (select count(*) from toy.asked) < 40"
            " and not exists (select from toy.things as t where t.id = 12 and t.status = 'done') then array['11'] end"
        ).encode()
    )
    toy.execute(
        "create or replace function toy.apply_step(p_step text, p_ids text[], p_now timestamptz) returns bigint"
        " language plpgsql set search_path from current as $$ begin"
        " if p_step = 'other' then insert into toy.things (id) values (12) on conflict do nothing; return 1; end if;"
        " update toy.things set status = 'done' where id = any(p_ids::integer[]); return cardinality(p_ids); end $$;"
        "create or replace function toy.steps() returns text[] language sql immutable return array['finish', 'other'];"
        "insert into toy.things (id) values (11)"
    )
    toy.execute("call lifecycle.run_tick()")
    assert done(toy) == 12
    assert one(toy, "select array_agg(step order by id) from toy.asked") == ["finish", "other"] * 3


@pytest.mark.parametrize("steps", ["array['finish', null]", "array['finish', 'finish', 'nonsense']", "null"])
def test_a_batch_takes_the_steps_that_it_is_asked_for(toy: psycopg.Connection, steps: str) -> None:
    toy.execute("select lifecycle.start_tick()")
    assert one(toy, f"select lifecycle.run_batch(1, 'toy', {steps})") == []
    assert one(toy, f"select lifecycle.run_batch(1, 'toy', {steps})") is None
    assert toy.execute("select moved, error from lifecycle.ticks").fetchall() == [({"toy": {"finish": 10}}, None)]


@pytest.mark.parametrize("steps", ["'{}'", "array[null::text]", "array['nonsense']"])
def test_a_batch_of_no_known_step_does_nothing_and_accuses_nobody(toy: psycopg.Connection, steps: str) -> None:
    toy.execute("select lifecycle.start_tick()")
    assert one(toy, f"select lifecycle.run_batch(1, 'toy', {steps})") is None
    assert toy.execute("select moved, failed, error from lifecycle.ticks").fetchall() == [({}, 0, None)]
    assert done(toy) == 0
    with raises_key("PT400", "too_many"):
        toy.execute("select lifecycle.run_batch(1, 'toy', array_fill('x'::text, '{1001}'))")


@pytest.mark.parametrize("limit", [0, None, 1_000_001])
def test_limits_out_of_bounds_are_refused(toy: psycopg.Connection, limit: int | None) -> None:
    with raises_key("PT400", "invalid_limit"):
        toy.execute("select lifecycle.tick(null, %s)", [limit])


@pytest.mark.parametrize(
    "poison", [POISON, POISON_LATE, POISON_ASSERTED], ids=["check", "deferred trigger", "assertion"]
)
def test_one_bad_row_does_not_hold_up_the_others(toy: psycopg.Connection, poison: str) -> None:
    toy.execute(poison.replace("%s", "4"))
    assert tick(toy) == [("toy", "finish", 9, 1)]
    assert toy.execute(
        "select step, subject_id, attempts, next_attempt_at > now() from toy.failed_steps"
    ).fetchall() == [("finish", "4", 1, True)]
    assert tick(toy) == [("toy", "finish", 0, 0)]


def test_attempts_grow_apart_and_end_after_five(toy: psycopg.Connection) -> None:
    toy.execute(POISON.replace("%s", "4"))
    waits = []
    for _ in range(5):
        tick(toy)
        waits.append(
            one(toy, "select extract(epoch from f.next_attempt_at - f.failed_at)::integer from toy.failed_steps as f")
        )
        toy.execute("update toy.failed_steps set next_attempt_at = now()")
        if waits[-1] is None:
            toy.execute("update toy.failed_steps set next_attempt_at = null")
    assert waits == [60, 240, 960, 3840, None]
    assert tick(toy) == [("toy", "finish", 0, 0)]
    assert one(toy, "select steps_given_up from lifecycle.health") == 1


def test_a_failure_of_everybody_blames_no_row_and_one_tick_after_the_mend_moves_everything(
    toy: psycopg.Connection,
) -> None:
    toy.execute(BROKEN)
    assert tick(toy) == [("toy", "advance", 0, 1)]
    assert one(toy, "select count(*) from toy.failed_steps") == 0
    health = toy.execute("select healthy, reason from lifecycle.health").fetchone()
    assert health is not None
    assert (health[0], "42883" in health[1]) == (False, True)
    toy.execute("drop trigger audit on toy.things")
    assert tick(toy) == [("toy", "finish", 10, 0)]


def test_an_assertion_outside_of_a_row_fails_this_pass_alone(toy: psycopg.Connection) -> None:
    toy.execute(
        "create or replace function toy.steps() returns text[] language plpgsql as $$ begin assert false; end $$"
    )
    toy.execute("call lifecycle.run_tick()")
    assert one(toy, "select c.last_error like 'P0004 %' from lifecycle.clocks as c") is True
    assert one(toy, "select t.finished_at is not null and t.failed = 1 from lifecycle.ticks as t") is True


def test_a_failed_pass_is_also_a_warning_with_its_sqlstate(toy: psycopg.Connection) -> None:
    toy.execute(BROKEN)
    heard: list[tuple[str | None, str | None]] = []
    toy.add_notice_handler(lambda diag: heard.append((diag.severity_nonlocalized, diag.sqlstate)))
    tick(toy)
    assert ("WARNING", "42883") in heard


def test_a_lost_race_never_counts(toy: psycopg.Connection, connect: Connect) -> None:
    toy.execute(
        "create table toy.held (id integer); insert into toy.held values (1);"
        "create function toy.wait() returns trigger language plpgsql as"
        " $$ begin perform from toy.held for update; return null; end $$;"
        "create trigger wait after update on toy.things for each row when (new.id = 4) execute function toy.wait()"
    )
    holder = connect(autocommit=False)
    holder.execute("select from toy.held for update")
    assert tick(toy) == [("toy", "finish", 9, 0)]
    assert toy.execute("select attempts, sqlstate, next_attempt_at is not null from toy.failed_steps").fetchall() == [
        (0, "55P03", True)
    ]
    holder.rollback()
    assert one(toy, RETRY) is True
    assert done(toy) == 10


def test_a_retry_that_is_left_open_holds_up_nobody(toy: psycopg.Connection, connect: Connect) -> None:
    toy.execute(POISON.replace("%s", "4"))
    tick(toy)
    toy.execute("update toy.failed_steps set next_attempt_at = now()")
    toy.execute("insert into toy.things (id) values (11)")
    other = connect(autocommit=False)
    assert one(other, RETRY) is False
    assert tick(toy) == [("toy", "finish", 1, 0)]
    other.commit()


def test_a_lock_that_every_row_meets_costs_seconds(toy: psycopg.Connection, connect: Connect) -> None:
    toy.execute("insert into toy.things (id) select g from generate_series(11, 500) as g")
    toy.execute(
        "create table toy.held (id integer); insert into toy.held values (1);"
        "create function toy.wait() returns trigger language plpgsql as"
        " $$ begin perform from toy.held for update; return null; end $$;"
        "create trigger wait after update on toy.things for each row execute function toy.wait()"
    )
    holder = connect(autocommit=False)
    holder.execute("select from toy.held for update")
    toy.execute("set statement_timeout = '20s'")
    assert tick(toy) == [("toy", "finish", 0, 0)]
    assert one(toy, "select count(*) from toy.failed_steps where attempts = 0") == 20
    holder.rollback()
    assert tick(toy) == [("toy", "finish", 480, 0)]


def test_held_rows_are_passed_over_and_their_holder_is_named(toy: psycopg.Connection, connect: Connect) -> None:
    toy.execute("select lifecycle.start_tick()")
    holder = connect(autocommit=False)
    holder.execute("set application_name = 'nightly report'")
    holder.execute("select from toy.things where id = 3 for share")
    assert tick(toy) == [("toy", "finish", 9, 0)]
    # Without the view of a unit of ours nothing counts as overdue, so the holder is asked for by itself.
    named = str(one(toy, "select lifecycle._row_holders('toy', now())"))
    assert f"process {holder.info.backend_pid} " in named
    assert "nightly report" in named


def test_rows_held_by_several_are_named_by_each(toy: psycopg.Connection, connect: Connect) -> None:
    holders = [connect(autocommit=False), connect(autocommit=False)]
    for holder in holders:
        holder.execute("select from toy.things where id = 3 for share")
    named = str(one(toy, "select lifecycle._row_holders('toy', now())"))
    assert all(f"process {holder.info.backend_pid} " in named for holder in holders)


@pytest.mark.every_server
def test_a_prepared_transaction_that_holds_rows_or_a_table_is_named(toy: psycopg.Connection) -> None:
    if one(toy, "show max_prepared_transactions") == "0":
        pytest.skip("the server prepares no transactions")
    held = {"select from toy.things where id = 3 for share": None, "lock table toy.things": "55P03"}
    for statement, code in held.items():
        gid = f"{toy.info.dbname} {statement}"
        toy.execute("begin")
        toy.execute(statement.encode())
        toy.execute(sql.SQL("prepare transaction {}").format(sql.Literal(gid)))
        try:
            if code is None:
                named = str(one(toy, "select lifecycle._row_holders('toy', now())"))
            else:
                assert tick(toy) == [("toy", "advance", 0, 1)]
                named = str(one(toy, "select last_error from lifecycle.clocks where schema_name = 'toy'"))
                assert named.startswith(code)
            assert f"prepared transaction '{gid}' " in named
        finally:
            toy.execute(sql.SQL("rollback prepared {}").format(sql.Literal(gid)))


def test_a_locked_table_fails_one_installation_and_names_who_locks_it(
    toy: psycopg.Connection, connect: Connect
) -> None:
    holder = connect(autocommit=False)
    holder.execute("lock table toy.things in access exclusive mode")
    assert tick(toy) == [("toy", "advance", 0, 1)]
    error = str(one(toy, "select last_error from lifecycle.clocks where schema_name = 'toy'"))
    assert error.startswith("55P03 ")
    assert f"process {holder.info.backend_pid} " in error
    holder.rollback()
    assert tick(toy) == [("toy", "finish", 10, 0)]


def test_a_given_up_row_that_is_no_longer_due_goes(toy: psycopg.Connection) -> None:
    toy.execute(POISON.replace("%s", "4"))
    tick(toy)
    toy.execute(
        "update toy.failed_steps set next_attempt_at = null; update toy.things set due_at = 'infinity' where id = 4"
    )
    tick(toy)
    assert one(toy, "select count(*) from toy.failed_steps") == 0


def test_a_retry_is_true_only_if_something_moved_or_nothing_is_due(toy: psycopg.Connection, connect: Connect) -> None:
    toy.execute(POISON.replace("%s", "4"))
    tick(toy)
    assert one(toy, RETRY) is False
    toy.execute("alter table toy.things drop constraint no_poison")
    holder = connect(autocommit=False)
    holder.execute("select from toy.things where id = 4 for update")
    assert one(toy, RETRY) is False
    holder.rollback()
    assert one(toy, RETRY) is True
    assert done(toy) == 10
    with raises_key("PT404", "failed_step_not_found"):
        toy.execute("select lifecycle.retry_failed_steps('toy', null, 1)")


def test_many_are_tried_again_with_one_call(toy: psycopg.Connection) -> None:
    toy.execute("alter table toy.things add constraint odd check (status = 'waiting' or id % 2 = 0)")
    tick(toy)
    toy.execute("alter table toy.things drop constraint odd; update toy.failed_steps set next_attempt_at = null")
    rows = toy.execute("select subject_id, is_done from lifecycle.retry_failed_steps('toy')").fetchall()
    assert rows == [(subject, True) for subject in ("1", "3", "5", "7", "9")]
    assert done(toy) == 10


def test_a_retry_of_many_does_not_wait_for_each_of_them(toy: psycopg.Connection, connect: Connect) -> None:
    toy.execute(
        "insert into toy.things (id) select generate_series(100, 199);"
        " insert into toy.failed_steps (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at)"
        " select 'finish', n::text, '23514', 'bad', 5, now(), now() from generate_series(100, 199) as n"
    )
    holder = connect(autocommit=False)
    holder.execute("select from toy.things for update")
    toy.execute("set statement_timeout = '10s'")
    tried = toy.execute("select is_done from lifecycle.retry_failed_steps('toy')").fetchall()
    assert tried == [(False,)] * 100
    holder.rollback()
    assert one(toy, "select count(*) from lifecycle.retry_failed_steps('toy') as r where r.is_done") == 100


def test_the_owners_own_deferred_failure_is_not_a_rows(toy: psycopg.Connection) -> None:
    toy.execute(POISON_LATE.replace("%s", "4"))
    toy.autocommit = False
    toy.execute("update toy.things set due_at = now() where id = 4")
    with pytest.raises(psycopg.errors.RaiseException):
        tick(toy)
    toy.rollback()
    assert one(toy, "select count(*) from toy.failed_steps") == 0


def test_constraints_are_left_as_they_were_declared(toy: psycopg.Connection) -> None:
    toy.execute(
        "create table toy.pairs (a integer constraint early unique deferrable initially immediate,"
        " b integer constraint late unique deferrable initially deferred)"
    )
    with toy.transaction(force_rollback=True):
        tick(toy)
        toy.execute("insert into toy.pairs values (1, 1)")
        toy.execute("insert into toy.pairs values (2, 1)")
        with pytest.raises(psycopg.errors.UniqueViolation), toy.transaction():
            toy.execute("insert into toy.pairs values (1, 3)")


def test_a_dropped_installation_is_named_until_it_is_taken_out(toy: psycopg.Connection) -> None:
    toy.execute("drop schema toy cascade")
    assert tick(toy) == [("toy", "advance", 0, 1)]
    assert one(toy, "select lifecycle.unregister_clock('toy')") is True
    assert one(toy, "select lifecycle.unregister_clock('toy')") is False
    assert tick(toy) == []


@pytest.mark.parametrize("break_it", ["alter schema toy rename to toys", "drop function toy.apply_step"])
def test_an_installation_that_is_not_whole_is_named_and_holds_up_no_other(
    toy: psycopg.Connection, break_it: str
) -> None:
    toy.execute(
        "insert into tutoring.sessions (session_date, start_time, end_time, timezone)"
        " values ('2020-01-01', '10:00', '12:00', 'UTC'); select lifecycle.register_clock('tutoring', 'tutoring')"
    )
    toy.execute(break_it.encode())
    moved = tick(toy)
    assert ("toy", "advance", 0, 1) in moved
    assert ("tutoring", "start_sessions", 1, 0) in moved
    health = toy.execute("select healthy, reason from lifecycle.health").fetchone()
    assert health is not None
    assert (health[0], "toy" in health[1]) == (False, True)
    assert one(toy, "select lifecycle.unregister_clock('toy')") is True
    assert tick(toy) == []


def test_a_run_writes_one_row_with_what_moved(toy: psycopg.Connection) -> None:
    toy.execute("call lifecycle.run_tick()")
    rows = toy.execute("select moved, failed, error, finished_at is not null from lifecycle.ticks").fetchall()
    assert rows == [({"toy": {"finish": 10}}, 0, None, True)]


def test_a_run_that_is_kept_out_says_so(toy: psycopg.Connection, connect: Connect) -> None:
    holder = connect(autocommit=False)
    holder.execute("select from lifecycle.clocks for update")
    toy.execute("call lifecycle.run_tick()")
    error = str(one(toy, "select error from lifecycle.ticks"))
    assert error.startswith("toy: kept out")
    assert f"process {holder.info.backend_pid} " in error


def test_a_broken_installation_that_somebody_holds_ends_no_run(toy: psycopg.Connection, connect: Connect) -> None:
    toy.execute("drop schema toy cascade")
    holder = connect(autocommit=False)
    holder.execute("select from lifecycle.clocks for update")
    toy.execute("call lifecycle.run_tick()")
    assert one(toy, "select finished_at is not null from lifecycle.ticks") is True


def test_a_stuck_installation_holds_nothing_of_another(toy: psycopg.Connection, connect: Connect) -> None:
    make_more = "create schema acme; create table acme.things (like toy.things including all)"
    for name in ("things", "status_changes", "failed_steps"):
        make_more += f"; create table if not exists acme.{name} (like toy.{name} including all)"
    toy.execute(make_more)
    for (definition,) in toy.execute(
        "select pg_get_functiondef(p.oid) from pg_proc as p where p.pronamespace = 'toy'::regnamespace"
        " and p.proname <> 'due_steps'"
    ).fetchall():
        toy.execute(definition.replace("toy", "acme"))
    toy.execute("insert into acme.things (id) values (1); select lifecycle.register_clock('acme', 'toy')")
    holder = connect(autocommit=False)
    holder.execute("lock table acme.things in access exclusive mode")
    toy.execute("call lifecycle.run_tick()")
    assert done(toy) == 10
    holder.rollback()
    toy.execute("call lifecycle.run_tick()")
    assert one(toy, "select status from acme.things") == "done"


def test_a_run_with_nothing_to_do_leaves_the_clocks_as_they_are(toy: psycopg.Connection) -> None:
    toy.execute("call lifecycle.run_tick()")
    before = one(toy, "select array_agg(row(c.ctid, c.xmax, c)::text) from lifecycle.clocks as c")
    toy.execute("call lifecycle.run_tick()")
    assert one(toy, "select array_agg(row(c.ctid, c.xmax, c)::text) from lifecycle.clocks as c") == before
    assert tick(toy) == []
    assert one(toy, "select array_agg(row(c.ctid, c.xmax, c)::text) from lifecycle.clocks as c") == before
