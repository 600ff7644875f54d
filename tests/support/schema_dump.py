"""The schema as stable text, from the catalog: no pg_dump needed, and the same text on every supported server.

Run as a script it writes what a fresh install of the package looks like to tests/schema.sql, and the reference from the
same catalog: `make schema-dump`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Literal

import psycopg

from support.catalog import schemas
from support.reference import write
from support.sources import ROOT, migrations, routines

SNAPSHOT = ROOT / "tests" / "schema.sql"
NOTE = (
    "-- The catalog after a fresh install, as text to compare and not to run. Written by `make schema-dump`; a test"
    " compares it.\n\n"
)

# snapshot: everything but the text of repeatables, columns in their order.
# replay: bodies too; columns by name, because a column that comes back comes back last.
# migrated: only what migrations make.
Detail = Literal["snapshot", "replay", "migrated"]

# Every query yields a sort key and a block of text.
SCHEMAS = """
select n.nspname, format(
    'schema %%s%%s%%s',
    n.nspname,
    case when %(repeatables)s then coalesce(E'\\n    acl ' || acl.text, '') else '' end,
    coalesce(E'\\n    comment ' || pg_catalog.obj_description(n.oid, 'pg_namespace'), '')
)
from pg_catalog.pg_namespace as n
cross join lateral (
    select string_agg(format('%%s=%%s', coalesce(r.rolname, 'public'), x.privileges), ' ' order by r.rolname) as text
    from (
        select e.grantee, string_agg(e.privilege_type, ',' order by e.privilege_type) as privileges
        from pg_catalog.aclexplode(n.nspacl) as e
        where e.grantee <> n.nspowner
        group by e.grantee
    ) as x
    left join pg_catalog.pg_roles as r on r.oid = x.grantee
) as acl
where n.nspname = any(%(schemas)s)
    -- The schema itself is the runner's; a migration comments on it.
    and (%(repeatables)s or pg_catalog.obj_description(n.oid, 'pg_namespace') is not null)
