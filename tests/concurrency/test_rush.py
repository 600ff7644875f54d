"""Everything at once, on few sessions of two runs: nothing deadlocks, no error is a surprise, all promises hold."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel

from support.clock import set_now
from support.concurrency import Crowd, errors, keys
from support.market import Market

NOW = "2027-01-01 10:00+00"
# CI plays more rounds.
ROUNDS = max(1, int(os.environ.get("SESSIONBOOK_ROUNDS", "10")) // 5)
pytestmark = pytest.mark.timeout(300 + 60 * ROUNDS)
# What somebody may be told who comes too late, or twice.
ANSWERS = {
    "already_enrolled",
    "already_waiting",
    "enrollment_not_active",
    "illegal_transition",
    "not_offered",
    "offer_expired",
    "offer_redeemed",
    "order_closed",
    "order_without_seats",
    "seats_available",
    "session_closed",
    "session_full",
}


def well(market: Market) -> None:
    assert market.rows("select * from seat_audit") == []
    assert market.rows("select * from failed_steps") == []
    # Runs follow their sessions: at once, or noted for the clock if somebody else had them.
    market.conn.execute("select apply_step('follow_runs', due_rows('follow_runs', now(), 1000), now())")
    assert market.rows("select * from stale_runs") == []
    before = market.everything()
    market.conn.execute("select _follow_runs(array(select id from workshop_runs))")
    assert market.everything() == before


def open_sessions(market: Market, seats: int) -> tuple[UUID, list[UUID]]:
    """Four sessions of two runs, alternating in id order."""
    workshop = market.workshop()
    runs = [market.run(workshop), market.run(workshop)]
    sessions = [market.session(workshop, day=f"2027-01-0{n + 4}", max_attendees=seats) for n in range(4)]
    for place, session in enumerate(sorted(sessions)):
        market.conn.execute("update workshop_sessions set run_id = %s where id = %s", [runs[place % 2], session])
    return workshop, sessions


def order(conn: psycopg.Connection, creator: UUID, workshop: UUID, sessions: list[UUID], phone: str) -> UUID:
    items = json.dumps([{"workshop_id": workshop, "session_id": session} for session in sessions], default=str)
    row = conn.execute("select id from workshop.create_order(%s, 'Sara', %s, %s)", [creator, phone, items]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("seats", [32, 5])
def test_orders_with_items_in_opposite_order_do_not_deadlock(market: Market, database: str, seats: int) -> None:
    """If there are seats for all, nobody is refused; each fills and empties both runs when seats are few."""
    with Crowd(database, 32) as crowd:
        crowd.race(lambda conn, _: set_now(conn, NOW))
        for _ in range(ROUNDS):
            workshop, sessions = open_sessions(market, seats)

            def buy(conn: psycopg.Connection, i: int, workshop: UUID = workshop, own: list[UUID] = sessions) -> None:
                turned = own[i // 2 % 4 :] + own[: i // 2 % 4]
                mine = order(conn, market.creator, workshop, turned if i % 2 else turned[::-1], f"+965 {i}")
                conn.commit()
                conn.execute("select workshop.set_order_status(%s, %s)", [mine, "paid" if i % 3 else "cancelled"])

            outcome = crowd.race(buy)
            assert keys(outcome) <= ({("PT409", "session_full")} if seats < 32 else set())
            well(market)


class Shopper:
    """One of the crowd: does what comes to mind to sessions, and to rows that anybody made."""

    def __init__(self, conn: psycopg.Connection, market: Market, workshop: UUID, sessions: list[UUID], i: int) -> None:
        self.conn = conn
        self.creator = market.creator
        self.workshop = workshop
        self.sessions = sessions
        self.chance = random.Random(i)
        self.me = i

    def some(self, table: str, status: str = "") -> UUID | None:
        """A row that is there by now, of this status if there is one."""
        row = self.conn.execute(
            f"select id from workshop.{table} order by status = %s desc, random() limit 1", [status]
        ).fetchone()
        self.conn.commit()
        return row and row[0]

    def enroll(self) -> None:
        self.call("enroll(%s, 'Sara', %s)", self.session, f"{self.chance.randrange(40)}@example.org")

    def cancel_enrollment(self) -> None:
        self.call("cancel_enrollment(%s)", self.some("enrollments"))

    def restore_enrollment(self) -> None:
        self.call("restore_enrollment(%s)", self.some("enrollments", "cancelled"))

    def create_order(self) -> None:
        own = self.chance.sample(self.sessions, self.chance.randint(1, 3))
        order(self.conn, self.creator, self.workshop, own, f"+965 {self.me}")

    def choose_freely(self) -> None:
        items = json.dumps([{"workshop_id": str(self.workshop), "quantity": self.chance.randint(1, 2)}] * 2)
        self.call("create_order(%s, 'Sara', '+965 0', %s)", self.creator, items)

    def transfer_enrollment(self) -> None:
        self.call("transfer_enrollment(%s, %s)", self.some("enrollments", "successful"), self.session)

    def change_seats(self) -> None:
        self.call("change_seats(%s, %s)", self.some("enrollments", "successful"), self.chance.randint(1, 3))

    def enroll_run(self) -> None:
        runs = self.conn.execute("select id from workshop.workshop_runs where not is_default order by id").fetchall()
        self.call("enroll_run(%s, 'Sara', %s)", self.chance.choice(runs)[0], f"{self.chance.randrange(99)}@example.org")

    def set_order_status(self) -> None:
        status = self.chance.choice(["paid", "paid", "cancelled", "refunded"])
        self.call("set_order_status(%s, %s)", self.some("orders", self.chance.choice(["pending", "paid"])), status)

    def join_waitlist(self) -> None:
        self.call("join_waitlist(%s, 'Sara', %s)", self.session, f"{self.chance.randrange(40, 80)}@example.org")

    def join_run_waitlist(self) -> None:
        runs = self.conn.execute("select id from workshop.workshop_runs where not is_default order by id").fetchall()
        own = f"{self.chance.randrange(40, 80)}@example.org"
        self.call("join_run_waitlist(%s, 'Sara', %s)", self.chance.choice(runs)[0], own)

    def leave_waitlist(self) -> None:
        self.call("leave_waitlist(%s)", self.some("waitlist_entries"))

    def accept_offer(self) -> None:
        self.call("accept_offer(%s)", self.some("waitlist_entries", "offered"))

    def change_capacity(self) -> None:
        self.conn.execute(
            "update workshop.workshop_sessions set max_attendees = %s where id = %s",
            [self.chance.randint(2, 5), self.session],
        )

    def cancel_session(self) -> None:
        """And back on sale, or there would soon be nothing left."""
        session = self.session
        self.call("cancel_session(%s)", session)
        self.conn.commit()
        self.conn.execute(
            "update workshop.workshop_sessions set status = 'upcoming' where id = %s and status = 'cancelled'",
            [session],
        )

    def take_out_of_its_run(self) -> None:
        """The next who has no other choice puts it into the default run."""
        self.conn.execute("update workshop.workshop_sessions set run_id = null where id = %s", [self.session])

    def gather(self) -> None:
        self.call("get_available_sessions(%s)", self.workshop)

    def let_time_pass(self) -> None:
        """Some holds and offers run out; the clock passes by."""
        later = f"2027-01-01 {10 + self.chance.randrange(6)}:{self.chance.randrange(60):02}+00"
        set_now(self.conn, later)
        self.conn.execute("select from lifecycle.advance('workshop', %s, 20)", [later])

    @property
    def session(self) -> UUID:
        return self.chance.choice(self.sessions)

    def call(self, call: str, *arguments: object) -> None:
        self.conn.execute(f"select from workshop.{call}", arguments)


DEEDS: list[Callable[[Shopper], None]] = [
    Shopper.enroll,
    Shopper.enroll,
    Shopper.create_order,
    Shopper.create_order,
    Shopper.choose_freely,
    Shopper.join_waitlist,
    Shopper.join_waitlist,
    Shopper.cancel_enrollment,
    Shopper.restore_enrollment,
    Shopper.set_order_status,
    Shopper.set_order_status,
    Shopper.transfer_enrollment,
    Shopper.transfer_enrollment,
    Shopper.change_seats,
    Shopper.enroll_run,
    Shopper.join_run_waitlist,
    Shopper.leave_waitlist,
    Shopper.accept_offer,
    Shopper.accept_offer,
    Shopper.change_capacity,
    Shopper.take_out_of_its_run,
    Shopper.gather,
    Shopper.cancel_session,
    Shopper.let_time_pass,
]


@pytest.mark.parametrize("isolation", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
def test_everything_at_once(market: Market, database: str, isolation: IsolationLevel) -> None:
    workshop, sessions = open_sessions(market, 3)
    refused: Counter[str] = Counter()
    with Crowd(database, 12, isolation) as crowd:

        def shop(conn: psycopg.Connection, i: int) -> Counter[str]:
            shopper = Shopper(conn, market, workshop, sessions, i)
            own: Counter[str] = Counter()
            set_now(conn, NOW)
            conn.commit()
            for _ in range(20 * ROUNDS):
                deed = shopper.chance.choice(DEEDS)
                try:
                    deed(shopper)
                    conn.commit()
                    own[deed.__name__] += 1
                except psycopg.Error as error:
                    conn.rollback()
                    own[f"{error.sqlstate} {error.diag.constraint_name}"] += 1
            return own

        outcome = crowd.race(shop)
    assert errors(outcome) == []
    for own in outcome:
        assert isinstance(own, Counter)
        refused.update(own)
    known = {f"PT409 {key}" for key in ANSWERS} | {"PT404 enrollment_not_found", "PT404 order_not_found"}
    known |= {"PT404 waitlist_entry_not_found", "55P03 session_moved_meanwhile", "55P03 offered_meanwhile"} | {
        deed.__name__ for deed in DEEDS
    }
    if isolation is IsolationLevel.REPEATABLE_READ:
        known |= {"40001 None", "23505 orders_creator_id_order_number_key"}
    assert set(refused) <= known
    well(market)
