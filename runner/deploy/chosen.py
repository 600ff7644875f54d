"""Which installations a command is about, and what is due in each."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, Unpack

from ..database import Connection, Found, one, rows
from ..errors import UsageError
from ..package import UNITS, Package

SHARED = "lifecycle"
# Names of roles are built on it.
_LONGEST_NAME = 55


class Asked(TypedDict, total=False):
    """What a call may be limited to.

    units: these, and the shared unit, which they need; None: what is installed, and all if nothing is.
    schemas: unit to schema: of such a unit this one installation only.
    roles: False: make no roles and grant them nothing; None: as chosen before, at first with roles.
    role_prefix: what the names of roles of new installations begin with; None: as the schema, or sessionbook.
    sql_root: folder of the SQL files; by default the package's own.
    tenants: installations that are to be there, besides those that are.
    """

    units: Sequence[str] | None
    schemas: Mapping[str, str] | None
    roles: bool | None
    role_prefix: str | None
    sql_root: Path | None
    tenants: Sequence["Installation"]


class Installation(NamedTuple):
    """A unit in a schema."""

    unit: str
    schema: str

    def __str__(self) -> str:
        return self.unit if self.schema == self.unit else f"{self.unit} in {self.schema}"


class State(NamedTuple):
    """What the registry says of a database.

    registered: installations, with the id of their newest migration.
    prefixes: what the names of their roles begin with, also of those that an apply did not come to.
    settings: what was chosen, and which engine is there; empty: none.
    restored: installations that nobody registered, as a dump of a schema brings them, with their newest migration
        and what the names of their roles begin with.
    """

    registered: dict[Installation, str]
    prefixes: dict[Installation, str]
    settings: dict[str, str]
    restored: dict[Installation, tuple[str, str | None]]

    def roles(self, asked: bool | None) -> bool:
        """Whether there are roles of ours: as asked for, else as chosen before."""
        return asked if asked is not None else self.settings.get("roles") != "false"


@dataclass
class Due:
    """One installation: where it stands, and what is to be done.

    upto: stop after this migration, and apply no file.
    role_prefix: what the names of its roles begin with; None: as the schema, or sessionbook.
    applied, pending: ids of migrations that are applied, and to apply.
    changed: files to apply because they are new, changed or due, by path.
    gone: files applied once that the package has no more.
    drift: sentences on what is not as it was applied.
    unfinished: ids of migrations that died outside a transaction.
    reasons: why, by name of a migration or file.
    """

    unit: str
    schema: str
    upto: str | None = None
    role_prefix: str | None = None
    applied: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def installation(self) -> Installation:
        """What it is about."""
        return Installation(self.unit, self.schema)

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
    def exit_code(self) -> int:
        """6 if a migration did not finish, 4 if a file is not what was applied, 3 if something is pending, else 0."""
        return 6 if self.unfinished else 4 if self.drift else 3 if self.is_due else 0

    def to_json(self) -> Found:
        """The installation as status shows it."""
        names = "unit schema version role_prefix pending changed gone drift unfinished"
        state = {6: "unfinished", 4: "drift", 3: "pending", 0: "up to date"}[self.exit_code]
        return Found({name: getattr(self, name) for name in names.split()}, state=state)

    def asked(self) -> dict[str, Any]:
        """The installation as the engine wants it."""
        return {"unit": self.unit, "schema_name": self.schema, "upto": self.upto, "role_prefix": self.role_prefix}


def read_state(connection: Connection) -> State:
    """Reads the registry; an empty state if nothing is installed."""
    settings: dict[str, str] = {}
    installed: list[Any] = []
    # The catalog tells even a role that may not look into the schema.
    if one(
        connection,
        "select count(*) from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = 'sessionbook' and c.relname = 'settings'",
    ):
        settings = dict(connection.execute("select key, value from sessionbook.settings").fetchall())
        query = "select i.unit, i.schema_name, i.version, i.role_prefix from sessionbook.installations as i"
        installed = connection.execute(query).fetchall()
    marked = connection.execute(
        r"select m[1], n.nspname, m[2], m[3] from pg_namespace as n, obj_description(n.oid, 'pg_namespace') as d,"
        r" regexp_match(d, 'sessionbook (\w+) (\d{4}\w*)(?: roles ([^\n]*))?$') as m where m is not null",
    )
    registered = {Installation(unit, schema): version for unit, schema, version, _ in installed if version}
    prefixes = {Installation(unit, schema): prefix for unit, schema, _, prefix in installed}
    restored = {Installation(unit, schema): (version, prefix) for unit, schema, version, prefix in marked}
    taken = {found.schema for found in registered}
    restored = {found: said for found, said in restored.items() if found.schema not in taken}
    return State(registered, prefixes, settings, restored)


def choose(
    package: Package,
    before: Iterable[Installation],
    units: Sequence[str] | None,
    schemas: Mapping[str, str] | None,
    tenants: Sequence[Installation] = (),
) -> list[Installation]:
    """Installations that a command covers, in the order of applying; units, schemas and tenants as in Asked.

    Raises UsageError: an unknown unit, or a schema that cannot be a target.
    """
    schemas = schemas or {}
    for name in (*(units or ()), *schemas, *(tenant.unit for tenant in tenants)):
        if name not in package.units:
            raise UsageError(f"no unit {name}", hint=f"Known are {', '.join(package.units)}.")
    there: dict[str, list[str]] = {unit: [] for unit in package.units}
    for tenant in tenants:
        refuse_target(*tenant)
    for known in sorted({*before, *tenants}, key=lambda one: (one.schema != one.unit, one.schema)):
        there.setdefault(known.unit, []).append(known.schema)
    chosen = set(units or [unit for unit in there if there[unit]] or package.units) | set(() if units else schemas)
    for unit, schema in schemas.items():
        refuse_target(unit, schema)
        if unit not in chosen:
            raise UsageError(f"--schema {unit}={schema} names a unit that --unit leaves out")
        there[unit] = [schema]
    there[SHARED] = [SHARED]
    return [
        Installation(unit, schema)
        for unit in package.units
        if unit == SHARED or unit in chosen
        for schema in there[unit] or [unit]
    ]


def refuse_target(unit: str, schema: str) -> None:
    """Raises UsageError if a schema cannot hold a unit."""
    if unit == SHARED and schema != SHARED:
        raise UsageError(f"{SHARED} cannot be moved: there is one per database, in schema {SHARED}")
    # A percent sign would be taken for a placeholder wherever the database is asked with parameters.
    if not schema or len(schema.encode()) > _LONGEST_NAME or not schema.isprintable() or "%" in schema:
        hint = f"{_LONGEST_NAME} bytes at most, on one line, no % in it."
        raise UsageError(f"not a name of a schema for us: {schema!r}", hint=hint)
    if schema == "public":
        raise UsageError(f"schema public is everybody's and cannot hold {unit}", hint="Name a schema of its own.")
    others = schema in UNITS and schema != unit
    if others or schema in ("sessionbook", "information_schema", "$user") or schema.startswith("pg_"):
        raise UsageError(f"schema {schema} is reserved and cannot hold {unit}")


def make_plans(
    connection: Connection,
    package: Package,
    state: State,
    *,
    upto: Mapping[str, str] | None = None,
    **asked: Unpack[Asked],
) -> list[Due]:
    """Compares the package with the database: what is due, for each installation in the order of applying.

    upto: unit to id of the last migration wanted. Nothing is written.

    Raises UsageError: a name that does not exist.
    """
    upto, schemas = upto or {}, asked.get("schemas")
    for unit, identity in upto.items():
        if unit not in package.units or all(m.id != identity for m in package.units[unit].migrations):
            raise UsageError(f"unit {unit} has no migration {identity}")
    chosen = choose(package, state.prefixes, asked.get("units"), schemas, asked.get("tenants", ()))
    plans = [Due(*found, upto.get(found.unit)) for found in chosen]
    name_roles(plans, state.prefixes, schemas, asked.get("role_prefix"))
    said = package.to_json([plan.asked() for plan in plans], state.roles(asked.get("roles")))
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
    for row in rows(connection, "select * from sessionbook.plan(%s)", [json.dumps(said)]):
        plan = by_schema[row.schema_name]
        getattr(plan, lists.get(row.kind, row.kind)).append(row.name)
        if row.reason:
            plan.reasons[row.name] = row.reason
    return plans


def name_roles(
    plans: Iterable[Due], known: Mapping[Installation, str], schemas: Mapping[str, str] | None, asked: str | None
) -> None:
    """Says what the names of roles begin with: as known, else as asked for what is named by its schema, or for all.

    Raises UsageError: no beginning of a name, or not that of the roles that are there.
    """
    for plan in plans:
        plan.role_prefix = known.get(plan.installation)
        if asked is None or plan.unit == SHARED or (schemas and schemas.get(plan.unit) != plan.schema):
            continue
        if not 0 < len(asked.encode()) <= _LONGEST_NAME or not asked.isprintable() or "%" in asked:
            raise UsageError(
                f"roles cannot be called {asked!r}_app", hint=f"{_LONGEST_NAME} bytes at most, no % in it."
            )
        if (plan.role_prefix or asked) != asked:
            raise UsageError(
                f"the roles of {plan.installation} are {plan.role_prefix}_app and so on",
                hint="They are chosen when an installation is made. Leave out --role-prefix.",
            )
        plan.role_prefix = asked


def refuse(connection: Connection, package: Package, plans: Iterable[Due], roles: bool) -> None:
    """Has the engine refuse what must not go on, such as an edited file; before anything is done."""
    for plan in plans:
        if plan.drift or plan.unfinished or (plan.is_due and not plan.applied):
            said = json.dumps(package.to_json([plan.asked()], roles))
            connection.execute("select sessionbook.prepare(%s)", [said])
