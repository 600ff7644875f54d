"""`sessionbook move`: an installation goes to another server, with all that is in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sessionbook.deploy import apply, status
from sessionbook.deploy.baseline import forget, rename
from sessionbook.deploy.verify import verify
from sessionbook.errors import ConnectError, DriftError, LockedError, SessionbookError, SqlError, UsageError
from sessionbook.fleet.move import move, plan, take_back

from support.errors import raises_key
from support.tenants import prefixes

from .conftest import contents

pytestmark = pytest.mark.usefixtures("password")
STEPS = ["making tables", "closing", "copying", "applying functions, views and triggers", "leaving"]
WRITE = {
    "workshop": "update workshop.workshops set name = name",
    "tutoring": "insert into tutoring.tutors (full_name) values ('Omar')",
    "training": "truncate training.sessions cascade",
}
BOOK = "select workshop.enroll((select s.id from workshop.workshop_sessions as s), 'Omar', 'omar@example.org')"
STANDING = "select count(*) from sessionbook.installations where schema_name = %s"
CLOCK = "select enabled from lifecycle.clocks where schema_name = 'workshop'"


class Killed(Exception):
    """The command is gone before this step."""


def one(dsn: str, query: str, *values: object, role: str | None = None) -> Any:
    with psycopg.connect(dsn, autocommit=True) as conn:
        if role:
            conn.execute(f"set role {role}".encode())
        cursor = conn.execute(query.encode(), values or None)
        row = cursor.fetchone() if cursor.description else None
    return row and row[0]


def dying_before(step: str) -> Callable[[str], None]:
    def say(begun: str) -> None:
        if begun == step:
            raise Killed

    return say


def works(dsn: str) -> None:
    """The installation takes a booking and is as it was applied."""
    one(dsn, "update workshop.workshop_sessions set max_attendees = 10")
    one(dsn, BOOK, role="sessionbook_app")
    assert verify(dsn).exit_code == 0
    assert one(dsn, "select count(*) from workshop.seat_audit") == 0
    assert one(dsn, CLOCK) is True


def has_moved(dsn: str) -> None:
    with raises_key("PT410", "tenant_moved"):
        one(dsn, WRITE["workshop"])
    assert one(dsn, STANDING, "workshop") == 0
    assert one(dsn, CLOCK) is None


@pytest.mark.every_server
@pytest.mark.parametrize("unit", ["workshop", "tutoring", "training"])
def test_everything_goes_along(filled: str, other: str, unit: str) -> None:
    before = contents(filled, unit)
    assert sum(map(len, before.values())) > 10
    found = move(filled, unit, other)
    assert found.target.endswith(f"/{conninfo_to_dict(other)['dbname']}")
    assert contents(other, unit) == before
    assert verify(other).exit_code == status(other).exit_code == 0
    assert one(other, STANDING, unit) == 1
    one(other, WRITE[unit], role="sessionbook_writer" if unit != "training" else None)
    with raises_key("PT410", "tenant_moved"):
        one(filled, WRITE[unit])
    assert one(filled, STANDING, unit) == 0
    assert verify(filled).exit_code == status(filled).exit_code == 0


def test_bookings_go_on_over_there(filled: str, other: str) -> None:
    move(filled, "workshop", other)
    works(other)
    with raises_key("PT410", "tenant_moved"):
        one(filled, BOOK, role="sessionbook_app")


def test_refusal_says_where_it_went(filled: str, other: str) -> None:
    found = move(filled, "workshop", other)
    one(other, "select 1")
    with pytest.raises(psycopg.Error) as refused:
        one(filled, "delete from workshop.workshops", role="sessionbook_writer")
    assert found.target in str(refused.value.diag.message_primary)


def test_tenant_keeps_its_roles(database: str, other: str, server: Any) -> None:
    with prefixes(server) as (prefix, *_):
        apply(database, units=["tutoring"], schemas={"tutoring": "acme"}, role_prefix=prefix)
        move(database, "acme", other)
        (copy,) = [copy for copy in status(other).copies if copy.schema == "acme"]
        assert (copy.unit, copy.role_prefix, copy.state) == ("tutoring", prefix, "up to date")
        assert one(other, "select has_table_privilege(%s, 'acme.sessions', 'select')", f"{prefix}_app")
        for dsn in (database, other):
            one(dsn, "drop schema acme cascade")


def test_installation_without_roles_stays_without(empty_database: str, other: str) -> None:
    apply(empty_database, units=["workshop"], roles=False)
    move(empty_database, "workshop", other)
    assert one(other, "select value from sessionbook.settings where key = 'roles'") == "false"
    assert status(other).exit_code == 0


def test_others_of_the_target_stay_as_they_are(filled: str, other: str) -> None:
    apply(other, units=["training"])
    move(filled, "workshop", other)
    assert {copy.schema for copy in status(other).copies if copy.version} == {"lifecycle", "training", "workshop"}


def test_clock_that_was_paused_stays_paused(filled: str, other: str) -> None:
    one(filled, "update lifecycle.clocks set enabled = false where schema_name = 'workshop'")
    move(filled, "workshop", other)
    assert one(other, CLOCK) is False


@pytest.mark.parametrize("step", STEPS)
def test_killed_before_a_step_it_can_be_gone_on_with(filled: str, other: str, step: str) -> None:
    before = contents(filled, "workshop")
    with pytest.raises(Killed):
        move(filled, "workshop", other, say=dying_before(step))
    move(filled, "workshop", None)
    assert contents(other, "workshop") == before
    works(other)
    has_moved(filled)


@pytest.mark.parametrize("step", STEPS)
def test_killed_before_a_step_it_can_be_taken_back(filled: str, other: str, step: str) -> None:
    with pytest.raises(Killed):
        move(filled, "workshop", other, say=dying_before(step))
    take_back(filled, "workshop")
    works(filled)
    assert one(other, "select to_regnamespace('workshop')::text") is None
    before = contents(filled, "workshop")
    move(filled, "workshop", other)
    assert contents(other, "workshop") == before


def test_killed_before_the_last_step_it_can_only_be_gone_on_with(filled: str, other: str) -> None:
    with pytest.raises(Killed):
        move(filled, "workshop", other, say=dying_before("opening"))
    has_moved(filled)
    with raises_key("PT503", "tenant_moving"):
        one(other, WRITE["workshop"])
    with pytest.raises(UsageError):
        take_back(filled, "workshop")
    move(filled, "workshop", other)
    works(other)


def test_moving_again_after_the_end_changes_nothing(filled: str, other: str) -> None:
    move(filled, "workshop", other)
    works(other)
    before = contents(other, "workshop")
    move(filled, "workshop", other)
    assert contents(other, "workshop") == before


@pytest.mark.parametrize("step", STEPS[2:])
def test_nobody_writes_on_either_side_while_it_is_closed(filled: str, other: str, step: str) -> None:
    with pytest.raises(Killed):
        move(filled, "workshop", other, say=dying_before(step))
    for dsn in (filled, other) if step == "leaving" else (filled,):
        for write in (WRITE["workshop"], "truncate workshop.workshops cascade"):
            with raises_key("PT503", "tenant_moving"):
                one(dsn, write)
    apply(filled)
    for dsn in (filled, other):
        one(make_conninfo(dsn, options="-c lifecycle.fake_now=2037-02-01T00:00:00Z"), "call lifecycle.run_tick()")
        assert one(dsn, "select failed from lifecycle.ticks order by id desc limit 1") == 0
    move(filled, "workshop", None)
    works(other)


def test_table_that_somebody_writes_is_waited_for(filled: str, other: str) -> None:
    """Its rows go along."""
    with psycopg.connect(filled) as writer:
        writer.execute("insert into workshop.creators (name, username, email) values ('a', 'a', 'a@example.org')")
        threading.Timer(1.5, writer.commit).start()
        move(filled, "workshop", other)
    assert one(other, "select count(*) from workshop.creators where username = 'a'") == 1


def test_what_stayed_on_a_server_that_was_down_is_not_taken_for_the_copy(filled: str, other: str) -> None:
    with pytest.raises(Killed):
        move(filled, "workshop", other, say=dying_before("leaving"))
    assert take_back(filled, "workshop", "host=127.0.0.1 port=1 dbname=x user=u").warnings
    works(filled)
    before = contents(filled, "workshop")
    move(filled, "workshop", other)
    assert contents(other, "workshop") == before


def test_password_that_is_missing_is_asked_for(filled: str, other: str, server: Any) -> None:
    """The server here may ask nobody for one, so the copy is on a server that nobody may connect to."""
    with pytest.raises(Killed):
        move(filled, "workshop", other, say=dying_before("leaving"))
    name = conninfo_to_dict(other)["dbname"]
    server.admin.execute(f'alter database "{name}" allow_connections false')
    try:
        with pytest.raises(ConnectError) as refused:
            move(filled, "workshop", None)
        assert "PGPASSWORD" in (refused.value.hint or "")
        (warning,) = take_back(filled, "workshop").warnings
        assert "sessionbook forget workshop" in warning
    finally:
        server.admin.execute(f'alter database "{name}" allow_connections true')
    works(filled)
    one(other, "drop schema workshop cascade")
    forget(other, "workshop")
    apply(other, units=["workshop"])
    assert one(other, CLOCK) is True


def test_it_is_not_taken_back_from_another_place(filled: str, other: str, empty_database: str) -> None:
    with pytest.raises(Killed):
        move(filled, "workshop", other, say=dying_before("leaving"))
    with pytest.raises(UsageError):
        take_back(filled, "workshop", empty_database)
    with raises_key("PT503", "tenant_moving"):
        one(filled, WRITE["workshop"])
    take_back(filled, "workshop", other)
    assert one(other, "select to_regnamespace('workshop')::text") is None


def test_target_that_does_not_know_the_move_is_not_opened(filled: str, other: str) -> None:
    for step in ("leaving", "opening"):
        with pytest.raises(Killed):
            move(filled, "workshop", other, say=dying_before(step))
    one(other, "update sessionbook.moves set id = gen_random_uuid()")
    with pytest.raises(UsageError):
        move(filled, "workshop", other)
    with raises_key("PT503", "tenant_moving"):
        one(other, WRITE["workshop"])


def test_rows_that_a_policy_hides_are_not_left_behind(filled: str, other: str, server: Any) -> None:
    name = f"{server.prefix}owner"
    one(filled, f"create role {name} login createrole password 'Secr3t'")
    try:
        for dsn in (filled, other):
            one(dsn, f"grant create on database {conninfo_to_dict(dsn)['dbname']} to {name}")
        dsn = make_conninfo(other, user=name, password="Secr3t")
        apply(dsn, units=["workshop"], roles=False)
        one(dsn, "insert into workshop.creators (name, username, email) values ('a', 'a', 'a@example.org')")
        one(dsn, "select sessionbook.add('workshop', 'p', 'alter table creators enable row level security')")
        one(dsn, "alter table workshop.creators force row level security")
        one(filled, "drop schema workshop, tutoring, training, lifecycle, sessionbook cascade")
        with pytest.raises(SqlError) as refused:
            move(dsn, "workshop", make_conninfo(filled, user=name, password="Secr3t"))
        assert refused.value.sqlstate == "42501"
        one(dsn, "alter table workshop.creators no force row level security")
        take_back(dsn, "workshop", make_conninfo(filled, user=name, password="Secr3t"))
    finally:
        for dsn in (other, filled):
            one(dsn, f"drop owned by {name} cascade")
        one(filled, f"drop role {name}")


@pytest.mark.parametrize("step", ["making tables", "copying", "leaving"])
def test_under_way_it_gets_no_other_name_and_is_not_forgotten(filled: str, other: str, step: str) -> None:
    with pytest.raises(Killed):
        move(filled, "workshop", other, say=dying_before(step))
    with pytest.raises(UsageError, match="on the way to"):
        rename(filled, "workshop", "acme")
    with pytest.raises(UsageError, match="on the way from"):
        rename(other, "workshop", "acme")
    with pytest.raises(UsageError, match="on the way to"):
        forget(filled, "workshop")
    move(filled, "workshop", other)
    works(other)
    has_moved(filled)


def test_another_does_not_get_the_name_of_one_that_moved(filled: str, other: str) -> None:
    move(filled, "workshop", other)
    one(filled, "drop schema workshop cascade")
    apply(filled, units=["workshop"], schemas={"workshop": "acme"})
    with pytest.raises(SqlError) as refused:
        rename(filled, "acme", "workshop")
    assert refused.value.sqlstate == "55000"
    assert one(filled, STANDING, "acme") == 1


def test_servers_that_move_to_each_other_do_not_wait_for_each_other(
    filled: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(other, units=["training"])

    def waits(seconds: float) -> None:
        raise AssertionError(f"it waits {seconds} s")

    def move_here(step: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("time.sleep", waits)
            move(other, "training", filled)

    with pytest.raises(LockedError):
        move(filled, "workshop", other, say=move_here)
    move(filled, "workshop", other)
    works(other)


def test_moved_installation_is_not_made_anew(filled: str, other: str) -> None:
    move(filled, "workshop", other)
    with pytest.raises(SqlError) as refused:
        apply(filled, units=["workshop"])
    assert refused.value.sqlstate == "55000"
    assert not apply(filled).changed


def test_it_moves_home_once_what_stayed_is_dropped(filled: str, other: str) -> None:
    move(filled, "workshop", other)
    works(other)
    with pytest.raises(UsageError):
        move(other, "workshop", filled)
    take_back(other, "workshop")
    one(filled, "drop schema workshop cascade")
    before = contents(other, "workshop")
    move(other, "workshop", filled)
    assert contents(filled, "workshop") == before
    assert one(filled, CLOCK) is True
    has_moved(other)


def test_plan_writes_nothing(filled: str, other: str) -> None:
    one(filled, "create table workshop.my_own (id integer)")
    found = plan(filled, "workshop", other)
    assert (found.unit, found.step, found.stays) == ("workshop", None, ["not ours: table my_own"])
    assert found.bytes > 0 < found.seconds
    assert one(other, "select to_regnamespace('sessionbook')::text") is None
    assert one(filled, "select count(*) from sessionbook.moves") == 0


@pytest.mark.parametrize("name", ["lifecycle", "nothing", "public"])
def test_what_cannot_move(filled: str, other: str, name: str) -> None:
    for call in (plan, move):
        with pytest.raises(SessionbookError):
            call(filled, name, other)
    with pytest.raises(UsageError):
        take_back(filled, name)
    with pytest.raises(UsageError):
        move(filled, name, None)


def test_nothing_moves_to_where_it_is(filled: str) -> None:
    with pytest.raises(UsageError):
        move(filled, "workshop", filled)
    works(filled)


def test_target_that_has_such_a_schema_is_left_alone(filled: str, other: str) -> None:
    apply(other, units=["workshop"])
    with pytest.raises(UsageError):
        move(filled, "workshop", other)
    take_back(filled, "workshop")
    assert one(other, STANDING, "workshop") == 1
    works(filled)


def test_what_is_somebody_elses_on_the_target_stays(filled: str, other: str) -> None:
    """Tables or not: what a move takes back, it takes back with the schema."""
    one(other, "create schema workshop; create function workshop.theirs() returns int language sql as 'select 1'")
    with pytest.raises(UsageError):
        move(filled, "workshop", other)
    take_back(filled, "workshop")
    assert one(other, "select workshop.theirs()") == 1
    works(filled)


def test_empty_schema_that_was_made_for_it_is_taken(filled: str, other: str) -> None:
    one(other, "create schema workshop")
    move(filled, "workshop", other)
    works(other)


def test_tables_of_the_application_stay_behind(filled: str, other: str) -> None:
    one(
        filled,
        """
        create table workshop.mine (id serial, session uuid references workshop.workshop_sessions);
        insert into workshop.mine (session) select s.id from workshop.workshop_sessions as s;
        create table workshop.parts (day date) partition by range (day);
        create table workshop.part partition of workshop.parts default;
        insert into workshop.parts values ('2037-01-04')
        """,
    )
    before = contents(filled, "workshop")
    stays = plan(filled, "workshop", other).stays
    assert {"not ours: table mine", "not ours: table parts", "not ours: table part"} <= set(stays)
    move(filled, "workshop", other)
    there = contents(other, "workshop")
    assert there == {name: rows for name, rows in before.items() if name in there}
    assert before.keys() - there.keys() == {"mine", "mine_id_seq", "part"}
    assert one(filled, "select count(*) from workshop.mine") == 1
    works(other)


def test_policies_that_stay_are_named(filled: str, other: str) -> None:
    one(
        filled,
        "select sessionbook.add('workshop', 'p', 'alter table orders enable row level security;"
        " create policy everybody on orders using (true)')",
    )
    assert plan(filled, "workshop", other).stays == ["policy everybody on orders"]


def test_servers_have_to_be_at_the_same_version(filled: str, other: str) -> None:
    apply(other, units=["tutoring"], upto={"tutoring": "0001_sessions"})
    for call in (plan, move):
        with pytest.raises(DriftError):
            call(filled, "workshop", other)
    with pytest.raises(UsageError):
        take_back(filled, "workshop")
    works(filled)


def test_table_that_was_changed_by_hand_does_not_move(filled: str, other: str) -> None:
    one(filled, "alter table workshop.workshops add column mine integer")
    with pytest.raises(DriftError):
        move(filled, "workshop", other)
    take_back(filled, "workshop")
    one(
        filled,
        BOOK.replace("enroll(", "join_waitlist(").replace("'omar@example.org'", "'o@example.org', '+96555552222'"),
    )


def test_adopted_tables_do_not_move(filled: str, other: str) -> None:
    one(
        filled,
        "insert into sessionbook.adoptions (schema_name, adopted_as, source, tables, undo)"
        " values ('workshop', 'workshop', 'public', '{}', '{}')",
    )
    for call in (plan, move):
        with pytest.raises(UsageError):
            call(filled, "workshop", other)


@pytest.mark.parametrize("on_target", [False, True])
def test_what_citus_distributes_does_not_move(filled: str, other: str, on_target: bool) -> None:
    if on_target:
        apply(other, units=["tutoring"])
    one(other if on_target else filled, "insert into sessionbook.settings (key, value) values ('citus', 'true')")
    for call in (plan, move):
        with pytest.raises(UsageError):
            call(filled, "workshop", other)


def test_a_move_to_one_place_is_no_move_to_another(filled: str, other: str, empty_database: str) -> None:
    with pytest.raises(Killed):
        move(filled, "workshop", other, say=dying_before("leaving"))
    with pytest.raises(UsageError):
        move(filled, "workshop", empty_database)
    move(filled, "workshop", None)
    works(other)


def test_command(filled: str, other: str, called: Any) -> None:
    arguments = ["move", "workshop", "--dsn", filled, "--json"]
    done = called([*arguments, "--plan", "--to", other])
    assert (done.returncode, json.loads(done.stdout)["step"]) == (0, None)
    assert called([*arguments, "--plan"]).returncode == 2
    assert called([*arguments, "--plan", "--back"]).returncode == 2
    assert called([*arguments, "--back"]).returncode == 2
    done = called([*arguments, "--to", other])
    assert (done.returncode, json.loads(done.stdout)["unit"]) == (0, "workshop")
    assert called([*arguments, "--back"]).returncode == 2


def test_password_is_not_kept(filled: str, other: str, server: Any) -> None:
    name = f"{server.prefix}mover"
    one(filled, f"create role {name} superuser login password 'Secr3t'")
    try:
        with pytest.raises(Killed):
            move(filled, "workshop", f"{other} user={name} password=Secr3t", say=dying_before("making tables"))
        assert "Secr3t" not in one(filled, "select m::text from sessionbook.moves as m")
        take_back(filled, "workshop", other)
    finally:
        for dsn in (other, filled):
            one(dsn, f"drop owned by {name} cascade")
        one(filled, f"drop role {name}")
