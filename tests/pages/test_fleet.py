"""docs/fleet.md: its fleet file and every command on it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from support.page import blocks, with_commands
from support.server import Server

BLOCKS = blocks("fleet")
(FILE,) = [text for language, text in BLOCKS if language == "toml"]
ON_ALL, MOVE, BACK, GLOBALS = (text.splitlines() for language, text in BLOCKS if language == "sh")
(QUERIES,) = [text for language, text in BLOCKS if language == "sql"]

SOCKET = ("unix_socket_directories", "port")


@pytest.fixture
def fleet(server: Server, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The services of the page as two databases; yields the environment in which they are known."""
    names = {name: server.create_database() for name in ("east", "west", "watch")}
    services = [
        "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in conninfo_to_dict(server.dsn(database)).items())])
        for name, database in names.items()
    ]
    (tmp_path / "services").write_text("\n".join(services))
    (tmp_path / "fleet.toml").write_text(FILE)
    yield with_commands(PGSERVICEFILE=str(tmp_path / "services"))
    for database in names.values():
        server.drop_database(database)


def run(command: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=200)


def test_commands(fleet: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICEFILE", fleet["PGSERVICEFILE"])
    for command in ON_ALL:
        done = run(f"{command} --json", tmp_path, fleet)
        assert done.returncode == 0, (command, done.stderr)
        assert [json.loads(line)["server"] for line in done.stdout.splitlines()] == ["east", "west"]
    with psycopg.connect("service=east") as connection:
        found = connection.execute("select i.schema_name from sessionbook.installations as i order by 1").fetchall()
    assert found == [("acme",), ("beta",), ("lifecycle",)]
    assert run("sessionbook apply --dsn service=watch", tmp_path, fleet).returncode == 0
    make, play = GLOBALS
    assert run(make, tmp_path, fleet).returncode == 0
    # As the server's own user reaches the servers, who reads no service file of ours.
    script = tmp_path / "globals.sql"
    for name in ("east", "west"):
        with psycopg.connect(f"service={name}") as connection:
            socket, port = (connection.execute(f"show {what}".encode()).fetchone() for what in SOCKET)
            assert socket is not None
            assert port is not None
            options = {"host": socket[0].split(",")[0].strip('"'), "port": port[0], "dbname": connection.info.dbname}
            login = {"user": connection.info.user, "password": connection.info.password}
        said = f'"options": {json.dumps(options)}, "user": {json.dumps(login)}'
        old = script.read_text()
        script.write_text(old.replace(f'"options": {{"service": "{name}"}}, "user": {{}}', said))
        assert script.read_text() != old
    assert run(play, tmp_path, fleet).returncode == 0
    for command, code in ((MOVE[0], 0), (BACK[0], 2), (MOVE[1], 0)):
        done = run(command, tmp_path, fleet)
        assert done.returncode == code, done.stderr
    with psycopg.connect("service=watch") as connection:
        servers, health, seats = (connection.execute(query.encode()).fetchall() for query in QUERIES.split(";\n\n"))
    assert [(row[0], row[1], row[4]) for row in servers] == [("east", True, ["acme"]), ("west", True, [])]
    assert [row[0] for row in health] == ["east", "west"]
    assert seats == []
