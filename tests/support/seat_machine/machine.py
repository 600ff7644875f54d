"""How calls are made, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from support.clock import set_now
from support.market import open_market
from support.shop.rows import RUN_PRICE, Refused, Run, Session, Student, refuse
from support.shop.shop import Shop

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
buyers = st.sampled_from([s for s in STUDENTS if s.phone])
keys = st.sampled_from([None, None, None, "k1", "k2"])
# Which of the rows that are there, those that matter first.
places = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, 4])
# What the caller says of when the row was changed: nothing, as it is, or as it was.
looks = st.sampled_from([None, None, None, None, "now", "before"])
LONG_AGO = "2000-01-01 00:00+00"


@dataclass
class Answer:
    """What a call came to: ids, or people to tell, or the error's key."""

    value: Any = None
    refused: str | None = None


@dataclass
class Call:
    """One call, to be made to the shop and to the database. New rows come back as a list, of those and of their ids."""

    model: Callable[[Shop], Any]
    database: Callable[[psycopg.Connection], Any]


class Machine(RuleBasedStateMachine):
    """Two connections of one application; the second one is sometimes in the middle of something."""

    # Kept from one example to the next: a new connection plans everything anew.
    conn: psycopg.Connection
    other: psycopg.Connection
    watch: psycopg.Connection
    # Tables that an example writes.
    tables: list[str]

    def __init__(self) -> None:
        super().__init__()
        # What becomes of the next call: rolled back; or left open while another is made, then committed or not.
        self.next: str | None = None
        self.open: tuple[Call, Answer] | None = None
        self.shop = Shop(START, {}, {})

    def teardown(self) -> None:
        self.other.rollback()
        self.conn.rollback()
        # Not truncated: plans are kept.
        self.conn.execute("set local session_replication_role = replica")
        self.conn.execute("; ".join(f"delete from {table}" for table in self.tables).encode())
        self.conn.commit()

    @initialize(
        capacities=st.tuples(*[st.integers(1, 3)] * 3), unlimited=st.booleans(), waiting=st.sampled_from([0, 1, 2, 3])
    )
    def open_shop(self, capacities: tuple[int, int, int], unlimited: bool, waiting: int) -> None:
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
        self.conn.execute("alter sequence public.keys restart")
        market = open_market(self.conn)
        self.creator = market.creator
        self.workshop = market.workshop(price=10)
        self.shop.runs = {key: Run(RUN_PRICE, market.run(self.workshop, price=RUN_PRICE)) for key in (0, 1)}
        for own in self.shop.sessions.values():
            own.id = market.session(
                self.workshop, day=str(own.starts.date()), start_time=own.starts.time(), end_time=None, duration=1,
                timezone="UTC", run_id=self.shop.runs[own.run].id, max_attendees=own.capacity,
                booking_opens_at=own.opens, booking_closes_at=own.closes, cancel_until=own.cancel_until,
            )  # fmt: skip
        self.conn.commit()
        if waiting:
            self.let_people_wait(for_a_session=waiting % 2 == 1, for_a_run=waiting > 1)

    def let_people_wait(self, for_a_session: bool, for_a_run: bool) -> None:
        """By chance that would take too long to come about."""

    def let_it_be(self, now: datetime) -> None:
        self.shop.now = now
        for conn in (self.conn, self.other, self.watch):
            set_now(conn, now.isoformat())
            conn.commit()

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
            # To be called again.
            if error.diag.constraint_name in ("session_moved_meanwhile", "offered_meanwhile"):
                conn.rollback()
                return self.ask(conn, call)
            if not (error.sqlstate or "").startswith("PT"):
                raise
            return Answer(refused=error.diag.constraint_name)

    def check(self, shop: Shop, call: Call, answer: Answer) -> Shop:
        """The shop after the call, which must have come to the same."""
        refusals: set[str | None] = {None}
        rows: Any = None
        try:
            rows = call.model(shop)
        except Refused as refused:
            refusals = {*refused.keys}
        assert answer.refused in refusals
        if isinstance(rows, set):
            assert set(answer.value) == rows
        elif isinstance(rows, list):
            # New rows get the database's ids; rows that were there must have them.
            for row, own in zip(rows, answer.value, strict=False):
                assert row.id in (None, own)
                row.id = own
        return shop

    def session(self, place: int, *is_wanted: Callable[[int], bool]) -> int:
        """A session: the wanted ones come first."""
        rows = sorted(self.shop.sessions, key=lambda key: [not wanted(key) for wanted in is_wanted])
        return rows[place % len(rows)]

    def pick(self, rows: dict[int, Any], place: int, *wanted: str) -> int:
        """A row: those of the wanted statuses come first, then the newest."""
        return sorted(rows, key=lambda key: (rows[key].status not in wanted, -key))[place % len(rows)]

    def pick_run(self, place: int, is_wanted: Callable[[int], bool] = bool) -> int:
        """A run: the wanted ones come first."""
        rows = sorted(self.shop.runs, key=lambda key: not is_wanted(key))
        return rows[place % len(rows)]

    def is_sold(self, run: int) -> bool:
        """As a whole, at all."""
        sessions = self.shop.to_come(run)
        return bool(sessions) and all(self.shop.is_bookable(session) for session in sessions)

    def is_sold_out(self, run: int) -> bool:
        """So that people wait for it."""
        return self.is_sold(run) and not all(self.shop.fits(session, 1) for session in self.shop.to_come(run))

    @property
    def is_busy(self) -> bool:
        """Or sessions would be closed before anything has happened in them."""
        return len(self.shop.enrollments) + len(self.shop.entries) > 5

    def change(
        self, function: str, table: str, row: Any, look: str | None, model: Callable[[Shop], Any], *params: Any
    ) -> Call:
        """A call that changes a row, by a caller who may say as which he has seen it."""
        seen = None
        # What an open transaction will make of it cannot be seen.
        if look == "now" and self.open is None:
            seen = value(self.watch, f"select updated_at from {table} where id = %s", row.id)
        elif look == "before":
            seen = LONG_AGO

        def as_seen(shop: Shop) -> Any:
            refuse({"changed_meanwhile": look == "before"})
            return model(shop)

        marks = "".join(", %s" for _ in params)
        query = f"select * from {function}(%s{marks}, p_expected_updated_at => %s)"
        return Call(as_seen, lambda conn: ids(conn, query, row.id, *params, seen))

    def id(self, session: int) -> Any:
        return self.shop.sessions[session].id

    # What meets, and what is taken back.

    @precondition(lambda self: self.next is None)
    @rule(fate=st.sampled_from(["roll back", "meet and commit", "meet and commit", "meet and roll back"]))
    def have_the_next_call(self, fate: str) -> None:
        self.next = fate


def value(conn: psycopg.Connection, query: str, *params: Any) -> Any:
    """The first of the only row."""
    row = conn.execute(query.encode(), params).fetchone()
    assert row is not None
    return row[0]


def ids(conn: psycopg.Connection, query: str, *params: Any) -> list[Any]:
    """The first of each row; of people to tell, their keys."""
    cursor = conn.execute(query.encode(), params)
    names = [column.name for column in cursor.description or ()]
    if "entry_id" not in names:
        return [row[0] for row in cursor]
    own, entry = names.index("enrollment_id"), names.index("entry_id")
    return [row[own] or row[entry] for row in cursor]
