"""Nobody climbs, stops or forges the clock: each way that was found is tried as the role that would take it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from support.connect import Connect
from support.errors import raises_key
from support.toy import make_toy

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


@pytest.fixture
def toy(db: psycopg.Connection) -> psycopg.Connection:
    make_toy(db, 3)
    db.execute(
        "create function toy.retry_failed_step(p_id bigint) returns boolean language sql security definer"
        " set search_path = toy, pg_temp"
        " return (select r.is_done from lifecycle.retry_failed_steps('toy', null, p_id) as r);"
        " grant execute on function toy.retry_failed_step(bigint) to public"
    )
    return db


@pytest.fixture
def login(toy: psycopg.Connection, database: str) -> Iterator[psycopg.Connection]:
    """A session of a role that may run the clock and log in, and nothing else."""
    name = f"{toy.info.dbname}_login"
    role = sql.Identifier(name)
    toy.execute(sql.SQL("create role {} login password 'x' in role sessionbook_clock").format(role))
    with psycopg.connect(database, user=name, password="x", autocommit=True) as conn:
        pid = conn.info.backend_pid
        yield conn
    # It drops its temporary tables as it goes, which would meet what follows.
    toy.execute("select pg_terminate_backend(%s, 5000)", [pid])
    toy.execute(sql.SQL("reassign owned by {0} to current_user; drop owned by {0}; drop role {0}").format(role))


def done(conn: psycopg.Connection) -> int:
    row = conn.execute("select count(*) from toy.things where status = 'done'").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    "call",
    [
        "select lifecycle.tick()",
        "select lifecycle.run_batch(1, 'toy', null)",
        "select toy.retry_failed_step(1)",
    ],
)
def test_what_the_caller_has_queued_never_runs_as_the_owner(login: psycopg.Connection, call: str) -> None:
    login.execute(BAIT)
    login.autocommit = False
    login.execute("insert into bait values (1)")
    with raises_key("PT409", "transaction_has_written"):
        login.execute(call)
    login.rollback()
    login.execute("insert into bait values (1)")
    login.commit()
    assert login.execute("select distinct who from caught").fetchall() == [(login.info.user,)]


def test_the_owners_queue_waits_for_its_own_end_too(toy: psycopg.Connection) -> None:
    toy.execute(BAIT)
    toy.autocommit = False
    toy.execute("insert into bait values (1)")
    toy.execute("select lifecycle.tick()")
    assert toy.execute("select count(*) from caught").fetchone() == (0,)
    toy.commit()
    assert toy.execute("select count(*) from caught").fetchone() == (1,)
    assert done(toy) == 3


@pytest.mark.parametrize(
    "give",
    [
        "alter schema toy owner to {}",
        "alter function toy.has_work(timestamptz) owner to {}",
        "alter function toy.due_rows(text, timestamptz, integer) owner to {}",
        "alter function toy.apply_step(text, text[], timestamptz) owner to {}",
        "alter table toy.things owner to {}",
        "create table toy.more (); alter table toy.more owner to {}",
        "alter view toy.status_rules owner to {}",
        "create view toy.clock_health as select 1 as overdue; alter view toy.clock_health owner to {}",
        "create view toy.read_by_apply_step as select 1 as x; alter view toy.read_by_apply_step owner to {}",
        "create materialized view toy.kept as select 1 as x; alter materialized view toy.kept owner to {}",
        "create function toy.overload(x text) returns text language sql return x;"
        " alter function toy.overload(text) owner to {}",
        "create procedure toy.proc() language sql as ''; alter procedure toy.proc() owner to {}",
        "create sequence toy.numbers; alter sequence toy.numbers owner to {}",
        "create domain toy.word as text; alter domain toy.word owner to {}",
        "create type toy.pair as (a integer, b integer); alter type toy.pair owner to {}",
        "create operator toy.~~~ (leftarg = text, rightarg = text, function = pg_catalog.texteq);"
        " alter operator toy.~~~ (text, text) owner to {}",
    ],
)
def test_nothing_of_somebody_else_is_called(toy: psycopg.Connection, login: psycopg.Connection, give: str) -> None:
    toy.execute(sql.SQL(give).format(sql.Identifier(login.info.user)))
    assert toy.execute("select step, failed from lifecycle.tick()").fetchall() == [("advance", 1)]
    assert done(toy) == 0
    health = toy.execute("select healthy, reason from lifecycle.health").fetchone()
    assert health is not None
    assert (health[0], "toy: PT409" in health[1]) == (False, True)
    with raises_key("PT409", "schema_not_ours"):
        toy.execute("select lifecycle.register_clock('toy', 'toy')")
    with raises_key("PT409", "schema_not_ours"):
        toy.execute("select lifecycle.retry_failed_steps('toy')")


def test_an_advisory_lock_stops_nothing(toy: psycopg.Connection, login: psycopg.Connection) -> None:
    login.execute("select pg_advisory_lock(hashtextextended('lifecycle.run_tick', 0))")
    toy.execute("call lifecycle.run_tick()")
    assert done(toy) == 3


@pytest.mark.parametrize("table", ["clocks", "ticks", "settings"])
def test_nobody_but_the_owner_writes_or_locks_what_the_clock_goes_by(
    toy: psycopg.Connection, login: psycopg.Connection, table: str
) -> None:
    for statement in ("delete from lifecycle.{}", "select from lifecycle.{} for update", "lock table lifecycle.{}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), login.transaction():
            login.execute(sql.SQL(statement).format(sql.Identifier(table)))


def test_a_run_by_the_clock_role_moves_and_is_noted(toy: psycopg.Connection, login: psycopg.Connection) -> None:
    login.execute("call lifecycle.run_tick()")
    assert done(toy) == 3
    assert toy.execute("select moved, error from lifecycle.ticks").fetchall() == [({"toy": {"finish": 3}}, None)]


def test_records_of_other_processes_cannot_be_written(toy: psycopg.Connection, login: psycopg.Connection) -> None:
    toy.execute("select lifecycle.start_tick()")
    login.execute("select lifecycle.run_batch(1, 'toy', null)")
    login.execute("select lifecycle.finish_tick(1)")
    assert toy.execute("select moved, finished_at from lifecycle.ticks").fetchall() == [({}, None)]


def test_only_the_owner_moves_time(toy: psycopg.Connection, login: psycopg.Connection) -> None:
    toy.execute("update toy.things set due_at = '2098-01-01'")
    login.execute("select lifecycle.tick('2099-01-01')")
    login.execute("set lifecycle.fake_now = '2099-01-01 00:00+00'")
    login.execute("call lifecycle.run_tick()")
    assert done(toy) == 0
    toy.execute("select lifecycle.tick('2099-01-01')")
    assert done(toy) == 3


def test_a_set_role_does_not_lend_the_owners_time(toy: psycopg.Connection, connect: Connect) -> None:
    """The other way round: the owner's session keeps it after SET ROLE, because it is who logged in that counts."""
    conn = connect(role="sessionbook_clock")
    toy.execute("update toy.things set due_at = '2098-01-01'")
    conn.execute("select lifecycle.tick('2099-01-01')")
    assert done(toy) == 3


