"""Which failures of a step may be a row's own."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import IsolationLevel

from support.connect import Connect
from support.toy import make_toy

COMMITTED, REPEATABLE = IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ


@pytest.mark.parametrize(
    ("sqlstate", "isolation", "is_fault"),
    [
        ("23514", COMMITTED, True),
        ("PT409", REPEATABLE, True),
        ("40P01", REPEATABLE, True),
        ("40001", COMMITTED, True),
        ("40001", REPEATABLE, False),
        ("40001", IsolationLevel.SERIALIZABLE, False),
        ("53200", COMMITTED, False),
        ("54000", COMMITTED, True),
        ("54001", COMMITTED, False),
        ("57P03", COMMITTED, False),
        ("58030", COMMITTED, False),
        ("XX000", COMMITTED, False),
        ("42883", COMMITTED, False),
        ("42501", COMMITTED, False),
        ("3F000", COMMITTED, False),
        ("25006", COMMITTED, False),
        ("08006", COMMITTED, False),
        ("28P01", COMMITTED, False),
        ("F0000", COMMITTED, False),
        ("HV00N", COMMITTED, False),
    ],
)
def test_what_rows_are_to_blame_for(
    db: psycopg.Connection, connect: Connect, sqlstate: str, isolation: IsolationLevel, is_fault: bool
) -> None:
    make_toy(db, 1)
    db.execute(
        "create function toy.fail() returns trigger language plpgsql as"
        f" $$ begin raise exception using errcode = '{sqlstate}', message = 'not today'; end $$;"
        "create trigger fail after update on toy.things for each row execute function toy.fail()"
    )
    conn = connect(autocommit=False, isolation=isolation)
    passed = conn.execute("select step, moved + failed from lifecycle.advance('toy')").fetchall()
    blamed = conn.execute("select subject_id, sqlstate from toy.failed_steps").fetchall()
    if is_fault:
        assert (passed[0][0], blamed) == ("finish", [("1", sqlstate)])
    else:
        assert (passed, blamed) == ([("advance", 1)], [])
