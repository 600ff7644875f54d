"""What the package makes of a unit, migration by migration, found in a database to be thrown away."""

from dataclasses import dataclass, field
from pathlib import Path

from ..database import Connection, connect
from ..deploy.apply import Progress, apply
from ..deploy.chosen import Installation
from ..deploy.shadow import disposable_database
from ..package import Migration
from .shape import Key, Shape, read_shape

Signature = tuple[str, str]
"""Name of a routine and the types of its arguments."""


@dataclass(frozen=True)
class Routine:
    """A function, procedure or aggregate.

    Attributes:
        oid: in the catalog.
        result: type that it returns; None: it is a procedure.
        droppable: whether this role may drop it; an extension's nobody may.
    """

    oid: int
    result: str | None
    droppable: bool


@dataclass
class Objects:
    """Routines, views and triggers of a schema.

    Attributes:
        routines: by name and types of arguments.
        views: type by column, of each.
        triggers: table and name.
    """

    routines: dict[Signature, Routine] = field(default_factory=dict)
    views: dict[str, dict[str, str]] = field(default_factory=dict)
    triggers: set[Key] = field(default_factory=set)


@dataclass
class History:
    """A unit as its migrations make it, one after the other, and as it is in the end.

    Attributes:
        migrations: in order.
        shapes: what stands after each.
        routines: definitions of those that migrations make, after each; they are schema like a table.
        objects: what stands in the end.
        names: every item of the end, such as `column sessions.status`.
    """

    migrations: tuple[Migration, ...]
    shapes: list[Shape] = field(default_factory=list)
    routines: list[dict[Signature, str]] = field(default_factory=list)
    objects: Objects = field(default_factory=Objects)
    names: set[str] = field(default_factory=set)

    def tables(self) -> set[str]:
        """Names of tables of whatever migration."""
        return {name for shape in self.shapes for name in shape.tables}

    def before(self, place: int) -> Shape:
        """What stands before a migration."""
        return self.shapes[place - 1] if place else Shape()

    def passes(self, key: Key, place: int) -> bool:
        """Whether a constraint that stands after a migration is taken away, or made anew, by a later one."""
        standing = self.shapes[place].constraints.get(key)
        return any(
            standing is not None and ((one := later.constraints.get(key)) is None or one.meaning != standing.meaning)
            for later in self.shapes[place + 1 :]
        )


def read_history(
    conninfo: str,
    migrations: tuple[Migration, ...],
    copy: Installation,
    *,
    sql_root: Path | None,
    progress: Progress | None,
) -> History:
    """Installs a copy step by step in a database of its own.

    Args:
        conninfo: of the live database.
        migrations: the unit's.
        copy: what it is to be.
        sql_root: folder of the SQL files.
        progress: called before each step.

    Returns:
        What stood after each step.
    """
    history = History(migrations)
    total = len(migrations) + 1
    how = {"units": [copy.unit], "schemas": {copy.unit: copy.schema}, "roles": False, "sql_root": sql_root}
    with disposable_database(conninfo) as (dsn, _), connect(dsn) as connection:
        for place, migration in enumerate(migrations):
            if progress:
                progress(f"reading the history: {migration.id}", place, total)
            apply(dsn, upto={copy.unit: migration.id}, **how)  # type: ignore[arg-type]
            history.shapes.append(read_shape(connection, copy.schema))
            history.routines.append(_definitions(connection, copy.schema))
        if progress:
            progress("reading the history: functions and views", total - 1, total)
        apply(dsn, **how)  # type: ignore[arg-type]
        history.objects = read_objects(connection, copy.schema)
        history.names = {
            name
            for (name,) in connection.execute("select identity from sessionbook.items(%s)", [copy.schema])
            if name != "schema" and not name.startswith(("grant to ", "owner of "))
        }
    return history


def read_objects(connection: Connection, schema: str) -> Objects:
    """Routines, views and triggers of a schema; types are worded as where that schema is the search_path."""
    objects = Objects()
    with connection.transaction():
        connection.execute("select set_config('search_path', format('%%I, pg_temp', %s::text), true)", [schema])
        for name, arguments, *rest in connection.execute(_ROUTINES_SQL.encode(), [schema]):
            objects.routines[name, arguments] = Routine(*rest)
        for view, column, kind in connection.execute(_VIEWS_SQL.encode(), [schema]):
            objects.views.setdefault(view, {})[column] = kind
        objects.triggers = {(table, name) for table, name in connection.execute(_TRIGGERS_SQL.encode(), [schema])}
        connection.execute("set local search_path = pg_catalog, pg_temp")
    return objects


def _definitions(connection: Connection, schema: str) -> dict[Signature, str]:
    with connection.transaction():
        connection.execute("select set_config('search_path', format('%%I, pg_temp', %s::text), true)", [schema])
        rows = connection.execute(_DEFINITIONS_SQL.encode(), [schema]).fetchall()
        connection.execute("set local search_path = pg_catalog, pg_temp")
    return {(name, arguments): definition for name, arguments, definition in rows}


_ROUTINES_SQL = """
select p.proname, oidvectortypes(p.proargtypes), p.oid, pg_get_function_result(p.oid),
    pg_has_role(p.proowner, 'usage') and not exists (
        select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
from pg_proc as p
inner join pg_namespace as n on n.oid = p.pronamespace
where n.nspname = %s
order by p.oid
"""

_DEFINITIONS_SQL = """
select p.proname, oidvectortypes(p.proargtypes), pg_get_functiondef(p.oid)
from pg_proc as p
inner join pg_namespace as n on n.oid = p.pronamespace
where n.nspname = %s and p.prokind <> 'a'
order by p.oid
"""

_VIEWS_SQL = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = %s and c.relkind = 'v'
order by c.oid, a.attnum
"""

_TRIGGERS_SQL = """
select c.relname, t.tgname
from pg_trigger as t
inner join pg_class as c on c.oid = t.tgrelid
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %s and not t.tgisinternal
"""
