"""What is to be done for each copy, found by reading only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .books import Books, Recorded, read_books, read_registry
from .connection import Connection
from .copies import Copy, choose
from .errors import DirtyError, DriftError, UsageError
from .package import Migration, Package, Repeatable


@dataclass
class CopyPlan:
    """One copy: where it stands and what is due.

    Attributes:
        copy: unit and schema.
        version: id of the newest applied migration, or None.
        applied: ids applied, in the order of the package.
        pending: migrations to apply, in order.
        edited: files applied and changed since.
        missing: ids applied whose file is gone.
        late: files pending though a higher number is applied.
        started: ids begun outside a transaction and never finished.
        changed: repeatables that are new or changed, by path.
        gone: paths in the books that the package has no more.
        recorded: what the books say of the repeatables, by path.
        skips_repeatables: asked to stop at a migration.
    """

    copy: Copy
    version: str | None = None
    applied: list[str] = field(default_factory=list)
    pending: list[Migration] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    recorded: dict[str, Recorded] = field(default_factory=dict)
    skips_repeatables: bool = False

    @property
    def repeatables_due(self) -> bool:
        """Whether the repeatables have to be applied again."""
        return not self.skips_repeatables and bool(self.pending or self.changed or self.gone)

    @property
    def is_due(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.pending) or self.repeatables_due

    @property
    def drift(self) -> list[str]:
        """Sentences that say how the files differ from what was applied."""
        return [
            *(f"{path} was edited after it was applied to {self.copy}" for path in self.edited),
            *(f"{self.copy} has {identity} applied, but its file is gone" for identity in self.missing),
            *(f"{path} comes late: a higher number is applied to {self.copy}" for path in self.late),
        ]


@dataclass
class Plans:
    """Plans of every copy covered, and the copies that the database has."""

    copies: list[CopyPlan]
    registered: dict[Copy, str | None]

    def refuse_drift(self) -> None:
        """Raises DriftError where an applied file is not what it was."""
        if drift := [sentence for plan in self.copies for sentence in plan.drift]:
            raise DriftError(
                drift[0],
                detail="\n".join(drift[1:]) or None,
                hint="Restore the file as it was applied; a change belongs in a new migration. "
                "If the database is what the file now makes: sessionbook repair",
            )

    def refuse_dirty(self) -> None:
        """Raises DirtyError where a migration died outside a transaction."""
        for plan in self.copies:
            for identity in plan.started:
                raise DirtyError(
                    f"{identity} began outside a transaction in {plan.copy} and did not finish",
                    hint=f"See how far it came, then: sessionbook resolve {identity} --applied, or --retry.",
                )


def effective(files: Iterable[Repeatable], roles: bool) -> list[Repeatable]:
    """Repeatables as they are applied: all of them, or without grants to roles of ours."""
    return [file if roles else file.without_roles() for file in files if roles or file.kind != "grants"]


def make_plans(
    connection: Connection,
    package: Package,
    *,
    units: Sequence[str] | None,
    schemas: Mapping[str, str] | None,
    upto: Mapping[str, str] | None,
    roles: bool,
) -> Plans:
    """Compares the package with the database.

    Args:
        connection: any; nothing is written.
        package: the files.
        units: limit to these, or None.
        schemas: unit to schema of the one copy meant.
        upto: unit to id of the last migration wanted.
        roles: False: without grants.

    Returns:
        A plan for each copy, in the order of applying.

    Raises:
        UsageError: a name that does not exist.
    """
    for unit, identity in (upto or {}).items():
        if unit not in package.units or all(m.id != identity for m in package.units[unit].migrations):
            raise UsageError(f"unit {unit} has no migration {identity}")
    registered = read_registry(connection)
    copies = choose(package, registered, units, schemas)
    books: dict[str, Books] = {}
    for copy in copies:
        if copy.books not in books:
            books[copy.books] = read_books(connection, copy.books)
    plans = [_plan(package, copy, books[copy.books], upto or {}, roles) for copy in copies]
    return Plans(plans, registered)


def plan_copy(connection: Connection, package: Package, copy: Copy, *, roles: bool = True) -> tuple[Plans, CopyPlan]:
    """Compares the package with one copy; says also where the shared unit stands.

    Args:
        connection: any; nothing is written.
        package: the files.
        copy: which.
        roles: False: without grants.

    Returns:
        All plans, and the copy's own.

    Raises:
        UsageError: no such unit, or a schema that cannot hold a copy.
    """
    plans = make_plans(connection, package, units=[copy.unit], schemas={copy.unit: copy.schema}, upto=None, roles=roles)
    return plans, next(plan for plan in plans.copies if plan.copy == copy)


def _plan(package: Package, copy: Copy, books: Books, upto: Mapping[str, str], roles: bool) -> CopyPlan:
    unit = package.units[copy.unit]
    plan = CopyPlan(copy, recorded=books.repeatables.get(copy.schema, {}))
    stop = upto.get(copy.unit)
    plan.skips_repeatables = stop is not None
    for migration in unit.migrations:
        applied = books.applied.get(migration.id)
        if applied is None:
            if stop is None or migration.id <= stop:
                plan.pending.append(migration)
            continue
        plan.applied.append(migration.id)
        if applied.sha256 not in (None, migration.sha256):
            plan.edited.append(migration.path)
    plan.version = plan.applied[-1] if plan.applied else None
    plan.late = [m.path for m in plan.pending if plan.version is not None and m.id < plan.version]
    known = {migration.id for migration in unit.migrations}
    plan.missing = sorted(
        identity for identity, entry in books.applied.items() if entry.unit == copy.unit and identity not in known
    )
    plan.started = sorted(known & books.started.keys())
    files = effective(unit.repeatables, roles)
    plan.changed = sorted(
        file.path for file in files if (entry := plan.recorded.get(file.path)) is None or entry.sha256 != file.sha256
    )
    paths = {file.path for file in files}
    skipped = set() if roles else {file.path for file in unit.repeatables if file.kind == "grants"}
    plan.gone = sorted(plan.recorded.keys() - paths - skipped)
    return plan
