"""Three servers, six tenants, 24 clients through PgBouncers, while a server dies, releases go out, a tenant moves."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sessionbook.deploy import apply

from support.command import called
from support.market import open_market
from support.own_cluster import OwnCluster, own_cluster
from support.pooler import pooler
from support.release import Releases

pytestmark = pytest.mark.timeout(600)
PLACES = {"east": ["acme", "beta"], "north": ["gamma", "delta"], "west": ["zeta", "eta"]}
CLIENTS = 4


@dataclass
class Fleet:
    """The servers, what is in front of each, and the file."""

    folder: Path
    servers: dict[str, OwnCluster]
    pools: dict[str, str]
    releases: Releases
    places: dict[str, str]
    sessions: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str) -> tuple[int, dict[str, Any]]:
        """Runs a command on all; its exit code, and what each server reported."""
        root = [] if name == "tick" else ["--sql-root", str(self.releases.root)]
        done = called([name, "--fleet", str(self.file()), "--json", *root])
        found = [json.loads(report) for report in done.stdout.splitlines()]
        return done.returncode, {one["server"]: one for one in found}

    def file(self) -> Path:
        file = self.folder / "fleet.toml"
        file.write_text(
            "\n".join(
                f'[[server]]\nname = "{name}"\ndsn = "{server.conninfo}"\n'
                f"canary = {'true' if name == 'east' else 'false'}\ntenants = {{ "
                + ", ".join(f'{tenant} = "workshop"' for tenant, place in self.places.items() if place == name)
                + " }"
                for name, server in self.servers.items()
            )
        )
        return file

    @property
    def watch(self) -> str:
        """A database without tenants, for views over all."""
        return self.servers["east"].dsn("watch")

    def make_globals(self) -> None:
        apply(self.watch, sql_root=self.releases.root, units=["workshop"])
        with psycopg.connect(self.watch, autocommit=True) as conn:
            conn.execute(called(["globals", "--fleet", str(self.file())]).stdout.encode())

    def ask(self, query: str) -> tuple[list[tuple[Any, ...]], str]:
        """Rows of a global view, and the warnings that came with them."""
        warnings: list[str] = []
        with psycopg.connect(self.watch, autocommit=True) as conn:
            conn.add_notice_handler(lambda notice: warnings.append(notice.message_primary or ""))
            return conn.execute(query.encode()).fetchall(), "\n".join(warnings)

    def states(self) -> dict[str, tuple[Any, ...]]:
        rows, _ = self.ask("select server, answers, is_older, missing from globals.servers")
        return {name: tuple(more) for name, *more in rows}

    def tenants_seen(self) -> tuple[set[tuple[str, str]], str]:
        rows, said = self.ask("select distinct server, tenant from globals.workshop_session_availability")
        return set(rows), said


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    with ExitStack() as stack:
        servers = {name: stack.enter_context(own_cluster()) for name in PLACES}
        pools = {
            name: stack.enter_context(pooler(server.conninfo, "transaction", "shop", 20))
            for name, server in servers.items()
        }
        places = {tenant: name for name, tenants in PLACES.items() for tenant in tenants}
        fleet = Fleet(folder, servers, pools, Releases(folder), places)
        code, reports = fleet("apply")
        assert (code, list(reports)) == (0, list(PLACES))
        for name, server in servers.items():
            with psycopg.connect(server.conninfo, autocommit=True) as conn:
                conn.execute("create role shop login")
                if name == "east":
                    conn.execute("create database watch")
                for tenant in PLACES[name]:
                    conn.execute(f"grant {tenant}_app to shop; set search_path = {tenant}".encode())
                    market = open_market(conn)
                    session = market.session(market.workshop(), "2037-01-04", max_attendees=1_000_000)
                    fleet.sessions[tenant] = str(session)
        fleet.make_globals()
        yield fleet


@dataclass
class Client:
    """Books one guest after the other, each until there is an answer, with the same key."""

    fleet: Fleet
    tenant: str
    name: str
    booked: int = 0
    lost: int = 0
    error: Exception | None = None

    def run(self, ended: threading.Event) -> None:
        while not ended.is_set() and self.error is None:
            name = self.fleet.places[self.tenant]
            try:
                with psycopg.connect(
                    self.fleet.pools[name], autocommit=True, prepare_threshold=None, connect_timeout=5
                ) as conn:
                    while not ended.is_set() and name == self.fleet.places[self.tenant]:
                        self.book(conn)
            except psycopg.OperationalError:
                # No server, or none any more: a clean failure, after which nobody knows whether it was booked.
                self.lost += 1
                time.sleep(0.1)
            except psycopg.Error as error:
                key = error.diag.constraint_name
                if key not in ("tenant_moving", "tenant_moved"):
                    self.error = error
                time.sleep(0.05)
            except Exception as error:
                self.error = error

    def book(self, conn: psycopg.Connection) -> None:
        guest = f"{self.name}-{self.booked}@example.org"
        conn.execute(
            f"select {self.tenant}.enroll(%s, 'Noor', %s, p_idempotency_key => %s)".encode(),
            [self.fleet.sessions[self.tenant], guest, guest],
        )
        self.booked += 1
        time.sleep(0.01)


@contextmanager
def booking(fleet: Fleet) -> Iterator[list[Client]]:
    """24 clients at work; afterwards every booking is there, once."""
    round = secrets.token_hex(3)
    clients = [Client(fleet, tenant, f"{round}-{number}") for tenant in fleet.places for number in range(CLIENTS)]
    ended = threading.Event()
    threads = [threading.Thread(target=client.run, args=[ended]) for client in clients]
    for thread in threads:
        thread.start()
    try:
        go_on(clients)
        yield clients
        go_on(clients)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    for tenant, name in fleet.places.items():
        with psycopg.connect(fleet.servers[name].conninfo) as conn:
            rows = conn.execute(
                f"select student_email from {tenant}.enrollments where starts_with(student_email, %s)".encode(), [round]
            ).fetchall()
            assert len(rows) == len(set(rows))
            wanted = {
                f"{client.name}-{guest}@example.org"
                for client in clients
                if client.tenant == tenant
                for guest in range(client.booked)
            }
            found = {email for (email,) in rows}
            assert wanted <= found
            # The last of a client that was ended before it had its answer.
            assert len(found - wanted) <= CLIENTS
            assert conn.execute(f"select count(*) from {tenant}.seat_audit".encode()).fetchone() == (0,)


def until(condition: Any) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def go_on(clients: list[Client], guests: int = 3) -> None:
    """Waits until each has booked some more."""
    before = [client.booked for client in clients]
    until(
        lambda: all(client.error or client.booked >= was + guests for client, was in zip(clients, before, strict=True))
    )
    assert [client.error for client in clients if client.error] == []


def of(clients: list[Client], fleet: Fleet, *names: str) -> list[Client]:
    return [client for client in clients if fleet.places[client.tenant] in names]


def test_server_that_is_killed_takes_nobody_along(fleet: Fleet) -> None:
    with booking(fleet) as clients:
        fleet.servers["west"].kill()
        theirs = of(clients, fleet, "west")
        until(lambda: all(client.lost for client in theirs))
        go_on(of(clients, fleet, "east", "north"))
        code, reports = fleet("status")
        assert (code, {name: one["exit_code"] for name, one in reports.items()}) == (
            1,
            {"east": 0, "north": 0, "west": 1},
        )
        code, reports = fleet("tick")
        assert (code, [name for name, one in reports.items() if one.get("exit_code")]) == (1, ["west"])
        states = fleet.states()
        assert {name: state[0] for name, state in states.items()} == {"east": True, "north": True, "west": False}
        seen, said = fleet.tenants_seen()
        assert seen == {
            (fleet.places[tenant], tenant)
            for tenant in ("acme", "beta", "gamma", "delta")
            if fleet.places[tenant] != "west"
        }
        assert "west" in said
        fleet.servers["west"].start()
    assert all(client.lost for client in theirs)
    assert not any(client.lost for client in of(clients, fleet, "east", "north"))
    seen, said = fleet.tenants_seen()
    assert (len(seen), said) == (6, "")


def test_release_goes_out_with_one_server_down_and_one_older(fleet: Fleet) -> None:
    with booking(fleet) as clients:
        fleet.servers["north"].kill()
        fleet.releases.migrate("alter table workshop_sessions add column release_a integer;")
        code, reports = fleet("apply")
        assert (code, {name: one.get("exit_code", 0) for name, one in reports.items()}) == (
            1,
            {"east": 0, "north": 1, "west": 0},
        )
        fleet.servers["north"].start()
        fleet.make_globals()
        code, reports = fleet("status")
        assert (code, {name: one["exit_code"] for name, one in reports.items()}) == (
            3,
            {"east": 0, "north": 3, "west": 0},
        )
        assert {name: state[:2] for name, state in fleet.states().items()} == {
            "east": (True, False), "north": (True, True), "west": (True, False),
        }  # fmt: skip
        go_on(clients)
        fleet.servers["west"].kill()
        fleet.releases.migrate("alter table workshop_sessions add column release_b integer;")
        code, reports = fleet("apply")
        assert (code, {name: one.get("exit_code", 0) for name, one in reports.items()}) == (
            1,
            {"east": 0, "north": 0, "west": 1},
        )
        fleet.make_globals()
        assert {name: state[:2] for name, state in fleet.states().items()} == {
            "east": (True, False), "north": (True, False), "west": (False, None),
        }  # fmt: skip
        fleet.servers["west"].start()
        until(lambda: fleet.states()["west"][:2] == (True, True))
        assert fleet("apply")[0] == 0
        assert fleet("verify")[0] == 0
        assert fleet.states()["west"][:2] == (True, False)


def test_tenant_moves_while_people_book(fleet: Fleet) -> None:
    with psycopg.connect(fleet.servers["west"].conninfo, autocommit=True) as conn:
        for statement in (
            "create role beta_app in role sessionbook_common",
            "grant beta_app to shop",
        ):
            conn.execute(statement.encode())
    there = fleet.servers["west"].conninfo
    with booking(fleet) as clients:
        line = ["move", "beta", "--dsn", fleet.servers["east"].conninfo, "--to", there, "--json"]
        done = called([*line, "--sql-root", str(fleet.releases.root)])
        assert done.returncode == 0, done.stderr
        states = fleet.states()
        assert states["east"][2] == ["beta"]
        seen, said = fleet.tenants_seen()
        assert ("east", "beta") not in seen
        assert "beta" in said
        code, reports = fleet("apply")
        assert (code, reports["east"]["exit_code"]) == (1, 1)
        fleet.places["beta"] = "west"
        go_on([client for client in clients if client.tenant == "beta"])
    fleet.make_globals()
    assert fleet.states()["east"][2] == []
    seen, said = fleet.tenants_seen()
    assert (len(seen), ("west", "beta") in seen, said) == (6, True, "")
    assert fleet("apply")[0] == 0
    assert fleet("status")[0] == 0
