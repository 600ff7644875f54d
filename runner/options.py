"""What commands have in common: options, how they end, and how they show what they found."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from .errors import SessionbookError, Stopped, UsageError

Dsn = Annotated[
    str | None, typer.Option("--dsn", help="Where to connect; else DATABASE_URL, else what libpq finds (PG*, .pgpass).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Units = Annotated[
    list[str] | None, typer.Option("--unit", help="Only this unit; may be repeated. Else what is installed.")
]
Schemas = Annotated[
    list[str] | None, typer.Option("--schema", metavar="UNIT=NAME", help="The copy of a unit in this schema.")
]
Roles = Annotated[
    bool | None,
    typer.Option("--roles/--no-roles", help="Make roles and grants to them, or none; else as chosen before."),
]
SqlRoot = Annotated[Path | None, typer.Option("--sql-root", hidden=True)]
CronDatabase = Annotated[
    str | None,
    typer.Option(
        "--cron-database", metavar="NAME", help="The database that pg_cron is in; else as before, else postgres."
    ),
]
Cron = Annotated[
    bool | None,
    typer.Option("--cron/--no-cron", help="Make the jobs in pg_cron, or leave them alone; else as chosen before."),
]
TickEvery = Annotated[
    str | None, typer.Option("--tick-every", help="Pace of the clock, kept from then on; 10s needs pg_cron 1.5.")
]
Timezone = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Zone of workshop sessions that name none; at first the server's."),
]
Currency = Annotated[
    str | None, typer.Option(metavar="CODE", help="Currency of workshops and orders that name none; at first none.")
]
LockWait = Annotated[float, typer.Option(min=0, help="Seconds to wait for another deployer.")]
LockTimeout = Annotated[str, typer.Option(help="How long a statement waits for a lock, such as 1s; it is tried again.")]


def schemas_of(given: list[str] | None) -> dict[str, str]:
    """Reads --schema UNIT=NAME; raises UsageError where it is something else."""
    schemas: dict[str, str] = {}
    for pair in given or ():
        unit, equals, name = pair.partition("=")
        if not (unit and equals and name):
            raise UsageError(f"--schema {pair}: write UNIT=NAME")
        if unit in schemas:
            raise UsageError(f"--schema names {unit} twice", hint="Run the command once for each copy.")
        schemas[unit] = name
    return schemas


# As of a process that SIGPIPE ended.
UNREAD = 141

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def seconds(text: str, option: str) -> float:
    """Reads a duration such as 400ms, 10s, 5m or 1h; a bare number is seconds. Raises UsageError: it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)", text.strip())
    if match is None or float(match[1]) == 0:
        raise UsageError(f"{option} {text!r} is not a duration", hint="Write 400ms, 10s, 5m or 1h.")
    return float(match[1]) * _SECONDS[match[2]]


class Terminated(KeyboardInterrupt):
    """SIGTERM came. The driver cancels its statement for this kind of exception, and the transaction rolls back."""


def unread() -> None:
    """Who read our output has enough, as `head` has: what is left of it goes nowhere, and in silence."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    def handler(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def handled(dsn: str | None, json_output: bool, *, ends_well: bool = False) -> Iterator[str]:
    """Resolves where to connect, and turns failures into messages and exit codes.

    Args:
        dsn: as given.
        json_output: print failures as JSON too.
        ends_well: the command runs until it is stopped, which then is no failure.
    """
    from .database import resolve

    conninfo = ""
    failure: SessionbookError
    try:
        if dsn is not None and not dsn.strip() and not ends_well:
            raise UsageError("--dsn is empty", hint="Leave it out to connect by DATABASE_URL or PG* variables.")
        conninfo = resolve(dsn)
        with _sigterm_raises():
            yield conninfo
        return
    except SessionbookError as error:
        failure = error
    except BrokenPipeError:
        unread()
        raise typer.Exit(UNREAD) from None
    except OSError as error:
        failure = SessionbookError(str(error))
    except KeyboardInterrupt as interrupt:
        if ends_well:
            raise typer.Exit(0) from None
        failure = Stopped(isinstance(interrupt, Terminated))
    from .output import print_error

    print_error(failure, conninfo, json_output=json_output)
    raise typer.Exit(failure.exit_code) from None


def show(json_output: bool, value: Any, for_people: Callable[[], None]) -> None:
    """Prints a result: as one JSON object, or the way people read it."""
    if json_output:
        from .output import print_json

        print_json(value)
    else:
        for_people()
