"""The script and every supported version of psql."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sessionbook.deploy import status
from sessionbook.deploy.export import export
from sessionbook.deploy.verify import verify

from support.clients import SOURCES, psql
from support.deployed import deployed
from support.server import Server

pytestmark = pytest.mark.every_server
VERSIONS = pytest.mark.parametrize("major", SOURCES)


@VERSIONS
def test_installs_the_whole_package_as_apply_does(
    major: int, server: Server, database: str, empty_database: str, tmp_path: Path
) -> None:
    script = tmp_path / "deploy.sql"
    script.write_bytes(export().script.encode())
    first = psql(server, major, empty_database, script)
    assert (first.returncode, first.stderr) == (0, "")
    second = psql(server, major, empty_database, script)
    assert (second.returncode, second.stderr) == (0, "")
    assert deployed(empty_database) == deployed(database)
    assert (status(empty_database).exit_code, verify(empty_database).exit_code) == (0, 0)


@VERSIONS
def test_stops_at_the_first_error_with_its_code(major: int, server: Server, empty_database: str, tree: Any) -> None:
    tree.write("migrations/workshop/0002_more.sql", "create table more (id integer);\nselect 1/0;")
    script = tree.root / "deploy.sql"
    script.write_text(export(sql_root=tree.root, roles=False).script)
    done = psql(server, major, empty_database, script)
    assert (done.returncode, "ERROR:  22012: " in done.stderr) == (3, True)
    assert status(empty_database, sql_root=tree.root, roles=False).copies[0].version == "0001_base"
