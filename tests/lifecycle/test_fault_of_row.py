"""Which failures of a step may be a row's own."""

from __future__ import annotations

import pytest
from psycopg import IsolationLevel

from support.connect import Connect

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
        ("57014", COMMITTED, False),
        ("58030", COMMITTED, False),
        ("XX000", COMMITTED, False),
        ("42883", COMMITTED, False),
        ("42501", COMMITTED, False),
        ("3F000", COMMITTED, False),
        ("25006", COMMITTED, False),
    ],
)
def test_what_rows_are_to_blame_for(connect: Connect, sqlstate: str, isolation: IsolationLevel, is_fault: bool) -> None:
    conn = connect(autocommit=False, isolation=isolation)
    assert conn.execute("select lifecycle._is_fault_of_row(%s)", [sqlstate]).fetchone() == (is_fault,)
