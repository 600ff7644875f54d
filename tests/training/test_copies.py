"""The unit a second time in a schema of another name, and the extension that both share."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sessionbook.deploy import apply, rollback

from support.department import Department, open_department
from support.errors import raises_key

WHERE = "select e.extnamespace::regnamespace::text from pg_extension as e where e.extname = 'btree_gist'"


@pytest.fixture
def acme(database: str) -> Iterator[Department]:
    """A department in the copy `acme`, beside the default one."""
    apply(database, units=["training"], schemas={"training": "acme"})
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("set search_path = acme")
        yield open_department(conn)


@pytest.fixture
def owner(empty_database: str) -> Iterator[str]:
    """DSN of an empty database for its owner, who is no superuser."""
    with psycopg.connect(empty_database, autocommit=True) as conn:
        row = conn.execute("select current_database(), 'owner_of_' || current_database()").fetchone()
        assert row is not None
        names = {"database": sql.Identifier(row[0]), "role": sql.Identifier(row[1])}
        conn.execute(sql.SQL("create role {role} login createrole password 'owner'").format(**names))
        conn.execute(sql.SQL("alter database {database} owner to {role}").format(**names))
        yield make_conninfo(empty_database, user=row[1], password="owner")
        conn.execute(sql.SQL("reassign owned by {role} to current_user").format(**names))
        conn.execute(sql.SQL("drop owned by {role}; drop role {role}").format(**names))


def refuses_double_bookings(department: Department) -> None:
    department.scheduled()
    with raises_key("23P01", "sessions_trainer_id_excl"):
        department.scheduled(venue_id=department.new_venue())


def test_rules_and_functions_work_in_the_copy(acme: Department) -> None:
    refuses_double_bookings(acme)
    with raises_key("PT409", "trainer_busy"):
        acme.conn.execute("select schedule_session(%s)", [acme.planned()])
    assert acme.one("select count(*) from training.sessions") == 0


def test_functions_of_the_copy_work_under_any_search_path(acme: Department) -> None:
    draft = acme.planned()
    acme.conn.execute("set search_path = training")
    acme.conn.execute("select acme.schedule_session(%s)", [draft])
    assert acme.one("select status from acme.sessions") == "SCHEDULED"
    assert acme.one("select label from acme.trainer_load('2027-01-04')") == "John Smith (3h booked this week)"


def test_calendars_of_two_copies_are_two(acme: Department) -> None:
    acme.scheduled()
    acme.conn.execute("set search_path = training")
    refuses_double_bookings(open_department(acme.conn))


def test_copy_goes_without_the_other(acme: Department, database: str) -> None:
    rollback(database, "training", "acme")
    acme.conn.execute("drop schema acme cascade")
    acme.conn.execute("set search_path = training")
    refuses_double_bookings(open_department(acme.conn))


def test_owner_of_the_database_is_enough_to_deploy(owner: str) -> None:
    apply(owner, units=["training"], roles=False)
    with psycopg.connect(owner, autocommit=True) as conn:
        conn.execute("set search_path = training")
        refuses_double_bookings(open_department(conn))
        assert conn.execute(WHERE).fetchone() == ("public",)


def test_trainer_who_is_read_and_not_locked_must_be_qualified_all_the_same(owner: str) -> None:
    """As one who comes back at this moment is; here a policy lets the owner read the trainer, and no more."""
    apply(owner, units=["training"], roles=False)
    with psycopg.connect(owner, autocommit=True) as conn:
        conn.execute("set search_path = training")
        training = open_department(conn)
        draft = training.planned(trainer_id=training.new_trainer())
        conn.execute(
            "create policy readable on trainers for select using (true);"
            " alter table trainers enable row level security; alter table trainers force row level security"
        )
        with raises_key("PT400", "trainer_not_qualified"):
            conn.execute("select schedule_session(%s)", [draft])
        conn.execute("update sessions set trainer_id = %s", [training.trainer])
        conn.execute("select schedule_session(%s)", [draft])
        assert training.status(draft) == "SCHEDULED"


def test_extension_that_is_there_already_will_do(empty_database: str, owner: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("create schema extensions; create extension btree_gist schema extensions")
    apply(owner, units=["training"], roles=False)
    with psycopg.connect(owner, autocommit=True) as conn:
        conn.execute("set search_path = training")
        refuses_double_bookings(open_department(conn))
        assert conn.execute(WHERE).fetchone() == ("extensions",)
