"""A run or workshop that is deleted while somebody writes its sessions: who deadlocks, and what keeps clear of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from support.connect import Connect
from support.market import Market
from support.together import Waiting

PARENTS = ["workshop_runs", "workshops"]
MORE = (
    "insert into workshop_sessions (workshop_id, run_id, session_date, start_time)"
    " select r.workshop_id, r.id, '2099-01-05', '10:00' from workshop_runs as r"
)
NOTE = "update workshop_sessions set notes = 'x'"
DELETE = "delete from {}"
FIRST = "select from workshop_sessions order by id for update"


@pytest.fixture
def session(market: Market) -> UUID:
    """The one session of the one run of the one workshop."""
    workshop = market.workshop()
    return market.session(workshop, day="2099-01-04", run_id=market.run(workshop, start="2099-01-04"))


@pytest.fixture
def writer(connect: Connect) -> Callable[[], psycopg.Connection]:
    """Connections of an application that writes tables, and looks for deadlocks at once."""

    def writer() -> psycopg.Connection:
        conn = connect()
        conn.execute("set lock_timeout = '5s'; set deadlock_timeout = '50ms'; set role sessionbook_writer")
        conn.execute("set search_path = workshop")
        conn.autocommit = False
        return conn

    return writer


@pytest.mark.parametrize("parent", PARENTS)
def test_a_parent_that_is_deleted_between_two_statements_of_a_writer_costs_one_of_them_40p01(
    market: Market, session: UUID, writer: Callable[[], psycopg.Connection], parent: str
) -> None:
    editor, deleter = writer(), writer()
    editor.execute(NOTE)
    deleting = Waiting(deleter, lambda conn: conn.execute(DELETE.format(parent)))
    failed = []
    try:
        editor.execute(MORE)
        editor.commit()
    except psycopg.errors.DeadlockDetected:
        failed.append("editor")
        editor.rollback()
    try:
        deleting.result()
        deleter.commit()
    except psycopg.errors.DeadlockDetected:
        failed.append("deleter")
        deleter.rollback()
    assert len(failed) == 1
    # Whoever was ended does it again, and it goes through.
    again = {"editor": NOTE, "deleter": DELETE.format(parent)}[failed[0]]
    with editor.transaction():
        editor.execute(again)


@pytest.mark.parametrize("parent", PARENTS)
def test_sessions_that_are_locked_before_their_parent_is_deleted_end_nobody(
    market: Market, session: UUID, writer: Callable[[], psycopg.Connection], parent: str
) -> None:
    editor, deleter = writer(), writer()
    editor.execute(NOTE)
    deleting = Waiting(deleter, lambda conn: (conn.execute(FIRST), conn.execute(DELETE.format(parent))))
    editor.execute(MORE)
    editor.commit()
    deleting.result()
    assert market.rows(f"select id from {parent}") == []
