"""What the database says: queries that several catalog tests share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from support.sources import units

BOOKKEEPING = "sessionbook"

FUNCTIONS = """
select
    n.nspname as schema,
    p.proname as name,
    p.oid,
    p.oid::regprocedure::text as signature,
    p.prokind as kind,
    l.lanname as language,
    p.prosecdef as definer,
    p.prosqlbody is not null as inlinable,
    p.prorettype = 'trigger'::regtype as is_trigger,
    exists (select from unnest(p.proconfig) as c (setting) where starts_with(c.setting, 'search_path=')) as pinned,
    array(
        select a.name
        from unnest(p.proargnames, p.proargmodes) as a (name, mode)
        where coalesce(a.mode, 'i') in ('i', 'b', 'v') and a.name <> ''
    ) as arguments,
    pg_catalog.obj_description(p.oid, 'pg_proc') as comment
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
where n.nspname = any(%(schemas)s)
order by n.nspname, p.proname, p.oid::regprocedure::text
"""

RELATIONS = """
select n.nspname as schema, c.relname as name, c.oid, c.relkind as kind,
    coalesce('security_invoker=true' = any(c.reloptions), false) as invoker
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by n.nspname, c.relname
"""

TRIGGERS = """
select n.nspname as schema, c.relname as "table", t.tgname as name, t.oid, t.tgfoid, t.tgrelid,
    t.tgoldtable, t.tgnewtable,
    pg_catalog.obj_description(t.oid, 'pg_trigger') as comment
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and not t.tgisinternal and t.tgparentid = 0
order by n.nspname, c.relname, t.tgname
"""

CONSTRAINTS = """
select n.nspname as schema, c.relname as "table", k.conname as name, k.contype as kind, k.confdeltype as on_delete,
    array(
        select a.attname::text
        from unnest(k.conkey) with ordinality as x (attnum, place)
        join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = x.attnum
        order by x.place
    ) as columns,
    k.contype <> 'f' or exists (
        select
        from pg_catalog.pg_index as i
        where i.indrelid = k.conrelid
            and i.indisvalid
            and (
                i.indpred is null
                or pg_catalog.pg_get_expr(i.indpred, i.indrelid) in (
                    select format('(%%I IS NOT NULL)', a.attname)
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = k.conrelid and a.attnum = any(k.conkey)
                )
            )
            and (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] operator(pg_catalog.@>) k.conkey
    ) as indexed
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and k.contype in ('p', 'u', 'f', 'x', 'c') and k.conparentid = 0
order by n.nspname, c.relname, k.conname
"""

INDEXES = """
select n.nspname as schema, c.relname as "table", o.relname as name, i.indisunique as "unique",
    i.indpred is not null as partial,
    array(
        select coalesce(a.attname::text, '')
        from unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality as x (attnum, place)
        left join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = x.attnum and x.attnum <> 0
        order by x.place
    ) as columns
from pg_catalog.pg_index as i
join pg_catalog.pg_class as o on o.oid = i.indexrelid
join pg_catalog.pg_class as c on c.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s)
    and not exists (
        select from pg_catalog.pg_constraint as k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
    )
order by n.nspname, c.relname, o.relname
"""

UNCOMMENTED = """
with ours as (
    select n.oid, n.nspname from pg_catalog.pg_namespace as n where n.nspname = any(%(schemas)s)
)
select 'schema ' || o.nspname as what
from ours as o
where pg_catalog.obj_description(o.oid, 'pg_namespace') is null
union all
select format('%%s %%s.%%s', case when c.relkind in ('v', 'm') then 'view' else 'table' end, o.nspname, c.relname)
from pg_catalog.pg_class as c
join ours as o on o.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and pg_catalog.obj_description(c.oid, 'pg_class') is null
union all
select format('column %%s.%%s.%%s', o.nspname, c.relname, a.attname)
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join ours as o on o.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
    and a.attnum > 0
    and not a.attisdropped
    and pg_catalog.col_description(c.oid, a.attnum) is null
union all
select 'function ' || p.oid::regprocedure::text
from pg_catalog.pg_proc as p
join ours as o on o.oid = p.pronamespace
where pg_catalog.obj_description(p.oid, 'pg_proc') is null
union all
select format('trigger %%s on %%s.%%s', t.tgname, o.nspname, c.relname)
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join ours as o on o.oid = c.relnamespace
where not t.tgisinternal and t.tgparentid = 0 and pg_catalog.obj_description(t.oid, 'pg_trigger') is null
union all
select 'type ' || t.oid::regtype::text
from pg_catalog.pg_type as t
join ours as o on o.oid = t.typnamespace
left join pg_catalog.pg_class as c on c.oid = t.typrelid
where (t.typtype in ('d', 'e') or c.relkind = 'c') and pg_catalog.obj_description(t.oid, 'pg_type') is null
order by what
"""

PUBLIC_GRANTS = """
with ours as (
    select n.oid, n.nspname, n.nspowner, n.nspacl from pg_catalog.pg_namespace as n where n.nspname = any(%(schemas)s)
)
select format('%%s on schema %%s', x.privilege_type, o.nspname) as what
from ours as o
cross join lateral pg_catalog.aclexplode(o.nspacl) as x
where x.grantee = 0
union all
select format('%%s on %%s.%%s', x.privilege_type, o.nspname, c.relname)
from pg_catalog.pg_class as c
join ours as o on o.oid = c.relnamespace
cross join lateral pg_catalog.aclexplode(c.relacl) as x
where x.grantee = 0
union all
select format('%%s on %%s.%%s.%%s', x.privilege_type, o.nspname, c.relname, a.attname)
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join ours as o on o.oid = c.relnamespace
cross join lateral pg_catalog.aclexplode(a.attacl) as x
where x.grantee = 0
union all
select format('%%s on %%s', x.privilege_type, p.oid::regprocedure::text)
from pg_catalog.pg_proc as p
join ours as o on o.oid = p.pronamespace
cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as x
where x.grantee = 0
order by what
"""


def schemas() -> list[str]:
    """Schemas that a default install makes: one a unit, and the runner's bookkeeping."""
    return [*units(), BOOKKEEPING]


def rows(conn: psycopg.Connection, query: str, only: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Runs one of the queries above, over all schemas of the package or only some."""
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(query.encode(), {"schemas": schemas() if only is None else list(only)})
        return cursor.fetchall()


def none_of(problems: Iterable[str], rule: str) -> None:
    """Fails with the rule and every problem found, one a line."""
    found = sorted(set(problems))
    if found:
        pytest.fail("\n  ".join([rule, *found]), pytrace=False)
