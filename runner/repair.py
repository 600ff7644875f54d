"""Accepts migrations that were edited after they were applied, and has objects changed by hand made again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import expectation
from .books import make_books, make_due, read_books, read_definitions, record_definitions, record_hash
from .connection import Connection, connect, deploy_lock
from .copies import Copy
from .errors import DriftError
from .package import Package, read_package
from .planning import CopyPlan, make_plans
from .snapshot import subject, take
from .translation import translated


@dataclass
class Accepted:
    """A migration whose new content is in the books now.

    Attributes:
        schema: of the copy.
        path: of the file.
        old_sha256: hash of the content that was applied.
        new_sha256: hash of the file as it is.
    """

    schema: str
    path: str
    old_sha256: str
    new_sha256: str


@dataclass
class RepairResult:
    """What a repair did.

    Attributes:
        accepted: edited files.
        due: repeatables that the next apply makes again, because what they made was changed by hand.
    """

    accepted: list[Accepted] = field(default_factory=list)
    due: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return asdict(self)


def repair(
    conninfo: str,
    *,
    units: Sequence[str] | None = None,
    schemas: Mapping[str, str] | None = None,
    sql_root: Path | None = None,
    lock_wait: float = 60.0,
) -> RepairResult:
    """Accepts edited files where the database is what they now make; has repeatables changed by hand applied again.

    Args:
        conninfo: libpq connection string.
        units: limit to these, or None.
        schemas: unit to schema of the one copy meant.
        sql_root: folder of the SQL files; by default the package's own.
        lock_wait: seconds to wait for another deployer.

    Returns:
        What was done; the books are all that is written.

    Raises:
        DriftError: the database is not what the edited files make, or a file is gone or comes late.
        DirtyError: a migration died outside a transaction.
        UsageError: there is no database to compare with.
    """
    package = read_package(sql_root)
    result = RepairResult()
    with connect(conninfo) as connection, deploy_lock(connection, lock_wait):
        plans = make_plans(connection, package, units=units, schemas=schemas, upto=None, roles=True)
        plans.refuse_dirty()
        edited = [plan for plan in plans.copies if plan.edited]
        for plan in plans.copies:
            _refuse_unrepairable(plan)
        if edited:
            versions = {plan.copy: str(plan.version) for plan in edited}
            expected = expectation.migrated(conninfo, versions, sql_root=sql_root)
            for plan in edited:
                _refuse_different(connection, plan, expected[plan.copy])
        with translated(), connection.transaction():
            for plan in edited:
                result.accepted += _accept(connection, package, plan, expected[plan.copy])
            for plan in plans.copies:
                if plan.version is not None:
                    result.due += _have_made_again(connection, plan)
    return result


def _refuse_unrepairable(plan: CopyPlan) -> None:
    if plan.missing or plan.late:
        raise DriftError(
            f"{plan.copy} cannot be repaired: {', '.join([*plan.missing, *plan.late])} gone or late",
            detail="\n".join(plan.drift),
            hint="Restore the files of the version that was applied.",
        )


def _refuse_different(connection: Connection, plan: CopyPlan, expected: Mapping[str, str]) -> None:
    if found := expectation.lacking(connection, plan.copy, expected):
        raise DriftError(
            f"{plan.copy} is not what {', '.join(plan.edited)} would make now",
            detail=expectation.in_words(found),
            hint="Restore the file as it was applied; what it now says belongs in a new migration.",
        )


def _accept(connection: Connection, package: Package, plan: CopyPlan, expected: Mapping[str, str]) -> list[Accepted]:
    books = read_books(connection, plan.copy.books)
    make_books(connection, plan.copy)
    accepted = []
    for migration in package.units[plan.copy.unit].migrations:
        if migration.path in plan.edited:
            old = str(books.applied[migration.id].sha256)
            accepted.append(Accepted(plan.copy.schema, migration.path, old, migration.sha256))
            record_hash(connection, plan.copy, migration.id, migration.sha256)
    live = take(connection, plan.copy.schema)
    record_definitions(connection, plan.copy, {name: live[name] for name in expected}, ())
    return accepted


def _have_made_again(connection: Connection, plan: CopyPlan) -> list[str]:
    """Marks repeatables as due whose objects or grants are not what the books say."""
    live = take(connection, plan.copy.schema)
    major = connection.info.server_version // 10000
    altered: set[str] = set()
    for name, (text, worded_by) in read_definitions(connection, plan.copy).items():
        if worded_by == major and live.get(name) != text:
            altered |= {subject(name), _grants_file(plan.copy, subject(name))}
    due = sorted(path for path, entry in plan.recorded.items() if altered & {path, *entry.objects})
    if due:
        make_due(connection, plan.copy, due)
    return due


def _grants_file(copy: Copy, name: str) -> str:
    """Where the grants on a table or on a function of a migration are, or on the schema."""
    kind, _, rest = name.partition(" ")
    return f"grants/{copy.unit}/{re.split(r'[.(]', rest)[0].strip(chr(34)) or kind}.sql"