"""

TABLES = """
select n.nspname || '.' || c.relname, concat_ws(
    E'\\n',
    format('table %%s.%%s%%s', n.nspname, c.relname, ' with ' || array_to_string(c.reloptions, ', ')),
    (
        select string_agg(
            '    ' || concat_ws(
                ' ',
                a.attname,
                pg_catalog.format_type(a.atttypid, a.atttypmod),
                case when a.attnotnull then 'not null' end,
                case a.attidentity when 'a' then 'identity always' when 'd' then 'identity by default' end,
                case a.attgenerated when '' then 'default ' else 'generated ' end
                    || pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                '-- ' || pg_catalog.col_description(c.oid, a.attnum)
            ),
            E'\\n' order by case when %(in_order)s then a.attnum end, a.attname
        )
        from pg_catalog.pg_attribute as a
        left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ),
    (
        select string_agg(
            format('    constraint %%s %%s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)),
            E'\\n' order by k.conname
        )
        from pg_catalog.pg_constraint as k
        where k.conrelid = c.oid and k.contype in ('p', 'u', 'f', 'x', 'c')
    ),
    (
        select string_agg('    ' || pg_catalog.pg_get_indexdef(i.indexrelid), E'\\n' order by o.relname)
        from pg_catalog.pg_index as i
        join pg_catalog.pg_class as o on o.oid = i.indexrelid
        where i.indrelid = c.oid
            and not exists (
                select from pg_catalog.pg_constraint as k
                where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
            )
    ),
    (
        select string_agg('    ' || pg_catalog.pg_get_triggerdef(t.oid), E'\\n' order by t.tgname)
        from pg_catalog.pg_trigger as t
        where t.tgrelid = c.oid and not t.tgisinternal and %(repeatables)s
    ),
    '    acl ' || (
        select string_agg(g.text, ' ' order by g.text)
        from (
            select format('%%s=%%s', coalesce(r.rolname, 'public'), string_agg(x.what, ',' order by x.what)) as text
            from (
                select e.grantee, e.privilege_type as what
                from pg_catalog.aclexplode(c.relacl) as e
                where e.grantee <> c.relowner and %(repeatables)s
                union all
                select e.grantee, format('%%s(%%s)', e.privilege_type, a.attname)
                from pg_catalog.pg_attribute as a
                cross join lateral pg_catalog.aclexplode(a.attacl) as e
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and %(repeatables)s
            ) as x
            left join pg_catalog.pg_roles as r on r.oid = x.grantee
            group by r.rolname
        ) as g
    ),
    '    comment ' || replace(pg_catalog.obj_description(c.oid, 'pg_class'), E'\\n', ' ')
)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p')
"""

VIEWS = """
select n.nspname || '.' || c.relname, concat_ws(
    E'\\n',
    format('view %%s.%%s%%s', n.nspname, c.relname, ' with ' || array_to_string(c.reloptions, ', ')),
    (
        select string_agg(
            '    ' || concat_ws(
                ' ',
                a.attname,
                pg_catalog.format_type(a.atttypid, a.atttypmod),
                '-- ' || pg_catalog.col_description(c.oid, a.attnum)
            ),
            E'\\n' order by a.attnum
        )
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0
    ),
    case when %(bodies)s then pg_catalog.pg_get_viewdef(c.oid) end,
    '    acl ' || (
        select string_agg(g.text, ' ' order by g.text)
        from (
            select format(
                '%%s=%%s', coalesce(r.rolname, 'public'), string_agg(e.privilege_type, ',' order by e.privilege_type)
            ) as text
            from pg_catalog.aclexplode(c.relacl) as e
            left join pg_catalog.pg_roles as r on r.oid = e.grantee
            where e.grantee <> c.relowner
            group by r.rolname
        ) as g
    ),
    '    comment ' || replace(pg_catalog.obj_description(c.oid, 'pg_class'), E'\\n', ' ')
)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and c.relkind in ('v', 'm') and %(repeatables)s
"""

FUNCTIONS = """
select n.nspname || '.' || p.proname || pg_catalog.pg_get_function_identity_arguments(p.oid), concat_ws(
    E'\\n',
    format(
        '%%s %%s.%%s(%%s)%%s',
        case p.prokind when 'p' then 'procedure' else 'function' end,
        n.nspname,
        p.proname,
        pg_catalog.pg_get_function_arguments(p.oid),
        ' returns ' || pg_catalog.pg_get_function_result(p.oid)
    ),
    '    ' || concat_ws(
        ' ',
        l.lanname,
        case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
        case when p.prosecdef then 'security definer' else 'security invoker' end,
        case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' else 'parallel unsafe' end,
        case when p.proisstrict then 'strict' end,
        'set ' || array_to_string(p.proconfig, ', ')
    ),
    case when %(bodies)s then pg_catalog.pg_get_functiondef(p.oid) end,
    '    acl ' || (
        select string_agg(coalesce(r.rolname, 'public'), ' ' order by r.rolname)
        from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as e
        left join pg_catalog.pg_roles as r on r.oid = e.grantee
        where e.grantee <> p.proowner and %(repeatables)s
    ),
    '    comment ' || replace(pg_catalog.obj_description(p.oid, 'pg_proc'), E'\\n', ' ')
)
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
where n.nspname = any(%(schemas)s) and (%(repeatables)s or p.proname = any(%(migrated)s))
"""

TYPES = """
select n.nspname || '.' || t.typname, concat_ws(
    E'\\n',
    format('type %%s.%%s %%s', n.nspname, t.typname, t.typtype),
    '    ' || (
        select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
        from pg_catalog.pg_enum as e
        where e.enumtypid = t.oid
    ),
    '    base ' || nullif(pg_catalog.format_type(t.typbasetype, t.typtypmod), '-'),
    (
        select string_agg(
            format('    constraint %%s %%s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)),
            E'\\n' order by k.conname
        )
        from pg_catalog.pg_constraint as k
        where k.contypid = t.oid and k.contype = 'c'
    ),
    (
        select string_agg(
            format('    %%s %%s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)), E'\\n' order by a.attnum
        )
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ),
    '    comment ' || replace(pg_catalog.obj_description(t.oid, 'pg_type'), E'\\n', ' ')
)
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
left join pg_catalog.pg_class as c on c.oid = t.typrelid
where n.nspname = any(%(schemas)s) and (t.typtype in ('d', 'e') or c.relkind = 'c')
"""

SEQUENCES = """
select n.nspname || '.' || c.relname, format('sequence %%s.%%s', n.nspname, c.relname)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s)
    and c.relkind = 'S'
    and not exists (select from pg_catalog.pg_depend as d where d.objid = c.oid and d.deptype in ('i', 'a'))
"""


def dump(conn: psycopg.Connection, only: Sequence[str] | None = None, detail: Detail = "snapshot") -> str:
    """What is in the schemas of the package, or in some of them."""
    arguments = {
        "schemas": list(schemas() if only is None else only),
        "bodies": detail != "snapshot",
        "in_order": detail == "snapshot",
        "repeatables": detail != "migrated",
        "migrated": [routine.name for source in migrations() for routine in routines(source)],
    }
    blocks: list[str] = []
    with conn.transaction():
        # Nothing on the path: every name in an expression is written in full.
        conn.execute("set local search_path = ''")
        for query in (SCHEMAS, TYPES, SEQUENCES, TABLES, VIEWS, FUNCTIONS):
            found = conn.execute(query.encode(), arguments).fetchall()
            blocks += [re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE) for _, text in sorted(found)]
    return "\n\n".join(blocks) + "\n"


def snapshot(conn: psycopg.Connection) -> str:
    """The text of tests/schema.sql."""
    return NOTE + dump(conn)


def main() -> None:
    """Writes the snapshot, from a fresh install on the server that the tests would choose."""
    from sessionbook.deploy import apply

    from support.choice import chosen_server

    with chosen_server() as (server, notice):
        if notice:
            print(notice, file=sys.stderr)
        clone = server.create_database(server.make_template(apply))
        with psycopg.connect(server.dsn(clone), autocommit=True) as conn:
            SNAPSHOT.write_text(snapshot(conn))
            drawn = write(conn)
        for path in (SNAPSHOT, *drawn):
            print(f"{path.relative_to(ROOT)} written from PostgreSQL {server.version}", file=sys.stderr)


if __name__ == "__main__":
    main()
