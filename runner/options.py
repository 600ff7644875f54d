"""Options that several commands have in common."""

from pathlib import Path
from typing import Annotated

import typer

from .errors import UsageError

Dsn = Annotated[
    str | None, typer.Option("--dsn", help="Where to connect; else DATABASE_URL, else what libpq finds (PG*, .pgpass).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Units = Annotated[list[str] | None, typer.Option("--unit", help="Only this unit; may be repeated.")]
Schemas = Annotated[
    list[str] | None, typer.Option("--schema", metavar="UNIT=NAME", help="The copy of a unit in this schema.")
]
NoRoles = Annotated[bool, typer.Option("--no-roles", help="Make no roles and grant them nothing.")]
SqlRoot = Annotated[Path | None, typer.Option("--sql-root", hidden=True)]
CronDatabase = Annotated[
    str, typer.Option("--cron-database", metavar="NAME", help="The database that pg_cron is at home in.")
]
NoCron = Annotated[bool, typer.Option("--no-cron", help="Leave the jobs in pg_cron alone.")]
TickEvery = Annotated[
    str | None, typer.Option("--tick-every", help="Pace of the clock, kept from then on; 10s needs pg_cron 1.5.")
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
