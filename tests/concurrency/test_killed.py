"""The server killed in the middle of a rush: clients ask again with their keys, and seats and money agree."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import pytest

from support.market import Market, open_market
from support.own_cluster import OwnCluster, own_cluster

# Raised with SESSIONBOOK_KILLS for a longer look.
KILLS = int(os.environ.get("SESSIONBOOK_KILLS", "5"))
CLIENTS = 8
pytestmark = pytest.mark.timeout(300 + 60 * KILLS)
# More is wanted than there is.
BOOKINGS = 24
SEATS = 40


@pytest.fixture(scope="module")
def cluster() -> Iterator[OwnCluster]:
    from sessionbook.deploy import apply

    with own_cluster() as cluster:
        apply(cluster.conninfo, units=["workshop"])
        yield cluster


@dataclass
class Client:
    """Asks until there is an answer, with a new connection where the old one is lost."""

    cluster: OwnCluster
    creators: list[UUID]
    runs: list[UUID]
    sessions: list[list[UUID]]
    me: str
    answers: dict[str, UUID | None] = field(default_factory=dict)
    lost: int = 0

    def work(self) -> None:
        for n in range(BOOKINGS):
            while True:
                try:
                    with psycopg.connect(self.cluster.conninfo, connect_timeout=5) as conn:
                        self.answers[f"{self.me}-{n}"] = self.ask(conn, n)
                    break
                except psycopg.OperationalError:
                    self.lost += 1
                    time.sleep(0.02)

    def ask(self, conn: psycopg.Connection, n: int) -> UUID | None:
        """The row of this booking, with all that was done about it; None where the seats are gone."""
        self.conn, self.key, self.shop = conn, f"{self.me}-{n}", n % 2
        conn.autocommit = True
        conn.execute("set search_path = workshop")
        own = random.Random(self.key).sample(self.sessions[self.shop], 2)
        # A number of its own: digits alone tell numbers apart.
        self.phone = "5" + "".join(f"{int(part):02}" for part in self.key.split("-"))
        try:
            return STORIES[n // 2 % len(STORIES)](self, own)
        except psycopg.Error as error:
            if (error.sqlstate, error.diag.constraint_name) != ("PT409", "session_full"):
                raise
            return None

    def one(self, query: str, *params: object) -> UUID:
        row = self.conn.execute(query.encode(), params).fetchone()
        assert row is not None
        return row[0]

    def order(self, *items: dict[str, UUID], hold: str = "30 minutes") -> UUID:
        return self.one(
            "select id from create_order(%s, 'Sara', %s, %s, p_hold => %s, p_idempotency_key => %s)",
            self.creators[self.shop], self.phone, json.dumps(items, default=str), hold, self.key,
        )  # fmt: skip

    def pay(self, order: UUID) -> None:
        """As providers report it: twice."""
        for _ in range(2):
            self.one(
                "select record_payment(id, total_amount, 'knet', %s) from orders where id = %s",
                f"p-{self.key}", order,
            )  # fmt: skip

    def two_sessions(self, own: list[UUID]) -> UUID:
        order = self.order({"session_id": own[0]}, {"session_id": own[1]})
        self.pay(order)
        return order

    def a_run(self, own: list[UUID]) -> UUID:
        order = self.order({"run_id": self.runs[self.shop]})
        self.pay(order)
        return order

    def a_run_at_once(self, own: list[UUID]) -> UUID:
        return self.one(
            "select id from enroll_run(%s, 'Sara', null, %s, 1, %s) where idempotency_key is not null",
            self.runs[self.shop], self.phone, self.key,
        )  # fmt: skip

    def moved(self, own: list[UUID]) -> UUID:
        seat = self.one("select id from enroll(%s, 'Sara', null, %s, 1, %s)", own[0], self.phone, self.key)
        with nothing_left():
            self.one("select transfer_enrollment(%s, %s)", seat, own[1])
        return seat

    def half_of_it_given_back(self, own: list[UUID]) -> UUID:
        order = self.two_sessions(own)
        self.one("select cancel_enrollment(id) from order_enrollments(%s) where session_id = %s", order, own[0])
        # Half of it; asked again, the same.
        self.one("select record_refund(id, 10, 'knet', %s) from orders where id = %s", f"r-{self.key}", order)
        return order

    def paid_late(self, own: list[UUID]) -> UUID:
        """When the hold has run out: the seats are taken anew, or the money is to be given back."""
        order = self.order({"session_id": own[0]}, hold="1 millisecond")
        self.pay(order)
        return order


@contextmanager
def nothing_left() -> Iterator[None]:
    """If there is no seat, all stays as it is."""
    try:
        yield
    except psycopg.Error as error:
        if error.diag.constraint_name != "session_full":
            raise


STORIES = [
    Client.two_sessions,
    Client.a_run,
    Client.moved,
    Client.half_of_it_given_back,
    Client.a_run_at_once,
    Client.paid_late,
]


def open_shops(market: Market, name: str) -> tuple[list[UUID], list[UUID], list[list[UUID]]]:
    """Two creators, each with a run of three sessions: 10 each, 25 together."""
    creators = [
        market.one("insert into creators (name, username, email) values ('N', %s, %s) returning id", own, own)
        for own in (f"{name}-a", f"{name}-b")
    ]
    runs, sessions = [], []
    for creator in creators:
        market.creator = creator
        workshop = market.workshop(price=10)
        run = market.run(workshop, price=25)
        runs.append(run)
        sessions.append([market.session(workshop, day="2037-01-01", run_id=run, max_attendees=SEATS) for _ in range(3)])
    return creators, runs, sessions


def test_killed_in_a_rush_seats_and_money_agree(cluster: OwnCluster) -> None:
    chance = random.Random(11)
    with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
        conn.execute("set search_path = workshop")
        open_market(conn)
    seen_at_work = 0
    for kill in range(KILLS):
        with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
            conn.execute("set search_path = workshop")
            creators, runs, sessions = open_shops(Market(conn, UUID(int=0)), str(kill))
        clients = [Client(cluster, creators, runs, sessions, f"{kill}-{i}") for i in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            rush = [pool.submit(client.work) for client in clients]
            time.sleep(chance.uniform(0.1, 1.5))
            cluster.kill()
            cluster.start()
            for one in rush:
                one.result(120)
        seen_at_work += any(client.lost for client in clients)
        with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
            conn.execute("set search_path = workshop")
            market = Market(conn, creators[0])
            given = {key: row for client in clients for key, row in client.answers.items()}
            assert len(given) == CLIENTS * BOOKINGS
            assert None in given.values(), "there were seats for all"
            kept = market.rows(
                "select e.idempotency_key as key, e.id from enrollments as e where e.idempotency_key like %s"
                " union all select o.idempotency_key, o.id from orders as o where o.idempotency_key like %s",
                f"{kill}-%",
                f"{kill}-%",
            )
            assert {row["key"]: row["id"] for row in kept} == {key: row for key, row in given.items() if row}
            seats_and_money_agree(market)
            for client in clients:
                for n in range(BOOKINGS):
                    # Who found no seat might find one that was given back since.
                    if given[f"{client.me}-{n}"] is not None:
                        assert client.ask(conn, n) == given[f"{client.me}-{n}"]
            seats_and_money_agree(market)
            for creator in creators:
                numbers = market.rows("select order_number from orders where creator_id = %s order by 1", creator)
                assert [row["order_number"] for row in numbers] == [f"{n:06}" for n in range(1, len(numbers) + 1)]
    assert 2 * seen_at_work >= KILLS, "kills came when nobody was booking"


def seats_and_money_agree(market: Market) -> None:
    assert market.rows("select * from seat_audit") == []
    orders = market.rows(
        "select o.status, b.due, b.paid, b.refundable, o.total_amount as total,"
        " (select count(*) from payments as y where y.order_id = o.id and y.kind = 'payment') as payments,"
        " (select coalesce(sum(y.amount), 0) from payments as y where y.order_id = o.id and y.kind = 'refund') as back"
        " from orders as o cross join lateral (select sum(b.due) as due, sum(b.paid) as paid,"
        " sum(b.refundable) as refundable from order_balance as b where b.order_id = o.id) as b"
    )
    for order in orders:
        assert order["payments"] == 1
        assert order["paid"] == order["total"] - order["back"]
        # Paid for the seats it has; or late, and the seats are gone.
        assert (order["due"], order["refundable"]) == (
            (order["paid"], 0) if order["status"] == "paid" else (0, order["paid"])
        )
    assert {order["status"] for order in orders} <= {"paid", "pending"}
    assert market.rows(
        "select run_booking_id from enrollments where run_booking_id is not null group by 1 having count(*) <> 3"
    ) == []  # fmt: skip
