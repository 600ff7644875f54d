"""What stands around tables that are to move: who uses them, what counts and publishes them, what hides ours."""

from collections.abc import Collection, Sequence

from ..database import Connection
from .quoting import quote


def owned_sequences(connection: Connection, source: str, tables: Sequence[str]) -> list[str]:
    """Sequences that move with the tables."""
    rows = connection.execute(_OWNED_SQL.encode(), [source, list(tables)])
    return [name for (name,) in rows]


def guests(connection: Connection, source: str, tables: Sequence[str]) -> list[str]:
    """Roles that may do something with the tables, and so have to get into their schema."""
    rows = connection.execute(_GUESTS_SQL.encode(), {"schema": source, "tables": list(tables)})
    return [name for (name,) in rows]


def writers(connection: Connection, source: str, tables: Sequence[str]) -> list[str]:
    """Roles that write the tables, in whose name our triggers then write ours."""
    rows = connection.execute(_WRITERS_SQL.encode(), {"schema": source, "tables": list(tables)})
    return [name for (name,) in rows]


def unprovided(writers: Sequence[str], roles: bool) -> list[str]:
    """Writers that still may not write what triggers write."""
    if not roles and writers:
        return [f"without roles, {', '.join(writers)} may not write what triggers write: grant it to them"]
    if "public" in writers:
        return ["everybody may write these tables, but not what triggers write: grant sessionbook_app to who does"]
    return []


def published(connection: Connection, source: str, tables: Sequence[str]) -> list[str]:
    """Publications that the tables leave, or whose subscribers have to follow."""
    whole = connection.execute(
        "select p.pubname from pg_publication as p inner join pg_publication_namespace as s on s.pnpubid = p.oid"
        " inner join pg_namespace as n on n.oid = s.pnnspid where n.nspname = %s order by 1",
        [source],
    ).fetchall()
    single = connection.execute(
        "select distinct p.pubname from pg_publication as p left join pg_publication_rel as r on r.prpubid = p.oid"
        " left join pg_class as c on c.oid = r.prrelid left join pg_namespace as n on n.oid = c.relnamespace"
        " where p.puballtables or (n.nspname = %s and c.relname = any(%s)) order by 1",
        [source, list(tables)],
    ).fetchall()
    return [
        *(f"publication {quote(name)} is of schema {quote(source)}: the tables leave it" for (name,) in whole),
        *(f"publication {quote(name)}: subscribers need the tables in the new schema too" for (name,) in single),
    ]


def secured(connection: Connection, source: str, tables: Sequence[str]) -> list[str]:
    """Tables whose policies hold for triggers of ours too."""
    rows = connection.execute(
        "select c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = any(%s) and c.relrowsecurity order by 1",
        [source, list(tables)],
    )
    return [
        f"table {quote(name)} has row level security: triggers of ours see of it what the writer sees"
        for (name,) in rows
    ]


def refuse_members(connection: Connection, roles: Sequence[str]) -> list[str]:
    """Whether this role may let others into sessionbook_app; if that is not there yet, it will own it."""
    row = connection.execute(
        "select pg_has_role(r.oid, 'usage with admin option')"
        " or (x.rolcreaterole and current_setting('server_version_num')::integer < 160000)"
        " from pg_roles as r cross join pg_roles as x"
        " where r.rolname = 'sessionbook_app' and x.rolname = current_user"
    ).fetchone()
    if not roles or row is None or row[0]:
        return []
    return [
        f"this role may not make {', '.join(map(quote, roles))} members of sessionbook_app; have somebody do it before"
    ]


def hiding(connection: Connection, source: str, names: Collection[str], gone: Collection[str]) -> list[str]:
    """Relations that stay and have the name of one of ours, which is found after them."""
    rows = connection.execute(
        "select c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = any(%s) and c.relname <> all(%s)"
        " and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1",
        [source, list(names), list(gone)],
    )
    return [f"{quote(name)} stays in {quote(source)}, and is found there before ours of this name" for (name,) in rows]


def role_name(name: str) -> str:
    """A role for SQL text; public is no identifier."""
    return name if name == "public" else quote(name)


_TABLES = """
    pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
"""

_OWNED_SQL = f"""
select s.relname
from {_TABLES}
inner join pg_depend as d on d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.deptype in ('a', 'i')
inner join pg_class as s on d.classid = 'pg_class'::regclass and s.oid = d.objid and s.relkind = 'S'
where n.nspname = %s and c.relname = any(%s)
"""  # noqa: S608

# Public is role 0. The one who deploys owns the schema, or what it is in, and needs nothing.
_HOLDERS = f"""
    select c.relowner as role, 'INSERT' as privilege
    from {_TABLES}
    where n.nspname = %(schema)s and c.relname = any(%(tables)s)
    union
    select a.grantee, a.privilege_type
    from {_TABLES}
    cross join lateral aclexplode(c.relacl) as a
    where n.nspname = %(schema)s and c.relname = any(%(tables)s)
    union
    select a.grantee, a.privilege_type
    from {_TABLES}
    inner join pg_attribute as t on t.attrelid = c.oid
    cross join lateral aclexplode(t.attacl) as a
    where n.nspname = %(schema)s and c.relname = any(%(tables)s)
"""  # noqa: S608

_GUESTS_SQL = f"""
with holder as ({_HOLDERS})
select distinct coalesce(r.rolname, 'public')
from holder as h
left join pg_roles as r on r.oid = h.role
where r.rolname is distinct from current_user
order by 1
"""  # noqa: S608

_WRITERS_SQL = f"""
with holder as ({_HOLDERS})
select distinct coalesce(r.rolname, 'public')
from holder as h
left join pg_roles as r on r.oid = h.role
left join pg_roles as ours on ours.rolname = 'sessionbook_app'
where h.privilege in ('INSERT', 'UPDATE', 'DELETE')
    and r.rolname is distinct from current_user
    and r.rolsuper is not true
    and (r.oid is null or ours.oid is null or not pg_has_role(r.oid, ours.oid, 'usage'))
order by 1
"""  # noqa: S608
