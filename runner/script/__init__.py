"""One psql script equal to apply, for databases that no Python gets to."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..copies import SHARED, Copy, choose
from ..errors import UsageError
from ..jobs import read_jobs
from ..ordering import in_order
from ..package import Package, Unit, read_package
from ..planning import effective
from ..sqlscan import refuse_unsendable
from . import parts, rows
from .engine import engine, piece
from .psql import refuse_for_psql
from .quoting import said


@dataclass(frozen=True)
class Export:
    """A script and what is in it.

    Attributes:
        script: for psql 15 or later.
        copies: those it is about, in the order in which it applies them.
        migrations: ids in it.
        repeatables: paths in it.
    """

    script: str
    copies: list[Copy]
    migrations: list[str]
    repeatables: list[str]

    def to_json(self, written: Path | None) -> dict[str, Any]:
        """The result as a JSON-ready mapping, with the script unless it was written to a file."""
        return {
            "output": None if written is None else str(written),
            "copies": [asdict(copy) for copy in self.copies],
            "migrations": self.migrations,
            "repeatables": self.repeatables,
            "script": self.script if written is None else None,
        }

    def print_to(self, written: Path | None) -> None:
        """Prints the script, or on stderr what was written to a file."""
        if written is None:
            # UTF-8 whatever the locale: the script tells psql so.
            sys.stdout.buffer.write(self.script.encode())
            return
        count = f"{len(self.migrations)} migrations and {len(self.repeatables)} other files"
        print(f"{written}: {count} for {', '.join(map(str, self.copies))}", file=sys.stderr)


def export(
    *,
    units: Sequence[str] | None = None,
    schemas: Mapping[str, str] | None = None,
    roles: bool = True,
    sql_root: Path | None = None,
) -> Export:
    """Writes a script that does what apply does, whatever the state of the database it is run on.

    Args:
        units: limit to these; the shared unit always comes along. None: all.
        schemas: unit to schema: of such a unit this copy, instead of the one in its own schema.
        roles: False: make no roles and grant them nothing.
        sql_root: folder of the SQL files; by default the package's own.

    Returns:
        The script. It is written without a connection, so other copies that a database has are not in it.

    Raises:
        UsageError: an unknown unit, or a schema that cannot be a target.
        PackageError: a file that cannot be part of a script.
    """
    package = read_package(sql_root)
    copies = [copy for copy in choose(package, (), units, schemas) if copy.unit in package.units]
    _refuse_shared_schema(copies)
    units_used = [package.units[copy.unit] for copy in copies]
    _refuse_unfit(package, units_used, roles)
    files = {unit.name: effective(in_order(package, unit), roles) for unit in units_used}
    what = ", ".join(map(str, copies)) + ("" if roles else ", without roles")
    jobs = "Jobs in pg_cron are not in this script: docs/deploying.md." if read_jobs(sql_root) else ""
    script = [
        piece("head", version=version("sessionbook"), what=said(what)),
        piece("guard"),
        engine(),
        *map(rows.copy, copies),
        *(row for unit in units_used for row in rows.unit(unit, files[unit.name], roles)),
        "call pg_temp.sessionbook_plan();\n",
        *(parts.roles(package) if roles else ()),
        *(part for copy in copies for part in parts.copy(copy, package.units[copy.unit], roles)),
        *(parts.shared() if SHARED in files else ()),
        piece("tail", jobs=parts.echoed(jobs)),
    ]
    return Export(
        "\n".join(script),
        copies,
        [migration.id for unit in units_used for migration in unit.migrations],
        [file.path for found in files.values() for file in found],
    )


def _refuse_shared_schema(copies: Iterable[Copy]) -> None:
    seen: dict[str, str] = {}
    for copy in copies:
        if other := seen.get(copy.schema):
            raise UsageError(f"schema {copy.schema} cannot hold copies of both {other} and {copy.unit}")
        seen[copy.schema] = copy.unit


def _refuse_unfit(package: Package, units: Iterable[Unit], roles: bool) -> None:
    """Refuses what apply would refuse on its way, and what psql would not send as it stands."""
    # Loading yoyo takes longer than all the rest.
    from ..yoyo_backend import in_order as by_depends

    plain = [*(package.roles if roles else ())]
    for unit in units:
        by_depends(unit)
        plain += unit.migrations
        for file in unit.repeatables:
            refuse_unsendable(file.path, file.text)
    for sent in plain:
        refuse_unsendable(sent.path, sent.text)
        refuse_for_psql(sent.path, sent.text)
