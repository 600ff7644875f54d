"""Roles with exactly the rights that docs/deploying.md lists under "What a deployer needs"."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sessionbook.deploy import apply, plan, rollback, status
from sessionbook.deploy.export import export
from sessionbook.deploy.verify import verify
from sessionbook.errors import SqlError
from sessionbook.package import UNITS, read_package

NEWEST = {name: unit.migrations[-1].id for name, unit in read_package().units.items()}
EARLIER = {name: unit.migrations[0].id for name, unit in read_package().units.items()}


@pytest.fixture
def login(empty_database: str, template: str) -> Iterator[Callable[..., str]]:
    """Makes a role that may log in and nothing else; returns how to connect as it. Our roles are there already."""
    name = conninfo_to_dict(empty_database)["dbname"]
    made: list[str] = []
    with psycopg.connect(empty_database, autocommit=True) as connection:
        # As PostgreSQL has it from 15 on, whatever the template of this server has.
        connection.execute("revoke create on schema public from public")

        def make(*statements: str) -> str:
            role = f"sbt_role_{secrets.token_hex(4)}"
            connection.execute(f"create role {role} login password 'x'")
            made.append(role)
            for statement in statements:
                connection.execute(statement.format(role=role, database=name).encode())
            return make_conninfo(empty_database, user=role, password="x")

        yield make
        for role in reversed(made):
            connection.execute(f"drop owned by {role} cascade")
        for role in reversed(made):
            connection.execute(f"drop role {role}")


@pytest.fixture(params=["create on the database", "schemas made beforehand"])
def deployer(request: pytest.FixtureRequest, login: Callable[..., str]) -> str:
    if request.param == "create on the database":
        return login("grant create on database {database} to {role}")
    made = [f"create schema {schema} authorization {{role}}" for schema in ("sessionbook", *UNITS)]
    return login("create extension btree_gist with schema public", *made)


def test_deployer_installs_upgrades_verifies_and_takes_back(deployer: str) -> None:
    apply(deployer, upto=EARLIER)
    apply(deployer)
    assert (status(deployer).exit_code, verify(deployer).exit_code, plan(deployer).copies) == (0, 0, [])
    rollback(deployer, "tutoring", to_id=EARLIER["tutoring"])
    apply(deployer)
    assert {copy.unit: copy.version for copy in status(deployer).copies} == NEWEST
    assert verify(deployer).exit_code == 0


def test_script_needs_no_more_than_apply(deployer: str) -> None:
    for _ in range(2):
        with psycopg.connect(deployer, autocommit=True) as connection:
            connection.execute(export().script.encode())
    assert (status(deployer).exit_code, verify(deployer).exit_code) == (0, 0)


def test_monitor_asks_where_everything_stands_and_changes_nothing(deployer: str, login: Callable[..., str]) -> None:
    apply(deployer)
    monitor = login("grant sessionbook_monitor to {role}")
    assert (status(monitor).exit_code, plan(monitor).copies, verify(monitor).exit_code) == (0, [], 0)
    with psycopg.connect(monitor, autocommit=True) as connection:
        for function in ("hold()", "forget('workshop')", "run('workshop', '', '')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select sessionbook.{function}".encode())


def test_deployer_that_is_no_member_of_the_first_is_refused(deployer: str, login: Callable[..., str]) -> None:
    apply(deployer, upto=EARLIER)
    before = verify(deployer)
    other = login("grant create on database {database} to {role}", "grant sessionbook_monitor to {role}")
    with pytest.raises(SqlError) as error:
        apply(other)
    assert error.value.sqlstate == "42501"
    assert verify(deployer) == before


def test_member_of_the_owner_deploys_and_everything_stays_the_owners(deployer: str, login: Callable[..., str]) -> None:
    apply(deployer, upto=EARLIER)
    owner = conninfo_to_dict(deployer)["user"]
    member = login(f"grant {owner} to {{role}}")
    apply(member)
    with psycopg.connect(deployer) as connection:
        owners = connection.execute(
            "select distinct c.relowner::regrole::text from pg_class as c"
            " where c.relnamespace::regnamespace::text = any(%s)"
            " union select distinct p.proowner::regrole::text from pg_proc as p"
            " where p.pronamespace::regnamespace::text = any(%s)",
            [list(UNITS)] * 2,
        ).fetchall()
    assert owners == [(owner,)]
    assert verify(deployer).exit_code == 0
