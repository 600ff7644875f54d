"""The package itself, on databases as applications leave them."""

import psycopg
import pytest
from sessionbook.adopt import NotAdoptable, adopt
from sessionbook.deploy import status
from sessionbook.deploy.verify import verify

from support.adoption import checksum, everything, migrate

MARKET = """
insert into creators (name, username, email)
select 'Creator ' || g, 'creator' || g, 'creator' || g || '@example.org' from generate_series(1, 100) as g;
insert into workshops (creator_id, name, title, status)
select c.id, 'Workshop ' || g, 'Workshop', (array['draft', 'published', 'archived'])[1 + g % 3]
from creators as c cross join generate_series(1, 10) as g;
insert into workshop_sessions (
    workshop_id, session_date, start_time, end_time, timezone, max_attendees, current_attendees, is_completed, notes
)
select w.id, date '2025-01-01' + g * 7, '10:00', case when g % 5 = 0 then null else time '12:00' end,
    case when g % 7 = 0 then null when g % 2 = 0 then 'Europe/Berlin' else 'Asia/Kuwait' end,
    case when g % 11 = 0 then null else 10 end, g % 13, g < 20, case when g % 3 = 0 then 'note ' || g end
from workshops as w cross join generate_series(1, {sessions}) as g;
insert into orders (creator_id, order_number, customer_name, customer_phone)
select c.id, 'N-1', 'Sara', '+965' from creators as c;
insert into order_items (order_id, workshop_id, workshop_name, price, subtotal)
select o.id, w.id, w.name, 10, 10 from orders as o inner join workshops as w on w.creator_id = o.creator_id;
insert into enrollments (workshop_id, order_id, student_name)
select i.workshop_id, i.order_id, 'Noor' from order_items as i;
"""

BEGUN = """
alter table workshop_sessions add column run_id uuid, add column status varchar(20) default 'upcoming',
    add column room text default 'Hall';
update workshop_sessions set run_id = gen_random_uuid() where session_date < '2025-06-01';
update workshop_sessions set status = 'cancelled' where session_date = '2025-01-08';
update workshop_sessions set status = 'completed', is_completed = true
where session_date between '2025-01-09' and '2025-03-01';
update workshop_sessions set status = null where session_date = '2025-12-31';
create table audit (table_name text, at timestamptz);
create function note_change() returns trigger language plpgsql as
$$ begin insert into audit values (tg_table_name, clock_timestamp()); return null; end $$;
create trigger note_change after insert or update on workshop_sessions
for each statement execute function note_change();
create function validate_session_run_id() returns trigger language plpgsql as
$$ begin return new; end $$;
create trigger check_run before insert or update on workshop_sessions
for each row execute function validate_session_run_id();
create view calendar as select s.id, w.name, s.session_date, s.status, s.room
from workshop_sessions as s inner join workshops as w on w.id = s.workshop_id;
create table reviews (id serial primary key, session_id uuid not null references workshop_sessions (id));
insert into reviews (session_id) select id from workshop_sessions limit 10;
"""

COLUMNS = """
select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped and attname <> all (%s)
"""

TABLES = ("creators", "workshops", "workshop_sessions", "orders", "order_items", "enrollments", "reviews")
MENDED = ["run_id", "status", "timezone"]


def columns_of(conn, table):
    (names,) = conn.execute(COLUMNS, [table, MENDED if table == "workshop_sessions" else []]).fetchone()
    return names


