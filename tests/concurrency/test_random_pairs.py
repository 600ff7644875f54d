"""Whatever two connections and the clock do to the same few rows, one transaction each, none of them is a deadlock."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from support.connect import Connect
from support.department import open_department
from support.market import open_market
from support.school import open_school

ROUNDS = 150

Act = tuple[str, list[object]]
Acts = Callable[[random.Random], list[Act]]


def in_shop(conn: psycopg.Connection) -> Acts:
    """Sessions of two runs and of none, in which everybody wants the same seats."""
    conn.execute("set search_path = workshop")
    market = open_market(conn)
    # With a price, or every order would be paid at once.
    workshop = market.workshop(price=10)
    runs = [market.run(workshop, name=name) for name in ("one", "two")]
    sessions = [market.session(workshop, day="2099-01-04", run_id=run) for run in (*runs, *runs, None)]

    def acts(rng: random.Random) -> list[Act]:
        run, session, other = rng.choice(runs), rng.choice(sessions), rng.choice(sessions)
        people = f"{rng.random()}@example.org"
        items = json.dumps([{"workshop_id": str(workshop), "session_id": str(s)} for s in {session, other}])
        anybody = "(select e.id from enrollments as e order by random() limit 1)"
        order = "(select o.id from orders as o order by random() limit 1)"
        entry = "(select w.id from waitlist_entries as w order by random() limit 1)"
        return [
            ("select from enroll(%s, 'Noor', %s)", [session, people]),
            ("select from enroll(%s, 'Noor', %s, p_idempotency_key => 'k')", [session, "k@example.org"]),
            (
                "select from enroll_many(%s, %s, %s)",
                [
                    session,
                    json.dumps([{"student_name": "Ali"}, {"student_name": "Noor", "student_email": people}]),
                    rng.choice([None, "k"]),
                ],
            ),
            ("select from create_order(%s, 'Sara', '1', %s)", [market.creator, items]),
            ("select from create_order(%s, 'Sara', '1', %s, p_paid => 10)", [market.creator, items]),
            (
                "select from create_order(%s, 'Sara', '1', %s, p_hold => '1 ms')",
                [market.creator, json.dumps([{"workshop_id": str(workshop)}])],
            ),
            (f"select from set_order_status({order}, %s)", [rng.choice(["paid", "cancelled", "refunded"])]),
            (f"select from record_payment({order}, %s)", [rng.choice([10, 20])]),
            (f"select from record_refund({order}, 10)", []),
            ("select from reschedule_session(%s, %s)", [session, f"2099-01-0{rng.randint(4, 9)}"]),
            ("select from reschedule_session(%s, '2020-01-01', p_allow_past => true)", [session]),
            ("select from reopen_session(%s)", [session]),
            (f"select from cancel_enrollment({anybody})", []),
            (f"select from restore_enrollment({anybody})", []),
            (f"select from transfer_enrollment({anybody}, %s)", [session]),
            (f"select from change_seats({anybody}, %s)", [rng.randint(1, 3)]),
            ("select from enroll_run(%s, 'Noor', %s)", [run, people]),
            ("select from create_order(%s, 'Sara', '1', %s)", [market.creator, json.dumps([{"run_id": str(run)}])]),
            ("select from join_waitlist(%s, 'Dana', %s)", [session, people]),
            ("select from join_run_waitlist(%s, 'Dana', %s, '1')", [run, people]),
            (f"select from accept_offer({entry}, '1')", []),
            (f"select from leave_waitlist({entry})", []),
            ("select from recount_seats(%s)", [session]),
            ("select from cancel_session(%s)", [session]),
            ("select from cancel_run(%s)", [run]),
            ("select from ensure_default_workshop_run(%s)", [workshop]),
            ("select from get_available_sessions(%s)", [workshop]),
            ("select from clone_workshop_sessions(%s, '2099-03-01')", [workshop]),
            ("update workshop_runs set run_name = %s where id = %s", [people, run]),
            ("update workshop_runs set run_name = %s", [people]),
            ("update workshop_sessions set notes = %s where id = %s", [people, session]),
            ("update workshop_sessions set run_id = %s where id = %s", [run, session]),
            ("update workshop_sessions set status = 'upcoming' where status = 'cancelled' and id = %s", [session]),
            ("update workshop_sessions set max_attendees = %s where id = %s", [rng.randint(1, 4), session]),
            ("update workshop_sessions set current_attendees = 1 where id = %s", [session]),
            (f"update enrollments set status = 'cancelled' where id = {anybody}", []),
            (f"delete from enrollments where id = {anybody}", []),
            (f"delete from orders where id = {order}", []),
            ("delete from workshop_runs where run_name = 'gone'", []),
            ("insert into workshop_runs (workshop_id, run_name, start_date) values (%s, 'gone', now())", [workshop]),
            (
                "update workshop_sessions set run_id = (select r.id from workshop_runs as r where r.run_name = 'gone'"
                " limit 1) where id = %s",
                [session],
            ),
            # Everybody who ordered has this number.
            ("select from erase_person(p_phone => '1')", []),
            ("select from erase_person('k@example.org')", []),
            ("select from retry_failed_steps()", []),
        ]

    return acts


def in_school(conn: psycopg.Connection) -> Acts:
    """Lessons of two courses about to begin, and their reminders."""
    conn.execute("set search_path = tutoring")
    school = open_school(conn)
    courses = [school.course, school.new_course()]
    conn.execute(
        "insert into sessions (enrolled_courses_id, session_date, start_time, end_time, timezone)"
        " select c, (now() at time zone 'UTC')::date, (now() at time zone 'UTC')::time + n * interval '1 s',"
        " '23:59:59', 'UTC'"
        " from unnest(%s::integer[]) as c, generate_series(-3, 3) as n",
        [courses],
    )

    def acts(rng: random.Random) -> list[Act]:
        course = rng.choice(courses)
        lesson = "(select s.id from sessions as s order by random() limit 1)"
        reminder = "(select r.id from reminders as r order by r.worker = 'one' desc nulls last, random() limit 1)"
        plan = json.dumps(
            [
                {"session_date": "2099-01-01", "start_time": f"{hour}:00", "end_time": f"{hour}:30"}
                for hour in rng.sample(range(10, 23), 6)
            ]
        )
        return [
            (f"select from start_session({lesson})", []),
            (f"select from complete_session({lesson})", []),
            (f"select from cancel_session({lesson})", []),
            (f"select from restore_session({lesson})", []),
            (f"select from mark_no_show({lesson})", []),
            (f"select from delete_session({lesson})", []),
            (f"select from reschedule_session({lesson}, current_date + 1, '10:00', '11:00')", []),
            ("select from create_sessions(%s, %s)", [course, plan]),
            ("select from update_scheduled_sessions(%s, %s)", [course, plan]),
            ("select from assign_session_to_slot(%s, current_date + 2, '10:00', '11:00')", [course]),
            (f"select from generate_recurring_sessions({lesson}, '2099-02-01')", []),
            (f'update sessions set recurring_pattern = \'{{"frequency": "weekly"}}\' where id = {lesson}', []),
            (
                "select from edit_series((select o.session_id from session_occurrences as o order by random() limit 1),"
                " %s, %s)",
                [
                    rng.choice(["this", "following", "all"]),
                    rng.choice(['{"location": "Lab"}', '{"start_time": "12:00", "end_time": "13:00"}']),
                ],
            ),
            ("select from read_events(0, 5)", []),
            ("select from claim_reminders('one', 2)", []),
            ("select from claim_reminders('two', 2, '1 ms')", []),
            (f"select from complete_reminder({reminder}, 'one')", []),
            (f"select from fail_reminder({reminder}, 'one', 'lost')", []),
            ("select from complete_reminders(array(select id from reminders order by random()), 'one')", []),
            ("select from fail_reminders(array(select id from reminders order by random()), 'one', 'lost')", []),
            (f"select from retry_reminder({reminder})", []),
            ("update enrolled_courses set course_name = 'x' where id = %s", [course]),
            ("update enrolled_students set phone = %s", [str(rng.random())]),
            (f"update sessions set priority_level = 'high' where id = {lesson}", []),
            (f"delete from sessions where id = {lesson}", []),
            ("select from enrolled_students as s cross join lateral erase_person(p_phone => s.phone)", []),
            ("select from retry_failed_steps()", []),
        ]

    return acts


def in_department(conn: psycopg.Connection) -> Acts:
    """Classes of one trainer and one venue, with the same people."""
    conn.execute("set search_path = training")
    department = open_department(conn)
    trainer = department.new_trainer("Anna", teaches=department.course)
    sessions = [department.draft() for _ in range(4)]
    people = [department.person(str(n)) for n in range(5)]
    for person in people:
        department.item(person, "COMPLIANT", "2026-01-01")
    hours = "select now() + %s * interval '1 hour'"
    begun = department.scheduled(start_time=department.one(hours, -1), end_time=department.one(hours, 1))
    over = department.scheduled(
        start_time=department.one(hours, -3), end_time=department.one(hours, -2), trainer_id=trainer
    )
    department.attend(over, *people)

    def acts(rng: random.Random) -> list[Act]:
        session = rng.choice(sessions)
        some = rng.sample(people, 3)
        times = [f"2027-01-0{(day := rng.randint(1, 3))} 09:00+00", f"2027-01-0{day} 12:00+00"]
        by = rng.choice([trainer, department.trainer])
        marks = json.dumps([{"personnel_id": person, "status": "ATTENDED"} for person in some])
        return [
            ("select from schedule_session(%s, %s, %s, %s, %s)", [session, by, department.venue, *times]),
            ("select from update_session(%s, %s)", [session, json.dumps({"trainer_id": by})]),
            ("select from update_session(%s, %s)", [session, json.dumps({"venue_id": None})]),
            ("select from substitute_trainer(%s, %s, 'ill')", [session, by]),
            ("update trainers set buffer_after = %s where id = %s", [f"{rng.randint(0, 9)} minutes", by]),
            ("update venues set buffer_before = %s", [f"{rng.randint(0, 9)} minutes"]),
            ("select from add_attendees(%s, %s)", [session, some]),
            ("select from remove_attendees(%s, %s)", [session, some]),
            ("select from mark_attendance(%s, %s)", [rng.choice([begun, over]), marks]),
            ("select from add_attendees(%s, %s)", [begun, some]),
            ("select from complete_session(%s)", [rng.choice([begun, over, *sessions])]),
            ("select from cancel_session(%s)", [rng.choice([*sessions, "none"])]),
            ("select from delete_session(%s)", [rng.choice([*sessions, "none"])]),
            ("select from create_draft(%s, 'frank')", [department.course]),
            ("select from create_draft(%s, 'frank', p_idempotency_key => 'one')", [department.course]),
            ("insert into absences (trainer_id, starts_at, ends_at) values (%s, '2027-01-02', '2027-01-03')", [by]),
            ("delete from absences where trainer_id = %s", [by]),
            ("select from free_slots(%s, '1 hour', '2027-01-01', '2027-01-03')", [department.course]),
            ("select from read_events(0, 5)", []),
            ("select from list_trainers(%s)", [department.course]),
            ("update trainers set last_name = %s where id = %s", [str(rng.random()), by]),
            ("update personnel set first_name = %s where id = %s", [str(rng.random()), some[0]]),
            ("update courses set title = %s", [str(rng.random())]),
            ("update venues set name = %s", [str(rng.random())]),
            (
                "update compliance_items set status = 'COMPLIANT', expiry_date = '2026-01-01' where personnel_id = %s",
                some[:1],
            ),
            ("update sessions set deleted_at = null where id = %s", [session]),
            ("insert into session_attendees (session_id, personnel_id) values (%s, %s)", [session, some[0]]),
            ("delete from session_attendees where personnel_id = %s", some[:1]),
            ("select from erase_person(p_personnel_id => %s)", some[:1]),
            ("select from retry_failed_steps()", []),
        ]

    return acts


PLACES = {"workshop": in_shop, "tutoring": in_school, "training": in_department}


@pytest.mark.parametrize("schema", PLACES)
def test_no_two_transactions_deadlock(db: psycopg.Connection, connect: Connect, schema: str) -> None:
    """Beside columns of an application's own, which have no equality: whoever compares whole rows fails."""
    tables = db.execute("select relid::regclass::text from pg_stat_user_tables where schemaname = %s", [schema])
    for (table,) in tables.fetchall():
        db.execute(f"alter table {table} add column theirs json default '{{}}'".encode())
    acts = PLACES[schema](db)
    done: Counter[int] = Counter()

    def write(seed: int) -> list[str]:
        rng = random.Random(seed)
        conn = connect(role="sessionbook_writer")
        conn.execute(f"set search_path = {schema}".encode())
        lost = []
        for _ in range(ROUNDS):
            choice = acts(rng)
            number = rng.randrange(len(choice))
            statement, values = choice[number]
            try:
                conn.execute(statement.encode(), values or None)
                done[number] += 1
            except psycopg.Error as error:
                # A 55P03 with a key of ours waited for nobody: it asks to be called again.
                waited = error.sqlstate == "55P03" and error.diag.constraint_name is None
                if waited or error.sqlstate == "40P01" or (error.sqlstate or "XX").startswith(("42", "XX")):
                    lost.append(f"{statement}: {error.sqlstate} {error} {error.diag.context}")
        return lost

    def tick(_: int) -> list[str]:
        conn = connect()
        for _ in range(ROUNDS // 5):
            conn.execute("call lifecycle.run_tick()")
        return [str(error) for (error,) in conn.execute("select error from lifecycle.ticks where error is not null")]

    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(write, 1), pool.submit(write, 2), pool.submit(tick, 0)]
        assert [problem for thread in work for problem in thread.result()] == []
    # Most of it did something, so that the silence above means something.
    assert len(done) > len(acts(random.Random(0))) // 2
