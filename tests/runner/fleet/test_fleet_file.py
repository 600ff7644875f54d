"""--fleet FILE: every server of a file, canaries first, one report each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sessionbook.deploy import apply, status
from sessionbook.errors import UsageError
from sessionbook.fleet import read_fleet

from support.command import Command, Tree
from support.server import Server

pytestmark = pytest.mark.usefixtures("password")
NOWHERE = "host=127.0.0.1 port=1 user=u dbname=x"
BROKEN = "create or replace function item_count() returns bigint language sql as 'select nothing';"

Fleet = Callable[..., str]


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Writes a fleet file of lines of tables."""

    def write(*tables: str) -> str:
        file = tmp_path / "fleet.toml"
        file.write_text("\n".join(f"[[server]]\n{table}" for table in tables))
        return str(file)

    return write


@pytest.fixture
def second(server: Server) -> Iterator[str]:
    name = server.create_database()
    yield server.dsn(name)
    server.drop_database(name)


def table(name: str, dsn: str, more: str = "") -> str:
    return f'name = "{name}"\ndsn = {json.dumps(without_password(dsn))}\n{more}'


def without_password(dsn: str) -> str:
    return make_conninfo("", **{key: value for key, value in conninfo_to_dict(dsn).items() if key != "password"})


def reports(command: Command, name: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = command(name, "--json", *arguments)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {one["server"]: one for one in found}


def test_each_server_gets_its_tenants(empty_database: str, second: str, command: Command, fleet: Fleet) -> None:
    file = fleet(
        table("east", empty_database, 'tenants = { workshop = "workshop" }'),
        table("west", second),
    )
    assert reports(command, "status", "--fleet", file)[0] == 3
    code, found = reports(command, "apply", "--fleet", file, "--no-roles")
    assert (code, list(found)) == (0, ["east", "west"])
    code, found = reports(command, "status", "--fleet", file)
    assert (code, {name: one["exit_code"] for name, one in found.items()}) == (0, {"east": 0, "west": 0})
    assert reports(command, "verify", "--fleet", file)[0] == 0


def test_new_tenant_of_a_server_is_pending_until_it_is_applied(
    empty_database: str, tree: Tree, command: Command, fleet: Fleet
) -> None:
    apply(empty_database, sql_root=tree.root, roles=False)
    file = fleet(table("east", empty_database, 'tenants = { acme = "workshop", beta = "workshop" }'))
    code, found = reports(command, "status", "--fleet", file)
    assert (code, [copy["schema"] for copy in found["east"]["copies"]]) == (3, ["workshop", "acme", "beta"])
    assert reports(command, "apply", "--fleet", file)[0] == 0
    assert [copy.schema for copy in status(empty_database, sql_root=tree.root).copies] == ["workshop", "acme", "beta"]
    assert reports(command, "status", "--fleet", file)[0] == 0


def test_server_with_tenants_gets_no_other_unit(empty_database: str, command: Command, fleet: Fleet) -> None:
    command.tree.write("migrations/training/0001_other.sql", "create table others (id integer);")
    file = fleet(table("east", empty_database, 'tenants = { acme = "workshop" }'))
    assert reports(command, "apply", "--fleet", file, "--no-roles")[0] == 0
    assert [copy.schema for copy in status(empty_database, sql_root=command.tree.root).copies] == ["acme"]


def test_server_that_is_down_is_named_and_the_others_go_on(empty_database: str, command: Command, fleet: Fleet) -> None:
    file = fleet(table("gone", NOWHERE), table("east", empty_database))
    code, found = reports(command, "apply", "--fleet", file)
    assert (code, found["gone"]["exit_code"], found["east"]["changed"]) == (1, 1, True)
    for name in ("status", "verify"):
        code, found = reports(command, name, "--fleet", file)
        assert (code, found["gone"]["exit_code"], found["east"]["exit_code"]) == (1, 1, 0)


def test_older_server_is_named(empty_database: str, second: str, tree: Tree, command: Command, fleet: Fleet) -> None:
    for dsn in (empty_database, second):
        apply(dsn, sql_root=tree.root)
    tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);")
    apply(empty_database, sql_root=tree.root)
    file = fleet(table("new", empty_database), table("old", second))
    for name in ("status", "verify"):
        code, found = reports(command, name, "--fleet", file)
        assert (code, found["new"]["exit_code"], found["old"]["exit_code"]) == (3, 0, 3)


def test_the_rest_waits_for_a_canary_that_fails(
    empty_database: str, second: str, tree: Tree, command: Command, fleet: Fleet
) -> None:
    for dsn in (empty_database, second):
        apply(dsn, sql_root=tree.root)
    tree.write("functions/workshop/item_count.sql", BROKEN)
    file = fleet(table("west", second), table("east", empty_database, "canary = true"))
    code, found = reports(command, "apply", "--fleet", file)
    assert (code, list(found)) == (1, ["east", "west"])
    assert [found[name]["exit_code"] for name in found] == [1, 3]
    # Not tried: nothing of it says that the file is broken.
    assert "sqlstate" in found["east"]
    assert "sqlstate" not in found["west"]