def test_a_memo_that_the_caller_can_write_is_no_memo(toy: psycopg.Connection) -> None:
    toy.execute("create table toy.places (timezone text)")
    toy.execute(
        "create trigger zone before insert on toy.places for each row execute function lifecycle.validate_timezone()"
    )
    for zone in ("XYZ-3", "FOO3", "AST", "x" * 1_000_000):
        toy.execute("select set_config('lifecycle.known_timezone', %s, false)", [zone[:100]])
        with raises_key("PT400", "unknown_timezone") as raised:
            toy.execute("insert into toy.places values (%s)", [zone])
        assert len(raised.message) < 300


def test_a_heartbeat_from_the_future_is_none(toy: psycopg.Connection) -> None:
    toy.execute("insert into lifecycle.ticks (started_at, finished_at) values ('2099-01-01', '2099-01-01')")
    row = toy.execute("select healthy, last_tick_at from lifecycle.health").fetchone()
    assert row == (False, None)
    toy.execute("call lifecycle.run_tick()")
    assert toy.execute("select healthy from lifecycle.health").fetchone() == (True,)


def test_a_heartbeat_from_the_future_hides_no_old_one_and_no_error(toy: psycopg.Connection) -> None:
    toy.execute(
        "insert into lifecycle.ticks (started_at, finished_at)"
        " values (now() - interval '2 hours', now() - interval '2 hours'), (now(), '2099-01-01')"
    )
    query = "select healthy, last_tick_at = now() - interval '2 hours' from lifecycle.health"
    with toy.transaction():
        toy.execute("update lifecycle.ticks set finished_at = now() - interval '2 hours' where finished_at < now()")
        assert toy.execute(query).fetchone() == (False, True)
    toy.execute("call lifecycle.run_tick()")
    assert toy.execute("select healthy from lifecycle.health").fetchone() == (True,)
    toy.execute("update lifecycle.clocks set last_ok_at = '2099-01-01', last_error = 'PT409 boom'")
    assert toy.execute("select healthy from lifecycle.health").fetchone() == (False,)