def test_market_of_a_hundred_thousand_sessions(empty_database):
    with psycopg.connect(empty_database, autocommit=True) as conn:
        migrate(conn, "workshop", 1)
        conn.execute(MARKET.format(sessions=100).encode())
        conn.execute(BEGUN.encode())
        columns = {table: columns_of(conn, table) for table in TABLES}
        before = {table: checksum(conn, table, columns[table]) for table in TABLES}
        audited = conn.execute("select count(*) from audit").fetchone()

    plan = adopt(empty_database, "workshop", source="public").plan

    assert (plan.version, plan.pending[0], plan.moved) == (
        "0001_baseline",
        "0002_session_tracking",
        list(TABLES[:6]),
    )
    assert {(found.rule, found.repaired_by) for found in plan.repaired} == {
        ("status not null", "adopt"),
        ("workshop_sessions_run_id_workshop_id_fkey", "0003_fix_run_id_foreign_keys"),
        ("timezone not null", "0004_session_instants"),
    }
    # As the application finds it when it connects again.
    with psycopg.connect(empty_database, autocommit=True) as conn:
        assert {table: checksum(conn, table, columns[table]) for table in TABLES} == before
        assert conn.execute("select count(*), count(run_id), count(timezone) from workshop_sessions").fetchone() == (
            100_000,
            100_000,
            100_000,
        )
        assert conn.execute("select count(*) from calendar where status = 'cancelled'").fetchone() == (1000,)
        assert conn.execute("select count(*) from audit").fetchone() == audited
        conn.execute(
            "insert into workshop_sessions (workshop_id, session_date, start_time, room)"
            " select w.id, date '2131-01-01', '10:00', 'Roof' from workshops as w limit 1"
        )
        assert conn.execute("select room, status from calendar where session_date = '2131-01-01'").fetchone() == (
            "Roof",
            "upcoming",
        )
        assert conn.execute("select count(*) from audit").fetchone() == (audited[0] + 1,)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            conn.execute("insert into reviews (session_id) values (gen_random_uuid())")
        conn.execute("update workshops set is_active = true, status = 'published'")
        assert conn.execute(
            "select e.status from calendar as c cross join lateral enroll(c.id, 'Noor', 'noor@example.org') as e"
            " where c.session_date = '2131-01-01'"
        ).fetchone() == ("successful",)
    assert verify(empty_database, units=["workshop"]).exit_code == 0
    assert status(empty_database, units=["workshop"]).exit_code == 0


@pytest.mark.parametrize("place", [1, 2, 3, 4, 5, 6, 7, 8])
def test_market_at_any_point_of_its_history(empty_database, remembered, place):
    with psycopg.connect(empty_database, autocommit=True) as conn:
        migrate(conn, "workshop", place)
        if place == 1:
            conn.execute(MARKET.format(sessions=1).encode())
    plan = adopt(empty_database, "workshop", source="public").plan
    assert (len(plan.marked), plan.completed, plan.renamed, plan.replaced) == (place, [], [], [])
    assert verify(empty_database, units=["workshop"], against_package=place == 8).exit_code == 0


STUDENTS = """
insert into legacy.enrolled_students (full_name) values ('One'), ('Two'), ('Three');
insert into legacy.enrolled_courses (student_id, course_name) values (1, 'Physics'), (2, 'Chemistry'), (2, 'Maths');
insert into legacy.whiteboard_sessions (session_name) values ('Board');
insert into legacy.sessions (course_enrollment_id, whiteboard_id, session_date, start_time, end_time, status) values
    (1, 1, '2025-12-01', '14:00', '15:30', 'SCHEDULED'),
    (2, 8, '2025-12-01', '14:00', '15:30', 'completed'),
    (3, null, '2025-12-01', '14:00', '15:30', 'scheduled');
"""


def test_tutoring_from_a_schema_of_its_own(empty_database):
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("create schema legacy")
        migrate(conn, "tutoring", 1, "legacy")
        conn.execute(STUDENTS)
        # As applications have it: no reference was ever declared.
        conn.execute("alter table legacy.sessions drop constraint sessions_course_enrollment_id_fkey")
        conn.execute("insert into legacy.sessions (course_enrollment_id, session_date, start_time, end_time)"
                     " values (99, '2025-12-01', '14:00', '15:30')")  # fmt: skip
        conn.execute(f"alter database {conn.info.dbname} set search_path = legacy, public")
    plan = adopt(empty_database, "tutoring", source="legacy").plan
    assert {(found.rule, found.rows) for found in plan.repaired} == {
        ("sessions_whiteboard_id_fkey", 1),
        ("sessions_status_check", 1),
    }
    with psycopg.connect(empty_database) as conn:
        assert conn.execute("select count(*), count(enrolled_courses_id) from sessions").fetchone() == (4, 1)
        assert conn.execute("select count(*) from sessions_unmapped").fetchone() == (4,)
        assert conn.execute("select status from sessions where id = 1").fetchone() == ("scheduled",)
    assert verify(empty_database, units=["tutoring"]).exit_code == 0


@pytest.mark.parametrize(
    ("unit", "place"), [("tutoring", 2), ("tutoring", 3), ("training", 1), ("training", 2), ("training", 3)]
)
def test_other_units_at_any_point_of_their_history(empty_database, remembered, unit, place):
    """Columns of training stand on functions and types that migrations make: those go along."""
    with psycopg.connect(empty_database, autocommit=True) as conn:
        migrate(conn, unit, place)
    plan = adopt(empty_database, unit, source="public").plan
    assert (len(plan.marked), plan.completed) == (place, [])
    assert verify(empty_database, units=[unit]).exit_code == 0


