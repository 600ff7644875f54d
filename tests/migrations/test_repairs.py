"""What migrations say of rows that are there is what they do: adopting tells people by it."""

from __future__ import annotations

import psycopg
import pytest
from sessionbook.deploy import apply
from sessionbook.errors import SqlError
from sessionbook.package import Migration, read_package

SHOP = """
insert into creators (id, name, username, email) values ('00000000-0000-0000-0000-00000000000c', 'a', 'a', 'a');
insert into workshops (id, creator_id, name, title)
select ('00000000-0000-0000-0000-00000000000' || g)::uuid, '00000000-0000-0000-0000-00000000000c', 'w', 'w'
from generate_series(1, 2) as g;
insert into workshop_sessions (id, workshop_id, session_date, start_time, current_attendees)
values ('00000000-0000-0000-0000-000000000005', '00000000-0000-0000-0000-000000000001', '2027-01-04', '10:00', 1);
"""
RUN = """
insert into workshop_runs (id, workshop_id, run_name, start_date, end_date, status)
values ('00000000-0000-0000-0000-000000000009', '00000000-0000-0000-0000-00000000000{0}', 'r',
    '2020-01-01', '2020-01-02', 'full');
"""
ORDER = """
insert into orders (id, creator_id, order_number, customer_name, customer_phone)
values ('00000000-0000-0000-0000-000000000007', '00000000-0000-0000-0000-00000000000c', 'N', 'n', 'n');
insert into order_items (order_id, workshop_id, workshop_name, price, subtotal, run_id)
values ('00000000-0000-0000-0000-000000000007', '00000000-0000-0000-0000-000000000001', 'w', 1, 1,
    '00000000-0000-0000-0000-000000000009');
"""
IN_RUN = "update workshop_sessions set run_id = '00000000-0000-0000-0000-000000000009';"
SCHOOL = """
insert into enrolled_students (full_name) values ('One'), ('Two');
insert into enrolled_courses (student_id, course_name) values (2, 'Physics');
insert into sessions (course_enrollment_id, whiteboard_id, session_date, start_time, end_time)
values (2, 9, '2027-01-04', '10:00', '11:00');
"""

# Rows before the migration, and how to ask for the column afterwards; each directive has one.
REPAIRS = {
    ("0002_session_tracking", "workshop_sessions", "status"): (
        SHOP + "alter table workshop_sessions add column status varchar(20) not null default 'upcoming';",
        "status",
    ),
    ("0003_fix_run_id_foreign_keys", "workshop_sessions", "run_id"): (SHOP + RUN.format(2) + IN_RUN, "run_id"),
    ("0003_fix_run_id_foreign_keys", "order_items", "run_id"): (SHOP + RUN.format(2) + ORDER, "run_id"),
    ("0004_session_instants", "workshop_sessions", "timezone"): (
        SHOP + "update workshop_sessions set timezone = null;",
        "timezone",
    ),
    ("0004_session_instants", "workshop_runs", "status"): (SHOP + RUN.format(1) + IN_RUN, "status"),
    ("0004_session_instants", "workshop_runs", "start_date"): (SHOP + RUN.format(1) + IN_RUN, "start_date"),
    ("0004_session_instants", "workshop_runs", "end_date"): (SHOP + RUN.format(1) + IN_RUN, "end_date"),
    ("0011_selling", "workshops", "status"): (
        "insert into creators (name, username, email) values ('a', 'a', 'a');"
        "insert into workshops (creator_id, name, title, status, is_active)"
        " select c.id, 'w', 'w', 'draft', true from creators as c;",
        "status",
    ),
    ("0002_update_sessions_references", "sessions", "course_enrollment_id"): (SCHOOL, "enrolled_courses_id"),
    ("0002_update_sessions_references", "sessions", "whiteboard_id"): (SCHOOL, "whiteboard_id"),
    ("0003_session_workflow", "sessions", "status"): (
        "insert into sessions (session_date, start_time, end_time, status)"
        " values ('2027-01-04', '10:00', '11:00', 'COMPLETED');",
        "status",
    ),
}

REFUSALS = {
    ("0004_session_instants", "workshop_sessions", "timezone"): (
        SHOP + "update workshop_sessions set timezone = 'Kuwait/City';"
    ),
}


def _migrations() -> list[Migration]:
    return [migration for unit in read_package().units.values() for migration in unit.migrations]


def _before(dsn: str, identity: str) -> tuple[str, str]:
    """Applies what comes before a migration; the unit and the migration before it."""
    (migration,) = (migration for migration in _migrations() if migration.id == identity)
    before = read_package().units[migration.unit].migrations[migration.number - 2].id
    apply(dsn, units=[migration.unit], upto={migration.unit: before})
    return migration.unit, before


def test_every_directive_has_its_rows_here() -> None:
    told = {(m.id, table, column) for m in _migrations() for table, column, _ in m.repairs}
    refused = {(m.id, table, column) for m in _migrations() for table, column, _ in m.refuses}
    assert (told, refused) == (REPAIRS.keys(), REFUSALS.keys())


@pytest.mark.parametrize("directive", REPAIRS, ids=".".join)
def test_rows_that_a_migration_says_it_sets_are_set(empty_database: str, directive: tuple[str, str, str]) -> None:
    identity, table, column = directive
    rows, renamed = REPAIRS[directive]
    unit, _ = _before(empty_database, identity)
    (condition,) = (
        where for m in _migrations() if m.id == identity for t, c, where in m.repairs if (t, c) == (table, column)
    )
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(f"set search_path = {unit}")
        conn.execute(rows.encode())
        before = conn.execute(f"select {column} from {table} where {condition}".encode()).fetchall()
        apply(empty_database, units=[unit], upto={unit: identity})
        after = conn.execute(f"select {renamed} from {table}".encode()).fetchall()
    assert len(before) == 1
    assert after[:1] != before


@pytest.mark.parametrize("directive", REFUSALS, ids=".".join)
def test_rows_that_a_migration_says_it_refuses_stop_it(empty_database: str, directive: tuple[str, str, str]) -> None:
    identity, table, column = directive
    unit, _ = _before(empty_database, identity)
    (condition,) = (
        where for m in _migrations() if m.id == identity for t, c, where in m.refuses if (t, c) == (table, column)
    )
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute(f"set search_path = {unit}")
        conn.execute(REFUSALS[directive].encode())
        assert conn.execute(f"select count(*) from {table} where {condition}".encode()).fetchone() == (1,)
        with pytest.raises(SqlError):
            apply(empty_database, units=[unit], upto={unit: identity})
