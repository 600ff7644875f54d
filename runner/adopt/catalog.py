"""What is in a schema, what hangs on it, and how to take it away without cascade."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..database import Connection
from ..errors import BlockedError, SqlError, translated

_IN_WAY = "2BP01"


class Found(NamedTuple):
    """A catalog row: where it is, a version that every change moves, who wrote it, and its name in full for a DROP."""

    classid: int
    oid: int
    version: str
    xid: int
    full: str


class Grant(NamedTuple):
    """A privilege that somebody outside the package was given on one of its objects."""

    identity: str
    statement: str


def bare_path(connection: Connection) -> None:
    """Takes every schema but pg_catalog off the search_path, until the transaction ends."""
    connection.execute("set local search_path = pg_catalog, pg_temp")


def use_schema(connection: Connection, schema: str) -> None:
    """Makes a schema what unqualified names mean, until the transaction ends."""
    connection.execute("select set_config('search_path', quote_ident(%s) || ', pg_temp', true)", [schema])


def snapshot(connection: Connection, schema: str) -> dict[str, Found]:
    """Functions, views and triggers of a schema, by identity such as `function f(uuid)` or `trigger t on sessions`.

    Args:
        connection: in a transaction whose search_path is the schema's.
        schema: its name.

    Returns:
        Each identity with its row.
    """
    rows = connection.execute(SNAPSHOT_SQL, {"schema": schema})
    return {identity: Found(*row) for identity, *row in rows}


def drop_all(connection: Connection, objects: Mapping[str, Found]) -> None:
    """Drops objects in whatever order their dependencies ask for, never by cascade.

    Args:
        connection: in a transaction whose search_path is the schema's.
        objects: from a snapshot, those to drop first in front.

    Raises:
        BlockedError: something else depends on one of them; detail names it.
    """
    remaining = list(objects)
    while remaining:
        blocked: list[str] = []
        reason: SqlError | None = None
        for identity in remaining:
            try:
                with translated(), connection.transaction():
                    connection.execute(f"drop {objects[identity].full}".encode())
            except SqlError as error:
                if error.sqlstate != _IN_WAY:
                    raise
                blocked.append(identity)
                reason = error
        if reason is not None and len(blocked) == len(remaining):
            raise BlockedError(
                f"cannot drop {', '.join(blocked)}: something else depends on it",
                sqlstate=_IN_WAY,
                detail=reason.detail,
                hint="Drop or change what depends on it, then apply again.",
            )
        remaining = blocked


def dependents(connection: Connection, seeds: Iterable[Found]) -> list[tuple[int, int, str]]:
    """Everything that could not stay if the seeds went, the seeds themselves left out.

    Args:
        connection: in a transaction.
        seeds: objects about to be dropped.

    Returns:
        Class, oid and a description such as `view reporting.v` each.
    """
    found = list(seeds)
    rows = connection.execute(
        DEPENDENTS_SQL, {"classes": [seed.classid for seed in found], "oids": [seed.oid for seed in found]}
    )
    return [(classid, oid, description) for classid, oid, description in rows]


def foreign_grants(connection: Connection, objects: Mapping[str, Found]) -> list[Grant]:
    """Grants on functions and views to roles that are neither ours nor the owner.

    Args:
        connection: in a transaction.
        objects: by identity.

    Returns:
        Statements that give them again.
    """
    grants: list[Grant] = []
    for identity, found in objects.items():
        kind, _, name = found.full.partition(" ")
        rows = connection.execute(GRANTS_SQL, {"oid": found.oid, "classid": found.classid})
        for privilege, column, grantee, option in rows:
            columns = f" ({column})" if column else ""
            on = name if kind == "view" else f"{kind} {name}"
            again = f"grant {privilege}{columns} on {on} to {grantee}{' with grant option' if option else ''}"
            grants.append(Grant(identity, again))
    return grants


def grant_again(connection: Connection, grants: Iterable[Grant], present: Mapping[str, Found]) -> None:
    """Gives saved grants again on the objects that came back; a column that is gone takes its grant along."""
    for grant in grants:
        if grant.identity not in present:
            continue
        try:
            with translated(), connection.transaction():
                connection.execute(grant.statement.encode())
        except SqlError as error:
            if error.sqlstate != "42703":
                raise


# A row's place moves with every change of it, also in the transaction that is still open. The full name is for
# functions such as now(): the bare one means pg_catalog's.
SNAPSHOT_SQL = """
select
    format('%%s %%I(%%s)', k.kind, p.proname, oidvectortypes(p.proargtypes)),
    'pg_proc'::regclass::oid, p.oid, p.ctid::text, p.xmin::text::bigint,
    format('%%s %%I.%%I(%%s)', k.kind, %(schema)s::text, p.proname, oidvectortypes(p.proargtypes))