def test_unknown_zones_and_statuses_stop_it_and_are_counted(empty_database):
    with psycopg.connect(empty_database, autocommit=True) as conn:
        migrate(conn, "workshop", 1)
        conn.execute(MARKET.format(sessions=1).encode())
        conn.execute("alter table workshop_sessions add column status text")
        conn.execute("alter table workshop_sessions alter column status type varchar(20)")
        conn.execute("update workshop_sessions set status = 'open', timezone = 'Kuwait/City'")
        before = everything(conn)
        with pytest.raises(NotAdoptable) as error:
            adopt(empty_database, "workshop", source="public")
        assert {(found.rule, found.rows) for found in error.value.plan.broken} == {
            ("workshop_sessions_status_check", 1000),
            ("timezone as checked", 1000),
        }
        assert everything(conn) == before


def test_copy_beside_the_default(empty_database):
    with psycopg.connect(empty_database, autocommit=True) as conn:
        migrate(conn, "workshop", 1)
        conn.execute(MARKET.format(sessions=2).encode())
    adopt(empty_database, "workshop", source="public", schema="acme")
    assert verify(empty_database, units=["workshop"], schemas={"workshop": "acme"}).exit_code == 0
    with psycopg.connect(empty_database) as conn:
        assert conn.execute("select count(*) from workshop_sessions").fetchone() == (2000,)
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("create schema second")
        migrate(conn, "workshop", 2, "second")
    adopt(empty_database, "workshop", source="second")
    assert verify(empty_database, units=["workshop"]).exit_code == 0


STRIP = """
do $$
declare
    v record;
begin
    for v in
        select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname) as statement
        from pg_constraint as k
        where k.connamespace = 'public'::regnamespace and k.conrelid <> 0 and k.contype in ('f', 'c', 'u', 'x', 'p')
        order by position(k.contype::text in 'fcxup')
    loop
        execute v.statement;
    end loop;
    for v in
        select format('drop index %s', i.indexrelid::regclass) as statement
        from pg_index as i inner join pg_class as c on c.oid = i.indexrelid
        where c.relnamespace = 'public'::regnamespace
    loop
        execute v.statement;
    end loop;
    for v in
        select format('alter table %s alter column %I %s', c.oid::regclass, a.attname, what.says) as statement
        from pg_class as c
        inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        cross join lateral (values
            (a.attidentity = '' and a.attgenerated = '' and a.atthasdef, 'drop default'),
            (a.attidentity = '' and a.attnotnull, 'drop not null'),
            (a.attidentity <> '', 'drop identity'), (a.attidentity <> '', 'drop not null')
        ) as what (holds, says)
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and what.holds
    loop
        execute v.statement;
    end loop;
    for v in
        select format('comment on column %s.%I is null', c.oid::regclass, a.attname) as statement
        from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    loop
        execute v.statement;
    end loop;
end
$$;
"""


@pytest.mark.parametrize(("unit", "place"), [("workshop", 1), ("workshop", 7), ("tutoring", 3), ("training", 3)])
def test_all_but_columns_is_completed_to_the_letter(empty_database, remembered, unit, place):
    with psycopg.connect(empty_database, autocommit=True) as conn:
        migrate(conn, unit, place)
        conn.execute(STRIP.encode())
    plan = adopt(empty_database, unit, source="public").plan
    assert (len(plan.marked), plan.replaced, plan.created) == (place, [], [])
    result = verify(empty_database, units=[unit], against_package=True)
    assert [found.object for copy in result.copies for found in copy.differences] == []


def test_migration_that_copes_runs_again_where_something_of_it_is_missing(empty_database, remembered):
    with psycopg.connect(empty_database, autocommit=True) as conn:
        migrate(conn, "workshop", 2)
        conn.execute("drop index workshop_sessions_run_id_idx")
        conn.execute("alter table enrollments drop constraint enrollments_session_id_fkey")
    plan = adopt(empty_database, "workshop", source="public").plan
    assert (plan.version, plan.pending[0]) == ("0001_baseline", "0002_session_tracking")
    assert verify(empty_database, units=["workshop"], against_package=True).exit_code == 0
