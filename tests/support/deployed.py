"""What a deploy leaves in a database, to compare."""

from __future__ import annotations

import psycopg
from psycopg import sql

from support.clients import dump

# Without times and without who did it.
BOOKS = {
    "settings": ("key", "value"),
    "installations": ("unit", "schema_name", "version", "started"),
    "migrations": ("schema_name", "id", "sha256"),
    "history": ("schema_name", "migration_id", "operation"),
    "files": ("schema_name", "path", "sha256"),
    "objects": ("schema_name", "identity", "definition", "server_major"),
}
# A row's place and transaction: any write moves them.
CATALOG = """
select format('%s %s %s %s', c.tableoid, c.oid, c.xmin, c.ctid) from pg_class as c where c.relpersistence = 'p'
union all
select format('%s %s %s %s', p.tableoid, p.oid, p.xmin, p.ctid) from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid where not starts_with(n.nspname, 'pg_temp_')
union all
select format('%s %s %s %s', t.tableoid, t.oid, t.xmin, t.ctid) from pg_trigger as t
union all
select format('%s %s %s %s', r.tableoid, r.oid, r.xmin, r.ctid) from pg_rewrite as r
union all
select format('%s %s %s %s', n.tableoid, n.oid, n.xmin, n.ctid) from pg_namespace as n
where not starts_with(n.nspname, 'pg_temp_') and not starts_with(n.nspname, 'pg_toast_temp_')
order by 1
"""


def deployed(dsn: str) -> dict[str, list[str]]:
    """The schema as pg_dump writes it, and the rows of the registry."""
    return {"dump": dump(dsn), **books(dsn)}


def books(dsn: str) -> dict[str, list[str]]:
    """The rows of the registry."""
    found = {}
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "select n.nspname, c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
            " where c.relname = any(%s) and c.relkind = 'r' and n.nspname = 'sessionbook' order by 2",
            [list(BOOKS)],
        ).fetchall()
        for schema, table in tables:
            query = sql.SQL("select {} from {}").format(
                sql.SQL(", ").join(map(sql.Identifier, BOOKS[table])), sql.Identifier(schema, table)
            )
            found[f"{schema}.{table}"] = sorted(map(str, connection.execute(query).fetchall()))
    return found


def places(dsn: str) -> list[str]:
    """Where every row of the catalog and of the registry is; equal only if nothing was written."""
    with psycopg.connect(dsn) as connection:
        found = [str(row) for row in connection.execute(CATALOG)]
        for schema_and_table in books(dsn):
            table = sql.Identifier(*schema_and_table.rsplit(".", 1))
            rows = connection.execute(sql.SQL("select t.ctid, t.xmin from {} as t order by 1").format(table))
            found += [f"{schema_and_table} {row}" for row in rows]
    return found
