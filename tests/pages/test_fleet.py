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
COMMANDS = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]


@pytest.fixture
def fleet(server: Server, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The services of the page as two databases; yields the environment in which they are known."""
    names = {name: server.create_database() for name in ("east", "west")}
    services = [
        "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in conninfo_to_dict(server.dsn(database)).items())])
        for name, database in names.items()
    ]
    (tmp_path / "services").write_text("\n".join(services))
    (tmp_path / "fleet.toml").write_text(FILE)
    yield with_commands(PGSERVICEFILE=str(tmp_path / "services"))
    for database in names.values():
        server.drop_database(database)


def test_commands_of_the_fleet_file(fleet: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in COMMANDS:
        done = subprocess.run(
            [*command.split(), "--json"], cwd=tmp_path, env=fleet, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, (command, done.stderr)
        assert [json.loads(line)["server"] for line in done.stdout.splitlines()] == ["east", "west"]
    monkeypatch.setenv("PGSERVICEFILE", fleet["PGSERVICEFILE"])
    with psycopg.connect(service="east") as connection:
        found = connection.execute("select i.schema_name from sessionbook.installations as i order by 1").fetchall()
    assert found == [("acme",), ("beta",), ("lifecycle",)]
