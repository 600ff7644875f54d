"""Whether a database is what was applied to it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import expectation
from .books import read_definitions
from .connection import Connection, connect
from .copies import Copy
from .package import read_package
from .planning import make_plans
from .snapshot import Difference, compare, is_tolerated, take, without_owner


@dataclass
class CopyVerdict:
    """What was found of one copy.

    Attributes:
        unit: unit of the copy.
        schema: its schema.
        version: id of the newest applied migration; None: not installed.
        files: sentences on applied files that are not what they were.
        differences: objects that are not as they should be.
        notes: objects that others added, and what could not be compared.
        pending: whether an apply has something to do.
        unfinished: migrations that died outside a transaction.
    """

    unit: str
    schema: str
    version: str | None
    files: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pending: bool = False
    unfinished: list[str] = field(default_factory=list)


@dataclass
class VerifyResult:
    """What was found of every copy."""

    copies: list[CopyVerdict]

    @property
    def exit_code(self) -> int:
        """6 where a migration did not finish, 4 where something differs, 3 where something is pending, else 0."""
        if any(copy.unfinished for copy in self.copies):
            return 6
        if any(copy.files or copy.differences for copy in self.copies):
            return 4
        return 3 if any(copy.pending for copy in self.copies) else 0

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {"exit_code": self.exit_code, "copies": [asdict(copy) for copy in self.copies]}


def verify(
    conninfo: str,
    *,
    units: Sequence[str] | None = None,
    schemas: Mapping[str, str] | None = None,
    roles: bool = True,
    against_package: bool = False,
    sql_root: Path | None = None,
) -> VerifyResult:
    """Compares applied files with their hashes, and live objects with how they were applied. Writes nothing there.

    Args:
        conninfo: libpq connection string.
        units: limit to these, or None.
        schemas: unit to schema of the one copy meant.
        roles: False: as applied without roles.
        against_package: compare live objects with a fresh install in a database to be thrown away, on the same server
            where the role may create one, else on an embedded server. Copies with something pending are left out.
        sql_root: folder of the SQL files; by default the package's own.

    Returns:
        What was found of each copy.

    Raises:
        SessionbookError: no connection, a broken package, or no database to compare with.
    """
    package = read_package(sql_root)
    with connect(conninfo, read_only=True) as connection:
        plans = make_plans(connection, package, units=units, schemas=schemas, upto=None, roles=roles)
        verdicts = {
            plan.copy: CopyVerdict(
                plan.copy.unit,
                plan.copy.schema,
                plan.version,
                files=plan.drift,
                pending=plan.is_due,
                unfinished=plan.started,
            )
            for plan in plans.copies
        }
        installed = [copy for copy, verdict in verdicts.items() if verdict.version is not None]
        if against_package:
            comparable = [copy for copy in installed if not verdicts[copy].pending]
            for copy in set(installed) - set(comparable):
                verdicts[copy].notes.append("not compared with the package: something is pending")
            _against_package(connection, conninfo, {copy: verdicts[copy] for copy in comparable}, roles, sql_root)
        else:
            for copy in installed:
                _against_books(connection, copy, verdicts[copy])
    return VerifyResult(list(verdicts.values()))


def _against_books(connection: Connection, copy: Copy, verdict: CopyVerdict) -> None:
    recorded = read_definitions(connection, copy)
    if not recorded:
        verdict.notes.append("live objects were not compared: no apply has recorded them; use --against-package")
        return
    major = connection.info.server_version // 10000
    expected = {name: text for name, (text, _) in recorded.items()}
    live = take(connection, copy.schema)
    # Another major version may word the same definition differently.
    unsure = {
        name for name, (text, worded_by) in recorded.items() if worded_by != major and live.get(name, text) != text
    }
    if unsure:
        verdict.notes.append(
            f"{len(unsure)} objects could not be compared: another major version recorded them; use --against-package"
        )
    _judge(verdict, expected, live, unsure)


def _against_package(
    connection: Connection,
    conninfo: str,
    verdicts: Mapping[Copy, CopyVerdict],
    roles: bool,
    sql_root: Path | None,
) -> None:
    if not verdicts:
        return
    expected, elsewhere = expectation.whole(conninfo, list(verdicts), roles=roles, sql_root=sql_root)
    for copy, verdict in verdicts.items():
        made, live = expected[copy], take(connection, copy.schema)
        unsure: set[str] = set()
        if elsewhere is not None:
            made = {name: without_owner(text) for name, text in made.items()}
            live = {name: without_owner(text) for name, text in live.items()}
            if elsewhere != str(connection.info.server_version // 10000):
                unsure = {name for name in made.keys() & live.keys() if name.startswith("view ")}
                unsure = {name for name in unsure if made[name] != live[name]}
            if unsure:
                verdict.notes.append(
                    f"{len(unsure)} views could not be compared: the other database is on PostgreSQL {elsewhere}"
                )
        _judge(verdict, made, live, unsure)


def _judge(verdict: CopyVerdict, expected: Mapping[str, str], live: Mapping[str, str], unsure: set[str]) -> None:
    for found in compare(expected, live):
        if found.object in unsure:
            continue
        if found.kind == "added" and is_tolerated(found.object):
            verdict.notes.append(f"not ours: {found.object}")
        elif found.kind == "reworded":
            verdict.notes.append(f"worded otherwise, as after a dump and restore: {found.object}")
        else:
            verdict.differences.append(found)
