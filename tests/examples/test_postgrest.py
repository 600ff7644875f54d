"""What the example for PostgREST sets up: roles that may do as much as they should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from support.connect import Connect
from support.sources import units

FOLDER = Path(__file__).parents[2] / "examples" / "postgrest"
CONFIG = dict(re.findall(r'^([\w-]+) = "?([^"\n]+)"?$', (FOLDER / "postgrest.conf").read_text(), re.MULTILINE))


@pytest.fixture
def authenticator(connect: Connect) -> Iterator[psycopg.Connection]:
    """A connection of the role that PostgREST logs in as, in a transaction that leaves no role behind."""
    conn = connect(autocommit=False)
    roles = (FOLDER / "roles.sql").read_bytes()
    conn.execute(roles)
    conn.execute(roles)  # it may be run again
    conn.execute("set session authorization sessionbook_authenticator")
    yield conn
    conn.rollback()


def may(conn: psycopg.Connection, statement: str | sql.Composed) -> bool:
    """Whether a statement is allowed; it leaves nothing behind."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(statement)
    except InsufficientPrivilege:
        return False
    return True


def as_role(conn: psycopg.Connection, role: str) -> None:
    conn.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))


CALL = "select id from training.create_draft('c00000000nowhere', 'frank')"


@pytest.mark.parametrize("statement", ["select from training.sessions", CALL])
def test_authenticator_may_do_nothing_itself(authenticator: psycopg.Connection, statement: str) -> None:
    assert not may(authenticator, statement)


@pytest.mark.parametrize("statement", ["select from training.sessions", CALL])
def test_anonymous_may_do_nothing(authenticator: psycopg.Connection, statement: str) -> None:
    as_role(authenticator, CONFIG["db-anon-role"])
    assert not may(authenticator, statement)


def test_application_may_read_and_call(authenticator: psycopg.Connection) -> None:
    as_role(authenticator, "sessionbook_app")
    assert may(authenticator, "select from training.sessions")
    assert may(authenticator, "select from training.list_trainers()")


def test_reader_may_read_and_not_call(authenticator: psycopg.Connection) -> None:
    as_role(authenticator, "sessionbook_reader")
    assert may(authenticator, "select from training.sessions")
    assert not may(authenticator, CALL)


@pytest.mark.parametrize("role", ["sessionbook_clock", "sessionbook_courier"])
def test_token_cannot_name_a_role_for_machines(authenticator: psycopg.Connection, role: str) -> None:
    assert not may(authenticator, sql.SQL("set local role {}").format(sql.Identifier(role)))


def test_units_are_served() -> None:
    assert sorted(CONFIG["db-schemas"].split(", ")) == [unit for unit in units() if unit != "lifecycle"]


def test_config_has_no_secrets() -> None:
    assert not {"db-uri", "jwt-secret"} & CONFIG.keys()
