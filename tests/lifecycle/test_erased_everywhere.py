"""One person in all units of one database, two of them shops: exported, erased, and looked for in every table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sessionbook.deploy import apply

from support.clock import set_now
from support.department import open_department
from support.market import Market, open_market
from support.person import EMAIL, NAME, PHONE, TRACES, found_in, personal
from support.school import open_school
from support.server import Server
from support.tenants import prefixes

NOW = "2027-01-01 00:00+00"
AFTERWARDS = "2027-03-01 00:00+00"
FIRST, LAST = NAME.split()
# What she is called in, however her application spells it.
KEY = f"{EMAIL} {PHONE}"
# Of those who sell, and keys of hers.
NOT_HERS = {
    "workshop": {f"creators.{column}" for column in ("name", "name_ar", "username", "email", "search_text")},
    "tutoring": {"calendar_tokens.subject_id"},
    "training": {"calendar_tokens.subject_id"},
}
NOT_EXPORTED = (".actor", ".idempotency_key", "failed_steps.message")


@dataclass
class Everywhere:
    """A database, its installations, and the roles of their applications."""

    dsn: str
    roles: dict[str, str]
    person: str = ""

    def connect(self, schema: str | None = None, role: str | None = None) -> psycopg.Connection:
        conn = psycopg.connect(self.dsn, autocommit=True)
        if schema:
            conn.execute(sql.SQL("set search_path = {}").format(sql.Identifier(schema)))
        if role:
            conn.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        return conn


@pytest.fixture
def everywhere(server: Server, database: str) -> Iterator[Everywhere]:
    with prefixes(server) as (prefix, *_):
        apply(database, units=["workshop"], schemas={"workshop": prefix}, timezone="UTC", currency="KWD")
        app = "sessionbook_app"
        found = Everywhere(database, {"workshop": app, prefix: f"{prefix}_app", "tutoring": app, "training": app})
        for schema in ("workshop", prefix):
            with found.connect(schema) as conn:
                sells(conn)
        with found.connect("tutoring") as conn:
            teaches(conn)
        with found.connect("training") as conn:
            found.person = trains(conn)
        with found.connect() as conn:
            conn.execute("update lifecycle.clocks set last_error = %s", [f"XX000 {NAME} cannot be told"])
            conn.execute(
                "insert into lifecycle.ticks (finished_at, moved, failed, error)"
                " select now(), '{}', 0, concat(c.schema_name, ': ', c.last_error) from lifecycle.clocks as c"
            )
        yield found
        # The roles can go only after what is granted to them.
        with found.connect() as conn:
            conn.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(prefix)))


def acting(conn: psycopg.Connection, actor: str) -> None:
    conn.execute("select set_config('sessionbook.actor', %s, false)", [actor])


def failed(conn: psycopg.Connection, step: str, message: str) -> None:
    conn.execute(
        "insert into failed_steps (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at)"
        " values (%s, '1', 'P0001', %s, 1, now(), now())",
        [step, message],
    )
    conn.execute(
        "insert into broken_rules (rule, machine, subject_id, changed_by, actor, noted_at)"
        " values ('illegal_transition', 'x', '1', 'app', %s, now())",
        [EMAIL],
    )


def sells(conn: psycopg.Connection) -> None:
    """She buys, books, pays, moves, waits, is offered, comes; a friend does too, and has her in an order of his."""
    set_now(conn, NOW)
    market = open_market(conn)
    workshop = market.workshop(price=10)
    run = market.run(workshop)
    days = [market.session(workshop, f"2027-01-0{day}", run_id=run, max_attendees=9) for day in (4, 5, 6)]
    full = market.session(workshop, "2027-01-07", run_id=market.run(workshop, "Full"), max_attendees=1)
    acting(conn, "+96555501234")
    order(market, days[0], NAME, PHONE, EMAIL, p_idempotency_key=KEY, p_paid=10, p_payment_method="cash")
    acting(conn, EMAIL.lower())
    seat = market.one(
        "select id from enroll(%s, %s, %s, %s, p_idempotency_key => %s)", days[1], NAME, EMAIL, PHONE, KEY
    )
    conn.execute("select transfer_enrollment(%s, %s)", [seat, days[2]])
    conn.execute("select change_seats(%s, 2)", [seat])
    other = market.run(workshop, "Second", start="2027-02-01")
    for day in (1, 2):
        market.session(workshop, f"2027-02-0{day}", run_id=other, max_attendees=9)
    conn.execute(
        "select enroll_run(%s, %s, %s, %s, p_idempotency_key => %s)", [other, NAME, EMAIL, PHONE, f"run {KEY}"]
    )
    acting(conn, "friend")
    first = market.one("select id from enroll(%s, 'Omar', 'omar@example.org')", full)
    conn.execute("select enroll_many(%s, %s)", [days[1], json.dumps([{"student_name": NAME, "student_phone": PHONE}])])
    friends = order(market, days[0], "Sara", "+96555509999", "sara@example.org")
    conn.execute(
        "update enrollments set student_name = %s, student_email = %s, student_phone = null where order_id = %s",
        [NAME, EMAIL, friends],
    )
    acting(conn, EMAIL.lower())
    conn.execute("select join_waitlist(%s, %s, %s, %s)", [full, NAME, EMAIL, PHONE])
    conn.execute("select create_calendar_token('student', %s)", [EMAIL])
    acting(conn, "friend")
    conn.execute("select cancel_enrollment(%s)", [first])
    conn.execute("update orders set notes = %s where customer_name = %s", [f"{FIRST} calls back", NAME])
    conn.execute("update enrollments set notes = %s where id = %s", [f"{FIRST} is early", seat])
    acting(conn, EMAIL.lower())
    set_now(conn, "2027-01-06 10:30+00")
    conn.execute(
        "select mark_attendance(%s, %s)", [days[2], json.dumps([{"enrollment_id": str(seat), "status": "attended"}])]
    )
    set_now(conn, NOW)
    conn.execute("select read_events(null, 1000)")
    conn.execute("select reschedule_session(%s, '2027-01-09', '10:00', '12:00')", [days[1]])
    failed(conn, "expire_holds", f"{NAME}, +965-5550-1234, cannot be told")


def order(market: Market, session: Any, *contact: str, **named: Any) -> Any:
    """An order of one seat; name, number and address of whoever buys."""
    more = "".join(f", {key} => %s" for key in named)
    name, number, address = contact
    items = json.dumps([{"session_id": str(session)}])
    return market.one(
        f"select id from create_order(%s, %s, %s, %s, p_customer_email => %s{more})",
        *(market.creator, name, number, items, address, *named.values()),
    )


def teaches(conn: psycopg.Connection) -> None:
    """She learns from another tutor, and teaches somebody else."""
    set_now(conn, "2027-01-04 09:30+00")
    school = open_school(conn)
    herself = school.insert("tutors", full_name=NAME, phone=PHONE, email=EMAIL)
    student = school.new_student(NAME, PHONE, email=EMAIL)
    course = school.new_course(student_id=student)
    acting(conn, EMAIL)
    one = json.dumps([{"session_date": "2027-01-04", "start_time": "10:00", "end_time": "12:00"}])
    conn.execute("select create_sessions(%s, %s, %s)", [course, one, KEY])
    moved = school.session("2027-01-12", enrolled_courses_id=course)
    conn.execute("select reschedule_session(%s, '2027-01-13', '10:00', '12:00')", [moved])
    conn.execute("select create_calendar_token('student', %s)", [str(student)])
    conn.execute("select create_calendar_token('tutor', %s)", [str(herself)])
    of_hers = school.new_course(tutor_id=herself)
    taught = school.session(enrolled_courses_id=of_hers)
    later = json.dumps([{"session_date": "2027-01-20", "start_time": "10:00", "end_time": "12:00"}])
    conn.execute("select create_sessions(%s, %s, %s)", [of_hers, later, f"lesson of {NAME}"])
    school.advance("2027-01-04 09:30+00")
    conn.execute("select claim_reminders('courier', 10)")
    conn.execute(
        "select fail_reminder(r.id, 'courier', %s) from reminders as r where r.state = 'claimed'", [f"{PHONE} is busy"]
    )
    conn.execute("select read_events(null, 1000)")
    conn.execute("select cancel_session(%s)", [school.session("2027-01-14", enrolled_courses_id=course)])
    set_now(conn, "2027-01-04 13:00+00")
    school.advance("2027-01-04 13:00+00")
    conn.execute("select complete_session(%s)", [taught])
    failed(conn, "queue_reminders", f"{NAME}, 00965 55501234, cannot be told")


def trains(conn: psycopg.Connection) -> str:
    """She trains others, took over a session although she was away, and is herself on a list; her key as such."""
    set_now(conn, NOW)
    department = open_department(conn)
    trainer = department.new_trainer(FIRST, LAST, email=EMAIL, phone_number=PHONE, teaches=department.course)
    acting(conn, EMAIL.lower())
    session = department.planned()
    conn.execute("select schedule_session(%s)", [session])
    department.insert(
        "absences", trainer_id=trainer, starts_at="2027-01-01", ends_at="2027-02-02", reason=f"{FIRST} is in hospital"
    )
    conn.execute("select read_events(null, 1000)")
    conn.execute("select substitute_trainer(%s, %s, %s, true)", [session, trainer, f"{FIRST} is well again"])
    conn.execute("select create_calendar_token('trainer', %s)", [trainer])
    person = department.person(FIRST, LAST)
    department.item(person)
    conn.execute("select add_attendees(%s, %s)", [session, [person]])
    conn.execute("select create_calendar_token('person', %s)", [person])
    conn.execute("update session_attendees set remarks = %s", [f"{FIRST} left early"])
    failed(conn, "lapse_compliance", f"{EMAIL} cannot be told")
    return person


SCHEMAS = "select n.nspname from pg_namespace as n where n.nspname !~ '^(pg_|information_schema$)' order by 1"
# What must not change: seats, sums, numbers, statuses, presence.
KEPT = {
    "workshop": (
        # The last seat of the other was offered to her, and is given back.
        "select id, current_attendees, status from {}.workshop_sessions where max_attendees > 1",
        "select id, order_number, total_amount, status, payment_method from {}.orders",
        "select id, session_id, order_id, seats, total_price, status from {}.enrollments",
        "select order_id, due, paid from {}.order_balance",
        "select id, amount, kind, method from {}.payments",
        "select * from {}.order_items",
        "select id, enrollment_id, changed_at from {}.booking_changes",
        "select enrollment_id, status from {}.attendance",
        # Of others, to the letter.
        "select * from {}.orders as o where o.customer_name not in ('Zaynab Qasim', 'erased')",
        "select * from {}.enrollments as e where e.student_name not in ('Zaynab Qasim', 'erased')",
        "select * from {}.creators",
    ),
    "tutoring": (
        "select * from {}.sessions",
        "select id, session_id, state, due_at, settled_at from {}.reminders",
        "select id, student_id, tutor_id, course_name from {}.enrolled_courses",
        "select * from {}.enrolled_students as s where s.full_name not in ('Zaynab Qasim', 'erased')",
        "select * from {}.tutors as t where t.full_name not in ('Zaynab Qasim', 'erased')",
    ),
    "training": (
        "select * from {}.sessions",
        "select session_id, personnel_id, status from {}.session_attendees",
        "select id, personnel_id, course_id, status, expiry_date from {}.compliance_items",
        "select * from {}.trainers as t where t.last_name not in ('Qasim', 'erased')",
    ),
}


def anywhere(conn: psycopg.Connection) -> set[str]:
    """Columns of whatever table in which anything of hers stands: our registry's and the clock's, too."""
    return {f"{schema}.{column}" for (schema,) in conn.execute(SCHEMAS).fetchall() for column in found_in(conn, schema)}


def kept(conn: psycopg.Connection, unit: str, schema: str) -> list[list[Any]]:
    return [sorted(conn.execute(query.format(schema).encode()).fetchall(), key=repr) for query in KEPT[unit]]


def call(everywhere: Everywhere, function: str, schema: str) -> list[Any]:
    """As her application, for which she acts herself, after all that she teaches is over."""
    more = [everywhere.person] if schema == "training" else []
    values = [EMAIL.upper(), "00965 5550-1234", *more]
    with everywhere.connect(schema, everywhere.roles[schema]) as app:
        set_now(app, AFTERWARDS)
        acting(app, EMAIL)
        return app.execute(f"select * from {function}({', '.join(['%s'] * len(values))})".encode(), values).fetchall()


def names_her(held: object) -> bool:
    text = json.dumps(held).lower().replace(" ", "")
    return any(trace in text for trace in TRACES)


def said_of(conn: psycopg.Connection) -> list[str]:
    """Installations whose errors still name her, by the clock's own row and by the record of a run."""
    rows = conn.execute(
        "select c.schema_name from lifecycle.clocks as c where strpos(c.last_error, %(name)s) > 0"
        " intersect all"
        " select split_part(t.error, ': ', 1) from lifecycle.ticks as t where strpos(t.error, %(name)s) > 0",
        {"name": NAME},
    )
    return sorted(schema for (schema,) in rows)