def test_canary_that_is_down_holds_the_rest(empty_database: str, command: Command, fleet: Fleet) -> None:
    file = fleet(table("east", empty_database), table("gone", NOWHERE, "canary = true"))
    code, found = reports(command, "apply", "--fleet", file)
    assert (code, found["east"]["exit_code"]) == (1, 3)
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select to_regnamespace('sessionbook')::text").fetchone() == (None,)


def test_the_rest_follows_a_canary_that_succeeds(
    empty_database: str, second: str, command: Command, fleet: Fleet
) -> None:
    file = fleet(table("west", second), table("east", empty_database, "canary = true"))
    code, found = reports(command, "apply", "--fleet", file)
    assert (code, list(found), [one["changed"] for one in found.values()]) == (0, ["east", "west"], [True, True])


def test_looking_waits_for_no_canary(empty_database: str, command: Command, fleet: Fleet) -> None:
    command("apply", "--dsn", empty_database)
    file = fleet(table("gone", NOWHERE, "canary = true"), table("east", empty_database))
    code, found = reports(command, "status", "--fleet", file)
    assert (code, found["east"]["exit_code"]) == (1, 0)


def test_tick_is_once_for_each(database: str, command: Command, fleet: Fleet) -> None:
    file = fleet(table("east", database), table("gone", NOWHERE))
    code, found = reports(command, "tick", "--fleet", file)
    assert (code, found["east"]["failed"], found["gone"]["exit_code"]) == (1, 0, 1)
    assert command("tick", "--fleet", file, "--every", "1s").returncode == 2


def test_people_read_the_name_above_each(empty_database: str, command: Command, fleet: Fleet) -> None:
    done = command("apply", "--fleet", fleet(table("east", empty_database)))
    assert done.stdout.splitlines()[0] == "east:"


def test_dsn_and_fleet_exclude_each_other(empty_database: str, command: Command, fleet: Fleet) -> None:
    file = fleet(table("east", empty_database))
    assert command("status", "--fleet", file, "--dsn", empty_database).returncode == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[server]",
        "[other]\n",
        '[[server]]\nname = "a"',
        '[[server]]\nname = "a"\ndsn = ""',
        '[[server]]\nname = ""\ndsn = "service=a"',
        '[[server]]\nname = "a"\ndsn = "service=a"\nunit = "workshop"',
        '[[server]]\nname = "a"\ndsn = "service=a"\ncanary = "yes"',
        '[[server]]\nname = "a"\ndsn = "service=a"\ntenants = ["acme"]',
        '[[server]]\nname = "a"\ndsn = "service=a"\ntenants = { acme = 1 }',
        '[[server]]\nname = "a"\ndsn = "host=a password=s3cr3t"',
        '[[server]]\nname = "a"\ndsn = "host=a sslpassword=s3cr3t"',
        '[[server]]\nname = "a"\ndsn = "postgres://u:s3cr3t@h/d"',
        '[[server]]\nname = "a"\ndsn = "postgres://u:s3cr@t/@h/d"',
        '[[server]]\nname = "a\\nb"\ndsn = "service=a"',
        '[[server]]\nname = "\\u001b[2J"\ndsn = "service=a"',
        f'[[server]]\nname = "{"a" * 51}"\ndsn = "service=a"',
        "a = " + "[" * 5000,
        '[[server]]\nname = "a"\ndsn = "service=a"\n[[server]]\nname = "a"\ndsn = "service=b"',
        '[[server]]\nname = "a"\ndsn = "service=a"\ntenants = { acme = "workshop" }\n'
        '[[server]]\nname = "b"\ndsn = "service=b"\ntenants = { acme = "workshop" }',
    ],
)
def test_file_that_cannot_be_used(text: str, tmp_path: Path, command: Command) -> None:
    file = tmp_path / "fleet.toml"
    file.write_text(text)
    with pytest.raises(UsageError):
        read_fleet(file)
    done = command("status", "--json", "--fleet", str(file))
    assert (done.returncode, json.loads(done.stdout)["exit_code"]) == (2, 2)
    assert "s3cr" not in done.stdout + done.stderr


def test_file_that_is_not_there(tmp_path: Path, command: Command) -> None:
    assert command("status", "--fleet", str(tmp_path / "none.toml")).returncode == 2


@pytest.mark.parametrize("tenants", ['{ acme = "nothing" }', '{ public = "workshop" }', '{ workshop = "tutoring" }'])
def test_tenant_that_cannot_be(tenants: str, empty_database: str, command: Command, fleet: Fleet) -> None:
    code, found = reports(command, "apply", "--fleet", fleet(table("east", empty_database, f"tenants = {tenants}")))
    assert (code, found["east"]["exit_code"]) == (2, 2)