@pytest.mark.parametrize("table", ["things", "status_changes", "failed_steps"])
def test_row_security_that_hides_rows_from_the_clock_is_named(
    toy: psycopg.Connection, database: str, login: psycopg.Connection, table: str
) -> None:
    owner = f"{toy.info.dbname}_owner"
    role = sql.Identifier(owner)
    toy.execute(sql.SQL("create role {} login password 'x'").format(role))
    for kind, name in toy.execute(
        "select 'schema', n.oid::regnamespace::text from pg_namespace as n where n.nspname in ('lifecycle', 'toy')"
        " union all select 'table', c.oid::regclass::text from pg_class as c"
        " where c.relnamespace::regnamespace::text in ('lifecycle', 'toy')"
        " and (c.relkind in ('r', 'v') or c.relname = 'clock_mark')"
        " union all select 'routine', p.oid::regprocedure::text from pg_proc as p"
        " where p.pronamespace::regnamespace::text in ('lifecycle', 'toy')"
    ).fetchall():
        toy.execute(sql.SQL("alter {} {} owner to {}").format(sql.SQL(kind), sql.SQL(name), role))
    toy.execute(f"alter table toy.{table} enable row level security, force row level security".encode())
    login.execute("call lifecycle.run_tick()")
    assert done(toy) == 0
    error = toy.execute("select last_error from lifecycle.clocks").fetchone()
    assert error is not None
    assert error[0].startswith("PT409 ")
    assert f"toy.{table}" in error[0]
    toy.execute(sql.SQL("set session authorization {}").format(role))
    with raises_key("PT409", "row_security_forced"):
        toy.execute("select lifecycle.register_clock('toy', 'toy')")
    toy.execute("reset session authorization")
    assert toy.execute("select healthy from lifecycle.health").fetchone() == (False,)
    toy.execute(f"alter table toy.{table} no force row level security".encode())
    login.execute("call lifecycle.run_tick()")
    assert done(toy) == 3
    toy.execute(sql.SQL("reassign owned by {} to current_user").format(role))
    toy.execute(sql.SQL("drop role {}").format(role))


def test_a_table_that_is_locked_costs_a_run_seconds_and_not_minutes(
    toy: psycopg.Connection, connect: Connect, login: psycopg.Connection
) -> None:
    holder = connect(autocommit=False)
    holder.execute("lock table toy.things in access exclusive mode")
    began = time.monotonic()
    login.execute("call lifecycle.run_tick()")
    assert time.monotonic() - began < 30
    row = toy.execute("select error from lifecycle.ticks").fetchone()
    assert row is not None
    assert f"process {holder.info.backend_pid} " in row[0]
    health = toy.execute("select reason from lifecycle.health").fetchone()
    assert health is not None
    assert f"process {holder.info.backend_pid} " in health[0]


@pytest.mark.parametrize(
    ("settings", "actor"),
    [
        ({}, "postgres"),
        ({"sessionbook.actor": "amal"}, "amal"),
        ({"request.jwt.claims": '{"sub": "u-17", "role": "x"}'}, "u-17"),
        ({"request.jwt.claims": '{"sub": '}, "postgres"),
        ({"request.jwt.claims": "no json"}, "postgres"),
        ({"request.jwt.claims": '{"sub": 17}'}, "17"),
        ({"request.jwt.claims": '{"sub": "a\\u0000b"}'}, "postgres"),
        ({"request.jwt.claims": '{"sub": ' + "[" * 200_000}, "postgres"),
        ({"request.jwt.claims": '[{"sub": "u-17"}]'}, "postgres"),
        ({"sessionbook.actor": "amal", "request.jwt.claims": '{"sub": "u-17"}'}, "amal"),
        ({"sessionbook.actor": "y" * 5000}, "y" * 200),
    ],
)
def test_an_actor_is_what_the_application_says(toy: psycopg.Connection, settings: dict[str, str], actor: str) -> None:
    for name, value in settings.items():
        toy.execute("select set_config(%s, %s, false)", [name, value])
    row = toy.execute("select lifecycle.actor()").fetchone()
    assert row == (actor if actor != "postgres" else toy.info.user,)


def test_changed_by_is_the_role_of_set_role_else_who_logged_in(toy: psycopg.Connection) -> None:
    assert toy.execute("select lifecycle.changed_by()").fetchone() == (toy.info.user,)
    toy.execute("set role sessionbook_app")
    assert toy.execute("select lifecycle.changed_by()").fetchone() == ("sessionbook_app",)


def test_the_record_of_a_run_takes_no_text_of_the_callers(toy: psycopg.Connection, login: psycopg.Connection) -> None:
    row = login.execute("select tick_id from lifecycle.start_tick()").fetchone()
    assert row is not None
    toy.execute("update lifecycle.clocks set enabled = false")
    for name in ("x" * 1_000_000, "nowhere", "toy"):
        login.execute("select lifecycle.run_batch(%s, %s, null)", [row[0], name])
    assert toy.execute("select moved, error from lifecycle.ticks").fetchall() == [({}, None)]


@pytest.mark.parametrize("text", ["job", "home"])
def test_a_job_shows_no_text_whole(login: psycopg.Connection, text: str) -> None:
    login.execute("select set_config('a.text', %s, false)", ["x" * 1_000_000])
    texts = {"job": "current_setting('a.text'), lifecycle.home()", "home": "'tick', current_setting('a.text')"}
    with pytest.raises(psycopg.Error) as caught:
        login.execute(f"do $$ begin call lifecycle.run_job({texts[text]}); end $$".encode())
    assert caught.value.diag.constraint_name in ("job_not_found", "job_not_at_home")
    assert len(f"{caught.value.diag.message_primary}{caught.value.diag.message_detail}") < 1000