from pg_proc as p
cross join lateral (
    select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
) as k (kind)
where p.pronamespace = (select n.oid from pg_namespace as n where n.nspname = %(schema)s)
union all
select
    format('view %%I', c.relname),
    'pg_class'::regclass::oid, c.oid, concat(c.ctid, r.ctid), r.xmin::text::bigint,
    format('view %%I.%%I', %(schema)s::text, c.relname)
from pg_class as c
inner join pg_rewrite as r on r.ev_class = c.oid and r.rulename = '_RETURN'
where c.relkind = 'v' and c.relnamespace = (select n.oid from pg_namespace as n where n.nspname = %(schema)s)
union all
select
    format('trigger %%I on %%I', t.tgname, c.relname),
    'pg_trigger'::regclass::oid, t.oid, t.ctid::text, t.xmin::text::bigint,
    format('trigger %%I on %%I.%%I', t.tgname, %(schema)s::text, c.relname)
from pg_trigger as t
inner join pg_class as c on t.tgrelid = c.oid
where not t.tgisinternal and t.tgparentid = 0
    and c.relnamespace = (select n.oid from pg_namespace as n where n.nspname = %(schema)s)
"""

# A view hangs on things through its rule, and other things hang on its row type.
DEPENDENTS_SQL = """
with recursive seed as (
    select s.classid, s.objid
    from unnest(%(classes)s::oid[], %(oids)s::oid[]) as s (classid, objid)
),
reached (classid, objid) as (
    select s.classid, s.objid from seed as s
    union
    select
        case when v.oid is null then d.classid else 'pg_class'::regclass::oid end,
        coalesce(v.oid, d.objid)
    from reached as r
    inner join pg_depend as d on d.refclassid = r.classid and d.refobjid = r.objid and d.deptype in ('n', 'a', 'i')
    left join pg_rewrite as w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
    left join pg_class as v on w.ev_class = v.oid and v.relkind in ('v', 'm')
)
select r.classid, r.objid, pg_describe_object(r.classid, r.objid, 0)
from reached as r
where not exists (select from seed as s where s.classid = r.classid and s.objid = r.objid)
    and not (
        r.classid = 'pg_type'::regclass
        and exists (
            select
            from pg_type as t
            left join pg_type as e on t.typelem = e.oid
            where t.oid = r.objid
                and coalesce(nullif(t.typrelid, 0), e.typrelid) in (
                    select x.objid from reached as x where x.classid = 'pg_class'::regclass
                )
        )
    )
order by 3
"""

GRANTS_SQL = r"""
with held as (
    select a.*, null::name as attname, p.proowner as owner
    from pg_proc as p
    cross join lateral aclexplode(p.proacl) as a
    where %(classid)s = 'pg_proc'::regclass::oid and p.oid = %(oid)s
    union all
    select a.*, null::name, c.relowner
    from pg_class as c
    cross join lateral aclexplode(c.relacl) as a
    where %(classid)s = 'pg_class'::regclass::oid and c.oid = %(oid)s
    union all
    select a.*, t.attname, c.relowner
    from pg_class as c
    inner join pg_attribute as t on t.attrelid = c.oid
    cross join lateral aclexplode(t.attacl) as a
    where %(classid)s = 'pg_class'::regclass::oid and c.oid = %(oid)s
)
select lower(h.privilege_type), quote_ident(h.attname), h.grantee::regrole::text, h.is_grantable
from held as h
inner join pg_roles as r on h.grantee = r.oid
where h.grantee <> h.owner and r.rolname not like 'sessionbook\_%%'
"""
