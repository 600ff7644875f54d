"""Looking at a standby, and at a database that came back from a dump."""

from collections.abc import Iterator

import psycopg
import pytest
from sessionbook.deploy import apply, plan, status
from sessionbook.deploy.verify import verify
from sessionbook.errors import SqlError

from support.own_cluster import DURABLE, OwnCluster, own_cluster, standby_of


@pytest.fixture(scope="module")
def primary() -> Iterator[OwnCluster]:
    """A cluster that a standby can be made of, with the package in database shop."""
    with own_cluster(settings={**DURABLE, "wal_level": "replica"}) as cluster:
        with psycopg.connect(cluster.conninfo, autocommit=True) as connection:
            connection.execute("create database shop")
        apply(cluster.dsn("shop"))
        yield cluster


def test_restored_dump_is_what_was_applied(primary: OwnCluster) -> None:
    """The text of a dump differs from one to the next (its \\restrict key); the catalog does not."""
    with psycopg.connect(primary.conninfo, autocommit=True) as connection:
        connection.execute("create database restored")
    primary.run("psql", "--quiet", "--dbname=restored", "--set=ON_ERROR_STOP=1", stdin=primary.run("pg_dump", "shop"))
    result = verify(primary.dsn("restored"))
    assert "\n".join(one.text for copy in result.copies for one in copy.differences) == ""
    assert result.exit_code == 0


def test_status_plan_and_verify_read_a_standby(primary: OwnCluster) -> None:
    with standby_of(primary) as standby:
        dsn = standby.dsn("shop")
        assert status(dsn).exit_code == 0
        assert plan(dsn).copies == []
        assert verify(dsn).exit_code == 0
        assert verify(dsn, against_package=True).exit_code == 0
        assert not apply(dsn).changed
        with pytest.raises(SqlError) as error:
            apply(dsn, roles=False)
        assert error.value.sqlstate == "25006"
