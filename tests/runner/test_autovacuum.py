"""Deploying while the server cleans up a table."""

import psycopg
from sessionbook import execution
from sessionbook.deploy import apply

from support.own_cluster import DURABLE, own_cluster

CLEANING = (
    "select count(*) from pg_stat_activity as a where a.backend_type = 'autovacuum worker' and a.query like '%items%'"
)


def test_autovacuum_makes_way(tree, monkeypatch, until):
    """PostgreSQL cancels one for whoever has waited for a second; a deployer that waits for less would never get by."""
    monkeypatch.setattr(execution, "_PATIENCE", 9.0)
    tree.write(
        "migrations/workshop/0001_base.sql",
        "create table items (id integer, label text) with (autovacuum_vacuum_cost_delay = 100,\n"
        "    autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_scale_factor = 0);",
    )
    tree.write("migrations/workshop/0002_more.sql", "alter table items add column more text;")
    with own_cluster(settings={**DURABLE, "autovacuum_naptime": "1s"}) as cluster:
        dsn = cluster.dsn("postgres")
        apply(dsn, sql_root=tree.root, upto={"workshop": "0001_base"})
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("insert into workshop.items select g, 'a' from generate_series(1, 50000) as g")
            connection.execute("update workshop.items set label = 'b'")
            until(lambda: connection.execute(CLEANING).fetchone() == (1,))
            assert apply(dsn, sql_root=tree.root).copies[0].migrations == ["0002_more"]
