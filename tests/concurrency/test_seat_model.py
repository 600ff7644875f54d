"""Any calls in any order, alone, rolled back, or meeting an open transaction: the database does what the model does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg.rows import dict_row

from support.clock import set_now
from support.connect import Connect
from support.market import open_market
from support.seat_model import Refused, Session, Shop, Student

# CI plays more.
EXAMPLES = int(os.environ.get("SESSIONBOOK_EXAMPLES", "20"))
STEPS = 60
START = datetime(2027, 1, 1, 8, tzinfo=UTC)
STUDENTS = [
    Student("ali@example.org", "1"),
    Student("ALI@example.org", None),
    Student(None, "1"),
    Student("dana@example.org", "2"),
    Student(None, "2"),
    Student("omar@example.org", None),
    Student("noor@example.org", "3"),
]

students = st.sampled_from(STUDENTS)
# 0: all that are left.
seats = st.sampled_from([1, 1, 1, 2, 3, 0, 0])
keys = st.sampled_from([None, None, None, "k1", "k2"])
# Which of the rows that are there, those that matter first.
places = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, 4])


@dataclass
class Answer:
    """What a call came to: ids by the model's keys, or people to tell, or the error's key."""

    value: Any = None
    refused: str | None = None


@dataclass
class Call:
    """One call, to be made to the model and to the database."""

    model: Callable[[Shop], Any]
    database: Callable[[psycopg.Connection], Any]


class SeatMachine(RuleBasedStateMachine):
    """Two connections of one application; the second one is sometimes in the middle of something."""

    # Kept from one example to the next: a new connection plans everything anew.
    conn: psycopg.Connection
    other: psycopg.Connection
    watch: psycopg.Connection

    def __init__(self) -> None:
        super().__init__()
        # What becomes of the next call: rolled back; or left open while another is made, then committed or not.
        self.next: str | None = None
        self.open: tuple[Call, Answer] | None = None
        self.shop = Shop(START, {})

    def teardown(self) -> None:
        self.other.rollback()
        self.conn.rollback()
        self.conn.execute("truncate creators, enrollments, orders, payments, status_changes cascade")
        self.conn.commit()

    @initialize(capacities=st.tuples(*[st.integers(1, 3)] * 3), unlimited=st.booleans())
    def open_shop(self, capacities: tuple[int, int, int], unlimited: bool) -> None:
        self.let_it_be(START)
        hour = timedelta(hours=1)
        midnight = START.replace(hour=0) + 24 * hour
        self.shop.sessions = {
            0: Session(0, START + 30 * hour, midnight + 24 * hour, capacities[0]),
            1: Session(1, START + 31 * hour, midnight + 24 * hour, capacities[1], opens=START + hour),
            2: Session(
                0, START + 50 * hour, midnight + 48 * hour, capacities[2], closes=START + 9 * hour,
                cancel_until=START + 7 * hour,
            ),
            3: Session(1, START + 5 * hour, midnight, 0 if unlimited else 2),
        }  # fmt: skip
        market = open_market(self.conn)
        self.creator = market.creator
        self.workshop = market.workshop(price=10)
        self.runs = [market.run(self.workshop), market.run(self.workshop)]
        for own in self.shop.sessions.values():
            own.id = market.session(
                self.workshop, day=str(own.starts.date()), start_time=own.starts.time(), end_time=None, duration=1,
                timezone="UTC", run_id=self.runs[own.run], max_attendees=own.capacity, booking_opens_at=own.opens,
                booking_closes_at=own.closes, cancel_until=own.cancel_until,
            )  # fmt: skip
        self.conn.commit()

    # How calls are made.

    def make(self, call: Call) -> None:
        if self.open is not None:
            self.meet(call)
        elif self.next in ("meet and commit", "meet and roll back"):
            answer = self.ask(self.other, call)
            self.check(self.shop.copy(), call, answer)
            if answer.refused is None:
                self.open = call, answer
            else:
                self.other.rollback()
                self.next = None
        else:
            answer = self.ask(self.conn, call)
            after = self.check(self.shop.copy(), call, answer)
            if self.next == "roll back" or answer.refused is not None:
                self.conn.rollback()
            else:
                self.conn.commit()
                self.shop = after
            self.next = None

    def meet(self, call: Call) -> None:
        """Whoever wants what the open transaction has waits for its end, and then sees what became of it."""
        assert self.open is not None
        first, first_answer = self.open
        answers: list[Answer] = []

        def run() -> None:
            answers.append(self.ask(self.conn, call))
            if answers[0].refused is None:
                self.conn.commit()
            else:
                self.conn.rollback()

        thread = Thread(target=run)
        thread.start()
        blocked = "select cardinality(pg_blocking_pids(%s)) > 0"
        while thread.is_alive() and self.watch.execute(blocked, [self.conn.info.backend_pid]).fetchone() != (True,):
            thread.join(0.002)
        if self.next == "meet and commit":
            self.other.commit()
        else:
            self.other.rollback()
        thread.join(30)
        assert not thread.is_alive()
        if self.next == "meet and commit":
            self.shop = self.check(self.shop, first, first_answer)
        after = self.check(self.shop.copy(), call, answers[0])
        if answers[0].refused is None:
            self.shop = after
        self.next = self.open = None

    def ask(self, conn: psycopg.Connection, call: Call) -> Answer:
        try:
            return Answer(call.database(conn))
        except psycopg.Error as error:
            if error.diag.constraint_name == "session_moved_meanwhile":
                conn.rollback()
                return self.ask(conn, call)
            if not (error.sqlstate or "").startswith("PT"):
                raise
            return Answer(refused=error.diag.constraint_name)

    def check(self, shop: Shop, call: Call, answer: Answer) -> Shop:
        """The model after the call, which must have come to the same."""
        refusals: set[str | None] = {None}
        value = None
        try:
            value = call.model(shop)
        except Refused as refused:
            refusals = {*refused.keys}
        assert answer.refused in refusals
        if isinstance(value, set):
            assert answer.value == value
        elif isinstance(value, tuple):
            rows, key = value
            self.take_ids(shop, rows, key, answer.value)
        return shop

    @staticmethod
    def take_ids(shop: Shop, rows: dict[int, Any], key: int, ids: Any) -> None:
        """New rows get the database's ids; rows that were there must have them."""
        own, inner = ids if isinstance(ids, tuple) else (ids, {})
        assert rows[key].id in (None, own)
        rows[key].id = own
        if rows is shop.enrollments and shop.enrollments[key].order is not None:
            shop.orders[shop.enrollments[key].order].id = inner
        for row in shop.enrollments.values():
            if row.order == key and row.id is None:
                row.id = inner[shop.sessions[row.session].id]

    def session(self, place: int, *is_wanted: Callable[[int], bool]) -> int:
        """Those where it is wanted first."""
        return sorted(self.shop.sessions, key=lambda key: [not wanted(key) for wanted in is_wanted])[place % 4]

    def pick(self, rows: dict[int, Any], place: int, *wanted: str) -> int:
        """Those of the statuses wanted first, then the newest."""
        return sorted(rows, key=lambda key: (rows[key].status not in wanted, -key))[place % len(rows)]

    @property
    def is_busy(self) -> bool:
        """Or sessions would be closed before anything has happened in them."""
        return len(self.shop.enrollments) + len(self.shop.entries) > 5

    # What meets, and what is taken back.

    @precondition(lambda self: self.next is None)
    @rule(fate=st.sampled_from(["roll back", "meet and commit", "meet and commit", "meet and roll back"]))
    def have_the_next_call(self, fate: str) -> None:
        self.next = fate

    # The calls.

    @rule(place=places, student=students, seats=seats, key=keys)
    def enroll(self, place: int, student: Student, seats: int, key: str | None) -> None:
        session = self.session(place, self.shop.is_bookable)
        if seats == 0:
            left = self.shop.free(session) + self.shop.holds(session)[1]
            seats = int(left) if 0 < left < 9 else 1
        self.make(
            Call(
                lambda shop: (shop.enrollments, shop.enroll(session, student, seats, key)),
                lambda conn: value(
                    conn, "select id from enroll(%s, 'S', %s, %s, %s, %s)",
                    self.id(session), student.email, student.phone, seats, key,
                ),
            )
        )  # fmt: skip

    @precondition(lambda self: self.shop.enrollments)
    @rule(place=places)
    def cancel_enrollment(self, place: int) -> None:
        key = self.pick(self.shop.enrollments, place, "successful", "pending")
        own = self.shop.enrollments[key].id
        self.make(
            Call(
                lambda shop: shop.cancel_enrollment(key),
                lambda conn: value(conn, "select id from cancel_enrollment(%s)", own),
            )
        )

    @precondition(lambda self: self.shop.enrollments)
    @rule(place=places)
    def restore_enrollment(self, place: int) -> None:
        key = self.pick(self.shop.enrollments, place, "cancelled")
        own = self.shop.enrollments[key].id
        self.make(
            Call(
                lambda shop: shop.restore_enrollment(key),
                lambda conn: value(conn, "select id from restore_enrollment(%s)", own),
            )
        )

    @rule(
        student=st.sampled_from([s for s in STUDENTS if s.phone]),
        items=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2)), min_size=1, max_size=3),
        hold=st.sampled_from([30, 90, 300]),
        key=keys,
    )
    def create_order(self, student: Student, items: list[tuple[int | None, int]], hold: int, key: str | None) -> None:
        self.order(student, items, hold, key)

    # Not while another transaction is open: what it will commit cannot be seen, so another session may be chosen.
    @precondition(lambda self: self.open is None)
    @rule(
        student=st.sampled_from([s for s in STUDENTS if s.phone]),
        items=st.lists(st.tuples(st.none() | st.integers(0, 3), st.integers(1, 2)), min_size=1, max_size=3),
        hold=st.sampled_from([30, 90, 300]),
    )
    def create_order_of_any(self, student: Student, items: list[tuple[int | None, int]], hold: int) -> None:
        self.order(student, items, hold, None)

    def order(self, student: Student, items: list[tuple[int | None, int]], hold: int, key: str | None) -> None:
        wanted = json.dumps(
            [
                {
                    "workshop_id": self.workshop,
                    "quantity": seats,
                    **({} if session is None else {"session_id": self.id(session)}),
                }
                for session, seats in items
            ],
            default=str,
        )

        def buy(conn: psycopg.Connection) -> tuple[Any, dict[Any, Any]]:
            own = value(
                conn,
                "select id from create_order(%s, 'S', %s, %s, 'direct', make_interval(mins => %s), %s, %s)",
                self.creator, student.phone, wanted, hold, student.email, key,
            )  # fmt: skip
            rows = conn.execute("select session_id, id from enrollments where order_id = %s", [own]).fetchall()
            return own, dict(rows)

        self.make(
            Call(
                lambda shop: (shop.orders, shop.create_order(student, items, timedelta(minutes=hold), key)),
                buy,
            )
        )

    @precondition(lambda self: self.shop.orders)
    @rule(place=places, status=st.sampled_from(["paid", "paid", "paid", "cancelled", "refunded"]))
    def set_order_status(self, place: int, status: str) -> None:
        key = self.pick(self.shop.orders, place, "pending")
        own = self.shop.orders[key].id
        self.make(
            Call(
                lambda shop: shop.set_order_status(key, status),
                lambda conn: value(conn, "select id from set_order_status(%s, %s)", own, status),
            )
        )

    @precondition(lambda self: self.shop.orders)
    @rule(place=places, amount=st.sampled_from([10, 10, 20, 60]))
    def record_payment(self, place: int, amount: int) -> None:
        key = self.pick(self.shop.orders, place, "pending")
        own = self.shop.orders[key].id
        self.make(
            Call(
                lambda shop: shop.record_payment(key, amount),
                lambda conn: value(conn, "select id from record_payment(%s, %s)", own, amount),
            )
        )

    @precondition(lambda self: any(own.paid for own in self.shop.orders.values()))
    @rule(place=places, amount=st.sampled_from([10, 10, 20]))
    def record_refund(self, place: int, amount: int) -> None:
        key = self.pick(self.shop.orders, place, "paid", "cancelled")
        own = self.shop.orders[key].id
        self.make(
            Call(
                lambda shop: shop.record_refund(key, amount),
                lambda conn: value(conn, "select id from record_refund(%s, %s)", own, amount),
            )
        )

    @precondition(lambda self: self.shop.enrollments)
    @rule(place=places, session=st.integers(0, 3))
    def transfer_enrollment(self, place: int, session: int) -> None:
        key = self.pick(self.shop.enrollments, place, "successful", "pending")
        own = self.shop.enrollments[key].id
        self.make(
            Call(
                lambda shop: shop.transfer_enrollment(key, session),
                lambda conn: value(conn, "select id from transfer_enrollment(%s, %s)", own, self.id(session)),
            )
        )

    @precondition(lambda self: self.shop.enrollments)
    @rule(place=places, seats=st.integers(1, 3))
    def change_seats(self, place: int, seats: int) -> None:
        key = self.pick(self.shop.enrollments, place, "successful", "pending")
        own = self.shop.enrollments[key].id
        self.make(
            Call(
                lambda shop: shop.change_seats(key, seats),
                lambda conn: value(conn, "select id from change_seats(%s, %s)", own, seats),
            )
        )

    # Not while another transaction is open: the new day is counted from the one that is seen.
    @precondition(lambda self: self.open is None and self.is_busy)
    @rule(session=st.integers(0, 3), days=st.sampled_from([-1, 0, 1, 1, 2, 7]))
    def reschedule_session(self, session: int, days: int) -> None:
        day = (self.shop.sessions[session].starts + timedelta(days=days)).date()
        self.make(
            Call(
                lambda shop: shop.reschedule_session(session, days),
                lambda conn: told(conn, "reschedule_session", self.id(session), day),
            )
        )

    @precondition(lambda self: any(s.status == "completed" for s in self.shop.sessions.values()))
    @rule(place=places)
    def reopen_session(self, place: int) -> None:
        session = self.pick(self.shop.sessions, place, "completed")
        self.make(
            Call(
                lambda shop: shop.reopen_session(session),
                lambda conn: value(conn, "select id from reopen_session(%s)", self.id(session)),
            )
        )

    @precondition(lambda self: self.is_busy)
    @rule(session=st.integers(0, 3), whole_run=st.booleans(), by_hand=st.booleans())
    def cancel_session(self, session: int, whole_run: bool, by_hand: bool) -> None:
        run = self.shop.sessions[session].run
        if by_hand:
            self.write(session, lambda shop: shop.cancel_by_hand(session), "status", "cancelled")
        elif whole_run:
            self.make(Call(lambda shop: shop.cancel_run(run), lambda conn: told(conn, "cancel_run", self.runs[run])))
        else:
            self.make(
                Call(
                    lambda shop: shop.cancel_session(session),
                    lambda conn: told(conn, "cancel_session", self.id(session)),
                )
            )

    @rule(place=places, student=students, seats=st.sampled_from([1, 1, 2]), priority=st.integers(0, 1))
    def join_waitlist(self, place: int, student: Student, seats: int, priority: int) -> None:
        session = self.session(place, self.shop.is_bookable, lambda key: not self.shop.fits(key, 1))
        self.make(
            Call(
                lambda shop: (shop.entries, shop.join_waitlist(session, student, seats, priority)),
                lambda conn: value(
                    conn, "select id from join_waitlist(%s, 'S', %s, %s, %s, %s)",
                    self.id(session), student.email, student.phone, seats, priority,
                ),
            )
        )  # fmt: skip

    @precondition(lambda self: self.shop.entries)
    @rule(place=places)
    def leave_waitlist(self, place: int) -> None:
        key = self.pick(self.shop.entries, place, "waiting", "offered")
        own = self.shop.entries[key].id
        self.make(
            Call(
                lambda shop: shop.leave_waitlist(key),
                lambda conn: value(conn, "select id from leave_waitlist(%s)", own),
            )
        )

    @precondition(lambda self: self.shop.entries)
    @rule(place=places)
    def accept_offer(self, place: int) -> None:
        key = self.pick(self.shop.entries, place, "offered")
        own = self.shop.entries[key].id
        self.make(
            Call(
                lambda shop: (shop.enrollments, shop.accept_offer(key)),
                lambda conn: (
                    value(conn, "select id from accept_offer(%s, '9')", own),
                    value(
                        conn,
                        "select order_id from waitlist_entries as w join enrollments as e"
                        " on e.id = w.enrollment_id where w.id = %s",
                        own,
                    ),
                ),
            )
        )

    # What people and applications do to the tables themselves.

    @rule(place=places, capacity=st.sampled_from([0, 1, 2, 3, 4]))
    def change_capacity(self, place: int, capacity: int) -> None:
        session = self.session(place, self.shop.is_bookable)
        self.write(session, lambda shop: shop.move(session, 0, capacity), "max_attendees", capacity)

    @rule(place=places)
    def sit_down_by_hand(self, place: int) -> None:
        session = self.session(place, self.shop.is_bookable)
        # Somebody new each time: applications look after that themselves.
        name = f"{len(self.shop.enrollments)}-{self.open is not None}@example.com"

        def sit(conn: psycopg.Connection) -> Any:
            conn.execute(
                "update workshop_sessions set current_attendees = current_attendees + 1 where id = %s",
                [self.id(session)],
            )
            return value(
                conn,
                "insert into enrollments (workshop_id, session_id, student_name, student_email, status)"
                " values (%s, %s, 'S', %s, 'successful') returning id",
                self.workshop, self.id(session), name,
            )  # fmt: skip

        self.make(Call(lambda shop: (shop.enrollments, shop.sit_down_by_hand(session, Student(name, None))), sit))

    @precondition(lambda self: self.open is None and self.shop.enrollments)
    @rule(place=places)
    def stand_up_by_hand(self, place: int) -> None:
        key = self.pick(self.shop.enrollments, place, "successful", "pending")
        own = self.shop.enrollments[key]
        if not own.counts:
            return

        def stand(conn: psycopg.Connection) -> None:
            conn.execute(
                "update workshop_sessions set current_attendees = current_attendees - %s where id = %s",
                [own.seats, self.id(own.session)],
            )
            conn.execute("update enrollments set status = 'cancelled', expires_at = null where id = %s", [own.id])

        self.make(Call(lambda shop: shop.stand_up_by_hand(key), stand))

    @precondition(lambda self: self.open is None and any(s.status == "cancelled" for s in self.shop.sessions.values()))
    @rule(place=places)
    def put_back_by_hand(self, place: int) -> None:
        session = self.pick(self.shop.sessions, place, "cancelled")
        if self.shop.sessions[session].status == "cancelled":
            self.write(session, lambda shop: shop.put_back_by_hand(session), "status", "upcoming")

    @precondition(lambda self: self.next is None and (self.is_busy or not self.shop.on_sale))
    @rule()
    def take_off_sale_or_put_back(self) -> None:
        self.shop.on_sale = not self.shop.on_sale
        self.conn.execute("update workshops set is_active = %s", [self.shop.on_sale])
        self.conn.commit()

    def write(self, session: int, model: Callable[[Shop], None], column: str, new: Any) -> None:
        query = f"update workshop_sessions set {column} = %s where id = %s returning id"
        self.make(Call(model, lambda conn: value(conn, query, new, self.id(session))))

    # Time.

    @precondition(lambda self: self.next is None)
    @rule(minutes=st.sampled_from([5, 30, 30, 60, 60, 240, 240, 600, 1440]), ticks=st.booleans())
    def time_passes(self, minutes: int, ticks: bool) -> None:
        self.let_it_be(self.shop.now + timedelta(minutes=minutes))
        if ticks:
            self.conn.execute("select lifecycle.advance('workshop', lifecycle.now(), 1000)")
            self.conn.commit()
            self.shop.tick()
            assert self.rows("select * from failed_steps") == []

    def let_it_be(self, now: datetime) -> None:
        self.shop.now = now
        for conn in (self.conn, self.other):
            set_now(conn, now.isoformat())
            conn.commit()

    # What must be so.

    @invariant()
    def all_promises_hold(self) -> None:
        assert self.rows("select * from seat_audit") == []

    @invariant()
    def model_and_database_agree(self) -> None:
        for session in self.rows("select * from workshop_sessions"):
            (key,) = (key for key, own in self.shop.sessions.items() if own.id == session["id"])
            own = self.shop.sessions[key]
            assert (session["status"], session["current_attendees"], session["waiting_count"]) == (
                own.status,
                own.counter,
                len(self.shop.queue(key)),
            )
        self.same(self.shop.enrollments, "select id, status, expires_at as expires from enrollments")
        self.same(self.shop.orders, "select id, status, expires_at as expires from orders")
        self.same(self.shop.entries, "select id, status, offer_expires_at as expires from waitlist_entries")

    def same(self, model: dict[int, Any], query: str) -> None:
        found = {row["id"]: (row["status"], row["expires"]) for row in self.rows(query)}
        assert found == {row.id: (row.status, row.expires) for row in model.values()}

    @invariant()
    def what_is_shown_is_so(self) -> None:
        shown = {
            row["session_id"]: (row["available_seats"], row["calculated_status"], row["availability"])
            for row in self.rows("select * from session_availability")
        }
        on_sale = self.shop.sessions if self.shop.on_sale else {}
        assert shown == {own.id: self.shop.availability(key) for key, own in on_sale.items()}

    @invariant()
    def money_follows_the_seats(self) -> None:
        found = {
            row["order_id"]: (row["due"], row["paid"], row["refundable"])
            for row in self.rows(
                "select order_id, sum(due) as due, sum(paid) as paid, sum(refundable) as refundable"
                " from order_balance group by order_id"
            )
        }
        assert found == {
            own.id: (due, own.paid, max(own.paid - due, 0))
            for key, own in self.shop.orders.items()
            for due in [self.shop.due(key)]
        }

    @invariant()
    def runs_follow(self) -> None:
        for row in self.rows("select id, status from workshop_runs"):
            run = self.runs.index(row["id"])
            # They follow moves of their sessions, and seats given back in one that is over are none.
            if not any(s.run == run and s.status == "completed" for s in self.shop.sessions.values()):
                assert row["status"] == self.shop.run_status(run)

    @invariant()
    def order_numbers_have_no_gaps(self) -> None:
        numbers = [row["order_number"] for row in self.rows("select order_number from orders order by 1")]
        assert numbers == [f"{n:06}" for n in range(1, len(numbers) + 1)]

    def rows(self, query: str) -> list[dict[str, Any]]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query).fetchall()
        self.conn.commit()
        return rows

    def id(self, session: int) -> Any:
        return self.shop.sessions[session].id


def value(conn: psycopg.Connection, query: str, *params: Any) -> Any:
    row = conn.execute(query, params).fetchone()
    assert row is not None
    return row[0]


def told(conn: psycopg.Connection, function: str, *params: Any) -> set[Any]:
    marks = ", ".join(["%s"] * len(params))
    rows = conn.execute(f"select coalesce(enrollment_id, entry_id) from {function}({marks})", params).fetchall()
    return {row[0] for row in rows}


# A failure is shrunk for minutes before it is shown; the usual time-out would cut that off and hide it.
@pytest.mark.timeout(1800)
def test_database_and_model_agree_whatever_is_called(connect: Connect) -> None:
    conns = {name: connect(autocommit=name == "watch") for name in ("conn", "other", "watch")}
    for conn in conns.values():
        conn.execute("set search_path = workshop")
        if not conn.autocommit:
            conn.commit()
    run_state_machine_as_test(
        type("SeatMachine", (SeatMachine,), conns),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize="CI" in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