def test_nothing_is_left_of_her_anywhere(everywhere: Everywhere) -> None:
    with everywhere.connect() as conn:
        found = anywhere(conn)
        units = {schema: schema if schema in KEPT else "workshop" for schema in everywhere.roles}
        for schema, unit in units.items():
            # Every personal column, so that none was forgotten above.
            assert {f"{schema}.{column}" for column in personal(conn, schema) - NOT_HERS[unit]} <= found
        for place, (schema, unit) in enumerate(units.items(), 1):
            others = {column for column in anywhere(conn) if column.partition(".")[0] not in (schema, "lifecycle")}
            before = kept(conn, unit, schema)
            call(everywhere, "erase_person", schema)
            # Who is on lists is still known by the key.
            assert not names_her(call(everywhere, "export_person", schema))
            assert kept(conn, unit, schema) == before
            assert said_of(conn) == sorted([*units][place:])
            # What she is called in other installations is theirs.
            assert {column for column in anywhere(conn) if not column.startswith("lifecycle.")} == others
            if unit == "workshop":
                assert conn.execute(f"select * from {schema}.seat_audit".encode()).fetchall() == []
        assert anywhere(conn) == set()


def test_export_holds_what_is_found(everywhere: Everywhere) -> None:
    """But histories, keys of calls and failed steps, in which she is named as somebody who did something."""
    with everywhere.connect() as conn:
        for schema in everywhere.roles:
            ((held,),) = call(everywhere, "export_person", schema)
            tables = {column.split(".")[0] for column in found_in(conn, schema) if not column.endswith(NOT_EXPORTED)}
            assert tables <= held.keys()
            assert [table for table in tables if not names_her(held[table])] == []
