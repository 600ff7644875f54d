"""The server killed in the middle of a rush: clients ask again with their keys, and every seat is sold once."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import pytest

from support.market import Market, open_market
from support.own_cluster import OwnCluster, own_cluster

# Raised with SESSIONBOOK_KILLS for a longer look.
KILLS = int(os.environ.get("SESSIONBOOK_KILLS", "5"))
CLIENTS = 8
# More is wanted than there is.
BOOKINGS = 40
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
    workshops: list[UUID]
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
        """The row of this booking, paid for; None where the seats are gone."""
        key, shop = f"{self.me}-{n}", n % 2
        chance = random.Random(key)
        own = chance.sample(self.sessions[shop], 2)
        # A number of its own: digits alone tell numbers apart.
        phone = "5" + "".join(f"{int(part):02}" for part in key.split("-"))
        try:
            if n % 4 < 2:
                items = json.dumps([{"workshop_id": str(self.workshops[shop]), "session_id": str(s)} for s in own])
                call = "select id from workshop.create_order(%s, 'Sara', %s, %s, p_idempotency_key => %s)"
                row = conn.execute(call, [self.creators[shop], phone, items, key]).fetchone()
            else:
                call = "select id from workshop.enroll(%s, 'Sara', null, %s, 1, %s)"
                row = conn.execute(call, [own[0], phone, key]).fetchone()
        except psycopg.Error as error:
            if (error.sqlstate, error.diag.constraint_name) != ("PT409", "session_full"):
                raise
            return None
        assert row is not None
        conn.commit()
        if n % 4 < 2:
            conn.execute("select workshop.set_order_status(%s, 'paid')", [row[0]])
        return row[0]


def open_shops(market: Market, name: str) -> tuple[list[UUID], list[UUID], list[list[UUID]]]:
    """Two creators, each with three sessions."""
    creators = [
        market.one("insert into creators (name, username, email) values ('N', %s, %s) returning id", own, own)
        for own in (f"{name}-a", f"{name}-b")
    ]
    workshops, sessions = [], []
    for creator in creators:
        market.creator = creator
        workshop = market.workshop()
        run = market.run(workshop)
        workshops.append(workshop)
        sessions.append([market.session(workshop, day="2037-01-01", run_id=run, max_attendees=SEATS) for _ in range(3)])
    return creators, workshops, sessions


def test_killed_in_a_rush_every_seat_is_sold_once(cluster: OwnCluster) -> None:
    chance = random.Random(11)
    with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
        conn.execute("set search_path = workshop")
        open_market(conn)
    seen_at_work = 0
    for kill in range(KILLS):
        with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
            conn.execute("set search_path = workshop")
            creators, workshops, sessions = open_shops(Market(conn, UUID(int=0)), str(kill))
        clients = [Client(cluster, creators, workshops, sessions, f"{kill}-{i}") for i in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            rush = [pool.submit(client.work) for client in clients]
            time.sleep(chance.uniform(0.1, 0.6))
            cluster.kill()
            cluster.start()
            for one in rush:
                one.result(120)
        seen_at_work += any(client.lost for client in clients)
        with psycopg.connect(cluster.conninfo, autocommit=True) as conn:
            conn.execute("set search_path = workshop")
            market = Market(conn, creators[0])
            assert market.rows("select * from seat_audit") == []
            given = {key: row for client in clients for key, row in client.answers.items()}
            assert len(given) == CLIENTS * BOOKINGS
            kept = market.rows(
                "select e.idempotency_key as key, e.id from enrollments as e where e.idempotency_key like %s"
                " union all select o.idempotency_key, o.id from orders as o where o.idempotency_key like %s",
                f"{kill}-%",
                f"{kill}-%",
            )
            assert {row["key"]: row["id"] for row in kept} == {key: row for key, row in given.items() if row}
            for client in clients:
                for n in range(BOOKINGS):
                    assert client.ask(conn, n) == given[f"{client.me}-{n}"]
            for creator in creators:
                numbers = market.rows("select order_number from orders where creator_id = %s order by 1", creator)
                assert [row["order_number"] for row in numbers] == [f"{n:06}" for n in range(1, len(numbers) + 1)]
            assert market.rows("select * from orders where status <> 'paid'") == []
            assert None in given.values(), "there were seats for all"
    assert seen_at_work, "no kill came while somebody was booking"
