"""Tables that cannot be moved, and schemas that cannot take them."""

from collections.abc import Collection, Sequence

from ..database import Connection
from .quoting import quote

_KINDS = {"p": "a partitioned table", "v": "a view", "m": "a materialized view", "f": "a foreign table"}


def refuse_relations(connection: Connection, source: str, names: Collection[str]) -> list[str]:
    """Why relations of these names cannot be taken over.

    Args:
        connection: any; nothing is written.
        source: schema that they are in.
        names: of tables of the unit.

    Returns:
        A sentence for each reason.
    """
    rows = connection.execute(_RELATIONS_SQL.encode(), {"schema": source, "names": list(names)})
    found: list[str] = []
    for name, kind, partition, family, persistence, owner, owned, hidden, extension in rows:
        table = f"table {quote(name)}"
        if kind != "r":
            found.append(f"{quote(name)} is {_KINDS.get(kind, 'no table')}; it has to be an ordinary table")
            continue
        if partition or family:
            found.append(f"{table} is a partition, inherits, or is inherited from")
        if persistence != "p":
            found.append(f"{table} is unlogged; alter table {quote(name)} set logged")
        if extension:
            found.append(f"{table} belongs to extension {quote(extension)}")
        if not owned:
            found.append(f"{table} belongs to {quote(owner)}, and this role is no member of it")
        if hidden:
            found.append(f"{table} has row level security that this role is under as well: rows would be passed over")
    return found


def refuse_target(connection: Connection, schema: str) -> list[str]:
    """Why a schema cannot take the tables."""
    if found := _strangers(connection, schema):
        return [f"schema {quote(schema)} already holds {', '.join(map(quote, found[:5]))}"]
    row = connection.execute(
        "select coalesce("
        " (select pg_has_role(n.nspowner, 'usage') from pg_namespace as n where n.nspname = %s),"
        " has_database_privilege(current_database(), 'create'))",
        [schema],
    ).fetchone()
    if row and not row[0]:
        return [f"this role may not make schema {quote(schema)}, or make tables in it"]
    return []


def refuse_triggers(
    connection: Connection,
    source: str,
    tables: Sequence[str],
    ours: Collection[tuple[str, str]],
    doomed: Collection[str],
) -> list[str]:
    """Triggers of theirs that stay and have the name of one of ours on the same table."""
    rows = connection.execute(
        "select c.relname, t.tgname from pg_trigger as t inner join pg_class as c on c.oid = t.tgrelid"
        " inner join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = any(%s) and not t.tgisinternal order by 1, 2",
        [source, list(tables)],
    )
    return [
        f"trigger {quote(name)} on {quote(table)}: ours has this name; rename it first"
        for table, name in rows
        if (table, name) in ours and f"trigger {quote(name)} on {quote(table)}" not in doomed
    ]


_RELATIONS_SQL = """
select c.relname, c.relkind::text, c.relispartition,
    exists (select from pg_inherits as h where c.oid in (h.inhrelid, h.inhparent)),
    c.relpersistence::text, pg_get_userbyid(c.relowner), pg_has_role(c.relowner, 'usage'),
    c.relrowsecurity and c.relforcerowsecurity and not exists (
        select from pg_roles as r where r.rolname = current_user and (r.rolsuper or r.rolbypassrls)
    ),
    (
        select e.extname
        from pg_depend as d
        inner join pg_extension as e on e.oid = d.refobjid
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %(schema)s and c.relname = any(%(names)s) and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname
"""


def _strangers(connection: Connection, schema: str) -> list[str]:
    rows = connection.execute(
        "select c.relname from pg_class as c inner join pg_namespace as n on c.relnamespace = n.oid"
        " where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f') and not exists (select from pg_depend as d"
        " where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') order by c.relname",
        [schema],
    )
    return [name for (name,) in rows]
