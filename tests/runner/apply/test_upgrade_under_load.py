"""A release is applied while seats are booked, without a pause."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.deploy import apply
from sessionbook.package import UNITS

from support.market import Market, open_market
from support.release import Releases

CONNECTIONS = 8
ROUNDS = 3
# As docs/deploying.md advises; a call that gives up has waited for so long and done nothing.
CLIENT = "-c role=sessionbook_writer -c lock_timeout=700ms -c search_path=workshop"


class Client:
    """An application's connection: statements prepared by the driver, columns named, lock time-outs tried again."""

    def __init__(self, dsn: str, number: int, market: Market, workshop: UUID, sessions: list[UUID]) -> None:
        self.conn = psycopg.connect(make_conninfo(dsn, options=CLIENT), autocommit=True, prepare_threshold=0)
        self.number = number
        self.market = market
        self.workshop = workshop
        self.sessions = sessions
        self.session = sessions[number % len(sessions)]
        self.names = (f"{number}-{n}@example.org" for n in count())
        self.booked: set[UUID] = set()
        self.cancelled: set[UUID] = set()
        self.ordered: set[UUID] = set()
        self.rounds = 0
        self.failed: list[tuple[str, str | None, str]] = []

    def run(self, ended: threading.Event) -> None:
        """Goes round until told to end, a little slower than it could: an application has other things to do."""
        steps = (self.enroll, self.pick, self.cancel, self.look, self.order, self.seat)
        while not ended.is_set() and not self.failed:
            for step in steps:
                self._call(step)
                time.sleep(0.01)
            self.rounds += 1

    def enroll(self) -> None:
        self.booked.add(
            self._one("select id from enroll(%s, 'Noor', %s)", self.session, next(self.names)),
        )

    def cancel(self) -> None:
        for enrollment in list(self.booked)[:1]:
            self.cancelled.add(self._one("select id from cancel_enrollment(%s)", enrollment))
            self.booked.discard(enrollment)

    def order(self) -> None:
        items = json.dumps([{"workshop_id": str(self.workshop)}])
        self.ordered.add(
            self._one("select id from create_order(%s, 'Noor', '+970', %s)", self.market.creator, items),
        )

    def pick(self) -> None:
        assert self._one("select id from get_next_available_session(%s)", self.workshop) in self.sessions

    def look(self) -> None:
        assert self.conn.execute(
            "select session_id, available_seats from session_availability where workshop_id = %s", [self.workshop]
        ).fetchall()

    def seat(self) -> None:
        """By hand, as applications did before there was enroll()."""
        with self.conn.transaction():
            enrollment = self._one(
                "insert into enrollments (workshop_id, session_id, student_name, student_email, status)"
                " values (%s, %s, 'Noor', %s, 'successful') returning id",
                self.workshop,
                self.session,
                next(self.names),
            )
            self.conn.execute(
                "update workshop_sessions set current_attendees = current_attendees + 1 where id = %s", [self.session]
            )
        self.booked.add(enrollment)

    def _one(self, query: str, *params: Any) -> Any:
        row = self.conn.execute(query, params).fetchone()
        assert row is not None
        return row[0]

    def _call(self, step: Callable[[], None]) -> None:
        try:
            step()
        except psycopg.errors.LockNotAvailable:
            pass  # The next round tries again.
        except Exception as error:
            self.failed.append((step.__name__, getattr(error, "sqlstate", None), str(error)))


@pytest.fixture
def releases(tmp_path) -> Releases:
    return Releases(tmp_path)


@pytest.fixture
def clients(database, db) -> Iterator[list[Client]]:
    """Eight of them, in two workshops' worth of sessions that never fill up."""
    db.execute("set search_path = workshop")
    market = open_market(db)
    workshop = market.workshop()
    sessions = [
        market.session(workshop, f"2037-01-0{day}", run_id=market.run(workshop, f"Run {day}"), max_attendees=100_000)
        for day in range(1, 5)
    ]
    with ExitStack() as stack:
        clients = [Client(database, number, market, workshop, sessions) for number in range(CONNECTIONS)]
        for client in clients:
            stack.callback(client.conn.close)
        yield clients


def test_bookings_go_on_while_every_object_is_replaced(database, db, clients, releases):
    """Nobody meets anything but a lock time-out, which may be tried again."""
    with under_load(clients):
        for _ in range(ROUNDS):
            releases.next()
            assert {copy.unit for copy in apply(database, sql_root=releases.root).copies} == set(UNITS)
    assert_kept(db, clients)


def test_older_copy_is_brought_along(database, db, clients, releases):
    apply(database, units=["workshop"], schemas={"workshop": "acme"}, upto={"workshop": "0007_seats"})
    releases.next()
    with under_load(clients):
        apply(database, sql_root=releases.root)
    assert_kept(db, clients)
    schemas = db.execute("select table_schema from information_schema.columns where column_name = 'release_1'")
    assert {schema for (schema,) in schemas} >= {"workshop", "acme"}


def test_writer_in_the_middle_of_a_transaction_gets_to_its_end(database, db, clients, releases):
    """The deploy has locked the table that it writes next, and waits for the one that it wrote: it has to let go."""
    client = clients[0]
    releases.touch()
    with ThreadPoolExecutor() as pool:
        with client.conn.transaction():
            client.conn.execute("update workshop_sessions set updated_at = now()")
            deploy = pool.submit(apply, database, sql_root=releases.root)
            _until_blocked(db)
            for table in ("enrollments", "orders", "workshop_runs"):
                client.conn.execute(f"update {table} set updated_at = now()".encode())
            client.conn.execute("select count(*) from session_availability")
            assert not deploy.done()
        assert deploy.result(60).changed


def _until_blocked(db: psycopg.Connection) -> None:
    deadline = time.monotonic() + 30
    while not db.execute(
        "select from pg_stat_activity"
        " where datname = current_database() and application_name = 'sessionbook' and wait_event_type = 'Lock'"
    ).fetchall():
        assert time.monotonic() < deadline, "the deploy waits for nobody"
        time.sleep(0.005)


@contextmanager
def under_load(clients: list[Client]) -> Iterator[None]:
    """Has them all at work, each having done everything at least once before and after what happens within."""
    ended = threading.Event()
    threads = [threading.Thread(target=client.run, args=[ended]) for client in clients]
    for thread in threads:
        thread.start()
    try:
        _each_once(clients)
        yield
        _each_once(clients)
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _each_once(clients: list[Client]) -> None:
    before = [client.rounds for client in clients]
    deadline = time.monotonic() + 30
    while any(client.rounds <= rounds and not client.failed for client, rounds in zip(clients, before, strict=True)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def assert_kept(db: psycopg.Connection, clients: list[Client]) -> None:
    """Nothing failed, and what clients were told is what there is."""
    assert [one for client in clients for one in client.failed] == []
    assert db.execute("select * from seat_audit").fetchall() == []
    statuses = dict(db.execute("select id, status from enrollments").fetchall())
    orders = {order for (order,) in db.execute("select id from orders")}
    for client in clients:
        assert {statuses[enrollment] for enrollment in client.booked} <= {"successful"}
        assert {statuses[enrollment] for enrollment in client.cancelled} <= {"cancelled"}
        assert client.ordered <= orders
