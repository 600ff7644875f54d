"""Servers that ask for passwords: every command on many of them, a move from one to the other, views over both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.errors import ConnectError
from sessionbook.fleet.move import move, take_back

from support.command import called
from support.market import open_market
from support.own_cluster import OwnCluster, own_cluster

pytestmark = pytest.mark.timeout(600)
SECRETS = {"east": "of-the-east", "west": "of-the-west"}


@dataclass
class Asking:
    """Two servers, each with its password and a tenant, and a user who reads both."""

    folder: Path
    servers: dict[str, OwnCluster]

    def dsn(self, name: str, user: str = "postgres", dbname: str = "postgres", **more: str) -> str:
        """Without a password, as fleet files have it."""
        return make_conninfo(host=str(self.servers[name].folder), user=user, dbname=dbname, **more)

    def file(self, user: str = "postgres") -> str:
        file = self.folder / f"{user}.toml"
        file.write_text(
            "\n".join(
                f'[[server]]\nname = "{name}"\ndsn = "{self.dsn(name, user)}"\ntenants = {{ {tenant} = "workshop" }}'
                for name, tenant in (("east", "acme"), ("west", "beta"))
            )
        )
        return str(file)

    def passwords(self, *names: str) -> str:
        """A password file for both users of some servers."""
        return "".join(f"{self.servers[name].folder}:*:*:*:{SECRETS[name]}\n" for name in names)

    def connect(self, name: str, dbname: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.dsn(name, dbname=dbname, password=SECRETS[name]), autocommit=True)

    def __call__(self, name: str) -> tuple[int, dict[str, Any]]:
        done = called([name, "--fleet", self.file(), "--json"])
        found = [json.loads(report) for report in done.stdout.splitlines()]
        assert not any(secret in done.stdout + done.stderr for secret in SECRETS.values())
        return done.returncode, {one["server"]: one for one in found}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    folder = tmp_path_factory.mktemp("asking")
    with ExitStack() as stack:
        servers = {name: stack.enter_context(own_cluster(password=secret)) for name, secret in SECRETS.items()}
        yield Asking(folder, servers)


@pytest.fixture(scope="module")
def applied(asking: Asking) -> Asking:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSFILE", str(_kept(asking, "east", "west")))
        code, found = asking("apply")
    assert (code, list(found)) == (0, ["east", "west"])
    for name, tenant in (("east", "acme"), ("west", "beta")):
        with asking.connect(name) as conn:
            conn.execute(f"create role watcher login password '{SECRETS[name]}'".encode())
            conn.execute(f"grant sessionbook_monitor, {tenant}_reader to watcher; set search_path = {tenant}".encode())
            market = open_market(conn)
            market.session(market.workshop(), "2037-01-04")
    return asking


@pytest.fixture
def remembered(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployer has a password file."""
    monkeypatch.setenv("PGPASSFILE", str(_kept(asking, "east", "west")))


def _kept(asking: Asking, *names: str) -> Path:
    file = asking.folder / "passwords"
    file.touch(0o600)
    file.write_text(asking.passwords(*names))
    return file


@pytest.mark.usefixtures("remembered")
def test_each_command_on_all(applied: Asking) -> None:
    for name in ("apply", "status", "verify", "tick"):
        code, found = applied(name)
        assert (code, list(found)) == (0, ["east", "west"]), name


def test_server_whose_password_is_not_known_is_named(applied: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSFILE", str(_kept(applied, "west")))
    for name in ("apply", "status", "verify", "tick"):
        code, found = applied(name)
        assert code == 1
        assert found["east"]["exit_code"] == 1
        assert found["west"].get("exit_code", 0) == 0


def test_views_over_both(applied: Asking) -> None:
    """As a user with few rights, whose password the server's own user has in a file."""
    east = applied.servers["east"]
    east.keep("passwords", applied.passwords("east", "west"))
    with applied.connect("east") as conn:
        conn.execute("create database watch")
    dsn = applied.dsn("east", dbname="watch", password=SECRETS["east"])
    assert called(["apply", "--dsn", dsn, "--unit", "workshop"]).returncode == 0
    script = called(["globals", "--fleet", applied.file("watcher")]).stdout
    with applied.connect("east", "watch") as conn:
        conn.execute(script.encode())
    assert seen(applied) == {"east": (True, None), "west": (True, None)}
    assert tenants(applied) == [("east", "acme"), ("west", "beta")]

    east.keep("passwords", applied.passwords("east"))
    found = seen(applied)
    assert found["east"] == (True, None)
    assert not found["west"][0]
    assert "password" in found["west"][1]
    assert tenants(applied) == [("east", "acme")]

    with applied.connect("east", "watch") as conn:
        conn.execute(
            f"""alter user mapping for postgres server "sessionbook:west"
            options (add password '{SECRETS["west"]}')""".encode()
        )
    assert seen(applied)["west"] == (True, None)
    assert tenants(applied) == [("east", "acme"), ("west", "beta")]


def seen(asking: Asking) -> dict[str, Any]:
    with asking.connect("east", "watch") as conn:
        rows = conn.execute("select s.server, s.answers, s.problem from globals.servers as s").fetchall()
    return {name: (answers, problem) for name, answers, problem in rows}


def tenants(asking: Asking) -> list[Any]:
    with asking.connect("east", "watch") as conn:
        return conn.execute(
            "select a.server, a.tenant from globals.workshop_session_availability as a order by 1, 2"
        ).fetchall()


class Killed(Exception):
    """The command is gone before this step."""


def stop(step: str) -> None:
    if step == "leaving":
        raise Killed


def test_move_with_a_password_file_and_with_none(applied: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = (applied.dsn(name, password=SECRETS[name]) for name in ("east", "west"))
    monkeypatch.setenv("PGPASSFILE", str(applied.folder / "none"))
    with pytest.raises(ConnectError):
        move(here, "acme", applied.dsn("west"))
    with pytest.raises(Killed):
        move(here, "acme", there, say=stop)
    # The address is remembered, and no password of it.
    with pytest.raises(ConnectError) as refused:
        move(here, "acme", None)
    assert "--to" in (refused.value.hint or "")
    assert take_back(here, "acme", there).warnings == []
    with pytest.raises(Killed):
        move(here, "acme", there, say=stop)
    monkeypatch.setenv("PGPASSFILE", str(_kept(applied, "east", "west")))
    assert take_back(here, "acme").warnings == []
    with pytest.raises(Killed):
        move(applied.dsn("east"), "acme", applied.dsn("west"), say=stop)
    move(applied.dsn("east"), "acme", None)
    with applied.connect("west") as conn:
        assert conn.execute("select count(*) from acme.workshop_sessions").fetchone() == (1,)
    with applied.connect("east") as conn:
        text = conn.execute("select string_agg(m::text, '') from sessionbook.moves as m").fetchone()
        assert text is not None
        assert not any(secret in text[0] for secret in SECRETS.values())
