"""Which installations a command is about, and what is due in each."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from ..database import Connection, Found, one
from ..errors import UsageError
from ..package import UNITS, Package

SHARED = "lifecycle"
_LONGEST_NAME = 63


class Asked(TypedDict, total=False):
    """What a call may be limited to.

    units: these, and the shared unit, which they need; None: what is installed, and all if nothing is.
    schemas: unit to schema: of such a unit this one installation only.
    roles: False: make no roles and grant them nothing; None: as chosen before, at first with roles.
    sql_root: folder of the SQL files; by default the package's own.
    """

    units: Sequence[str] | None
    schemas: Mapping[str, str] | None
    roles: bool | None
    sql_root: Path | None


@dataclass(frozen=True)
class Installation:
    """A unit in a schema."""

    unit: str
    schema: str

    def __str__(self) -> str:
        return self.unit if self.schema == self.unit else f"{self.unit} in {self.schema}"


@dataclass
class State:
    """What the registry says of a database.

    Attributes:
        registered: installations, with the id of their newest migration.
        chosen: installations, those among them that an apply did not come to.
        settings: what was chosen, and which engine is there; empty: none.
        restored: installations that nobody registered, as a dump of a schema brings them, with their newest migration.
    """

    registered: dict[Installation, str] = field(default_factory=dict)
    chosen: list[Installation] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    restored: dict[Installation, str] = field(default_factory=dict)

    def roles(self, asked: bool | None) -> bool:
        """Whether there are roles of ours: as asked for, else as chosen before."""
        return asked if asked is not None else self.settings.get("roles") != "false"


@dataclass
class Due:
    """One installation: where it stands, and what is to be done.

    Attributes:
        installation: unit and schema.
        upto: stop after this migration, and apply no file.
        applied: ids applied.
        pending: ids of migrations to apply.
        changed: files to apply because they are new, changed or due, by path.
        gone: files applied once that the package has no more.
        drift: sentences on what is not as it was applied.
        unfinished: ids of migrations that died outside a transaction.
        reasons: why, by name of a migration or file.
    """

    installation: Installation
    upto: str | None = None
    applied: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """Unit of the installation."""
        return self.installation.unit

    @property
    def schema(self) -> str:
        """Schema of the installation."""
        return self.installation.schema

    @property
    def version(self) -> str | None:
        """Id of the newest applied migration; None: not installed."""
        return max(self.applied, default=None)

    @property
    def files_due(self) -> bool:
        """Whether the files have to be applied again."""
        return self.upto is None and bool(self.pending or self.changed or self.gone)

    @property
    def is_due(self) -> bool:
        """Whether an apply would do anything."""
        return bool(self.pending) or self.files_due

    @property
    def state(self) -> str:
        """As a word."""
        return {6: "unfinished", 4: "drift", 3: "pending", 0: "up to date"}[self.exit_code]

    @property
    def exit_code(self) -> int:
        """6 if a migration did not finish, 4 if a file is not what was applied, 3 if something is pending, else 0."""
        return 6 if self.unfinished else 4 if self.drift else 3 if self.is_due else 0

    def to_json(self) -> Found:
        """The installation as status shows it."""
        names = ("unit", "schema", "version", "pending", "changed", "gone", "drift", "unfinished", "state")
        return Found((name, getattr(self, name)) for name in names)

    def asked(self) -> dict[str, Any]:
        """The installation as the engine wants it."""
        return {"unit": self.unit, "schema_name": self.schema, "upto": self.upto}


def read_state(connection: Connection) -> State:
    """Reads the registry; an empty state if nothing is installed."""
    state = State()
    marked = connection.execute(
        r"select m[1], n.nspname, m[2] from pg_namespace as n, regexp_match("
        r"obj_description(n.oid, 'pg_namespace'), 'sessionbook (\w+) (\d{4}\w*)$') as m where m is not null"
    ).fetchall()
    # The catalog tells even a role that may not look into the schema.
    if one(
        connection,
        "select count(*) from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = 'sessionbook' and c.relname = 'settings'",
    ):
        state.settings = dict(connection.execute("select key, value from sessionbook.settings").fetchall())
        rows = connection.execute("select unit, schema_name, version from sessionbook.installations").fetchall()
        state.registered = {Installation(unit, schema): version for unit, schema, version in rows if version}
        state.chosen = [Installation(unit, schema) for unit, schema, _ in rows]
    taken = {installation.schema for installation in state.registered}
    state.restored = {Installation(unit, name): newest for unit, name, newest in marked if name not in taken}
    return state


def choose(
    package: Package,
    before: Iterable[Installation],
    units: Sequence[str] | None,
    schemas: Mapping[str, str] | None,
) -> list[Installation]:
    """Installations that a command covers, in the order of applying; units and schemas as in Asked.

    Raises:
        UsageError: an unknown unit, or a schema that cannot be a target.
    """
    schemas = schemas or {}
    for name in (*(units or ()), *schemas):
        if name not in package.units:
            raise UsageError(f"no unit {name}", hint=f"Known are {', '.join(package.units)}.")
    there = {unit: sorted({one.schema for one in before if one.unit == unit} - {unit}) for unit in package.units}
    plain = {one.unit for one in before if one.unit == one.schema}
    chosen = set(units or (plain | {unit for unit, found in there.items() if found} or package.units)) | (
        set() if units else set(schemas)
    )
    for unit, schema in schemas.items():
        refuse_target(unit, schema)
        if unit not in chosen:
            raise UsageError(f"--schema {unit}={schema} names a unit that --unit leaves out")
    found: list[Installation] = []
    for unit in package.units:
        if unit == SHARED:
            found.append(Installation(unit, unit))
        elif unit in schemas:
            found.append(Installation(unit, schemas[unit]))
        elif unit in chosen:
            names = [*([unit] if unit in plain or not there[unit] else []), *there[unit]]
            found += [Installation(unit, schema) for schema in names]
    return found


def refuse_target(unit: str, schema: str) -> None:
    """Raises UsageError if a schema cannot hold a unit."""
    if unit == SHARED and schema != SHARED:
        raise UsageError(f"{SHARED} cannot be moved: there is one per database, in schema {SHARED}")
    if not schema or len(schema.encode()) > _LONGEST_NAME or not schema.isprintable():
        raise UsageError(f"not a name of a schema: {schema!r}", hint=f"{_LONGEST_NAME} bytes at most, on one line.")
    if schema == "public":
        raise UsageError(f"schema public is everybody's and cannot hold {unit}", hint="Name a schema of its own.")
    others = schema in UNITS and schema != unit
    if others or schema in ("sessionbook", "information_schema", "$user") or schema.startswith("pg_"):
        raise UsageError(f"schema {schema} is reserved and cannot hold {unit}")
    if "%" in schema:
        # It would be taken for a placeholder wherever the database is asked with parameters.
        raise UsageError(f"schema {schema} cannot hold a unit: a percent sign cannot be in its name")


def make_plans(
    connection: Connection,
    package: Package,
    state: State,
    *,
    units: Sequence[str] | None = None,
    schemas: Mapping[str, str] | None = None,
    upto: Mapping[str, str] | None = None,
    roles: bool | None = None,
    sql_root: Path | None = None,
) -> list[Due]:
    """Compares the package with the database: what is due, for each installation in the order of applying.

    The rest as in Asked; upto: unit to id of the last migration wanted. Nothing is written.

    Raises:
        UsageError: a name that does not exist.
    """
    for unit, identity in (upto or {}).items():
        if unit not in package.units or all(m.id != identity for m in package.units[unit].migrations):
            raise UsageError(f"unit {unit} has no migration {identity}")
    plans = [Due(found, (upto or {}).get(found.unit)) for found in choose(package, state.chosen, units, schemas)]
    said = package.to_json([plan.asked() for plan in plans], state.roles(roles))
    if not state.settings:
        for plan in plans:
            ids = [m.id for m in package.units[plan.unit].migrations]
            plan.pending = [identity for identity in ids if plan.upto is None or identity <= plan.upto]
            if plan.upto is None:
                plan.changed = sorted(file["path"] for file in said["files"] if file.get("unit") == plan.unit)
            plan.reasons = dict.fromkeys([*plan.pending, *plan.changed], "new")
        return plans
    by_schema = {plan.schema: plan for plan in plans}
    lists = {"migration": "pending", "repeatable": "changed", "drop": "gone"}
    rows = connection.execute("select * from sessionbook.plan(%s)", [json.dumps(said)])
    for _, schema, kind, name, reason in rows:
        plan = by_schema[schema]
        getattr(plan, lists.get(kind) or str(kind)).append(name)
        if reason:
            plan.reasons[name] = reason
    return plans


def refuse(connection: Connection, package: Package, plans: Iterable[Due], roles: bool) -> None:
    """Has the engine refuse what must not go on, such as an edited file; before anything is done."""
    for plan in plans:
        if plan.drift or plan.unfinished or (plan.is_due and not plan.applied):
            said = json.dumps(package.to_json([plan.asked()], roles))
            connection.execute("select sessionbook.prepare(%s)", [said])
