"""What stands for Citus in a plain database: it notes what would be distributed, and moves nothing."""

from __future__ import annotations

import psycopg

# The two functions and the table of Citus that a deploy touches, where Citus has them.
STUB = """
set allow_system_table_mods = on;
create table pg_catalog.pg_dist_partition (logicalrelid regclass primary key, partmethod "char" not null);
create table pg_catalog.noted (place integer generated always as identity, what text not null);
create function pg_catalog.create_reference_table(table_name regclass) returns void language sql as $$
    insert into pg_catalog.pg_dist_partition values (table_name, 'n');
    insert into pg_catalog.noted (what) values ('reference ' || table_name);
$$;
create function pg_catalog.citus_schema_distribute(schemaname regnamespace) returns void language sql as $$
    insert into pg_catalog.pg_dist_partition
    select c.oid, 'n' from pg_catalog.pg_class as c
    where c.relnamespace = schemaname and c.relkind in ('r', 'p')
    on conflict do nothing;
    insert into pg_catalog.noted (what) values (
        'schema ' || schemaname || ', triggers ' || current_setting('citus.enable_unsafe_triggers')
    );
$$;
reset allow_system_table_mods;
"""


def put_stub(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(STUB.encode())


def noted(dsn: str) -> list[str]:
    """What was distributed, in order."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        return [what for (what,) in conn.execute("select n.what from pg_catalog.noted as n order by n.place")]
