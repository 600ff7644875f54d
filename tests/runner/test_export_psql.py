"""The script and every supported version of psql."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sessionbook.deploy import apply, status
from sessionbook.package import read_package
from sessionbook.script import export
from sessionbook.script.psql import refuse_for_psql
from sessionbook.sqlscan import lexemes
from sessionbook.verify import verify

from support.clients import SOURCES, psql
from support.deployed import deployed
from support.server import Server

pytestmark = pytest.mark.every_server
VERSIONS = pytest.mark.parametrize("major", SOURCES)
MARK = "-- next file"


def code(sql: str) -> str:
    """A text without comments, and without blanks between words."""
    parts, done = [], 0
    for kind, start, end in lexemes(sql):
        if kind in ("comment", "block"):
            parts.append("".join(sql[done:start].split()))
        elif kind in ("string", "quoted", "dollar"):
            parts += ["".join(sql[done:start].split()), sql[start:end]]
        else:
            continue
        done = end
    return "".join([*parts, "".join(sql[done:].split())])


@VERSIONS
def test_installs_the_whole_package_as_apply_does(
    major: int, server: Server, empty_database: str, tmp_path: Path
) -> None:
    script = tmp_path / "deploy.sql"
    script.write_bytes(export().script.encode())
    first = psql(server, major, empty_database, script)
    assert (first.returncode, first.stderr) == (0, "")
    second = psql(server, major, empty_database, script)
    assert (second.returncode, second.stderr) == (0, "")
    assert "Nothing to do" in second.stdout
    other = server.create_database()
    apply(server.dsn(other))
    assert deployed(empty_database) == deployed(server.dsn(other))
    server.drop_database(other)
    assert (status(empty_database).exit_code, verify(empty_database).exit_code) == (0, 0)


@VERSIONS
def test_stops_at_the_first_error_with_its_code(major: int, server: Server, empty_database: str, tree: Any) -> None:
    tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);\nselect 1/0;")
    script = tree.root / "deploy.sql"
    script.write_text(export(sql_root=tree.root, roles=False).script)
    done = psql(server, major, empty_database, script)
    assert (done.returncode, "ERROR:  22012: " in done.stderr) == (3, True)
    assert status(empty_database, sql_root=tree.root, roles=False).copies[0].version == "0001_base"


@VERSIONS
def test_sends_every_file_as_it_stands(major: int, server: Server, empty_database: str, tmp_path: Path) -> None:
    """Echoed by psql as it sends them, in a transaction that has failed, so that nothing is done."""
    package = read_package()
    files = [*package.roles]
    for unit in package.units.values():
        for migration in unit.migrations:
            files += [migration, *([migration.rollback] if migration.rollback else [])]
        files += unit.repeatables
    for file in files:
        refuse_for_psql(file.path, file.text)
    script = tmp_path / "files.sql"
    echoing = "\\set QUIET on\n\\set ECHO queries\nbegin;\nselect 1/0;\n"
    script.write_text(echoing + "".join(f"\\echo '{MARK}'\n{file.text}\n;\n" for file in files))
    sent = psql(server, major, empty_database, script).stdout.split(f"{MARK}\n")[1:]
    assert [code(text).rstrip(";") for text in sent] == [code(file.text).rstrip(";") for file in files]
