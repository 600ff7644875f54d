"""yoyo-migrations as reader and bookkeeper; it executes nothing here."""

import getpass
import glob
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from yoyo import read_migrations  # type: ignore[import-untyped]
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend  # type: ignore[import-untyped]

from .books import TABLES
from .connection import Connection
from .errors import PackageError
from .execution import quote
from .package import Unit


class Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo's backend on a connection of ours, its tables in a schema of their own.

    Args:
        connection: opens and ends its own transactions.
        schema: where the books are; they exist already.
    """

    migration_table = "_yoyo_migration"
    has_transactional_ddl = True
    _internal_schema_updated = True

    # yoyo's own constructor connects by its own URL and probes the database.
    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection = connection
        self._driver = psycopg
        self.schema = schema
        self.DatabaseError = psycopg.DatabaseError

    def quote_identifier(self, s: str) -> str:
        """Quotes a name; names of the books get their schema in front, whatever the search_path is."""
        quoted: str = super().quote_identifier(s)
        return f"{quote(self.schema)}.{quoted}" if s in TABLES else quoted

    @contextmanager
    def lock(self, timeout: float = 10) -> Iterator[None]:
        """Nothing: whoever uses this holds the deploy lock, which dies with its session."""
        yield

    def get_log_data(self, migration: Any = None, operation: str = "apply") -> dict[str, Any]:
        """A row for the log. Never raises: a uid without a name must not stop a deploy, nor a slow name server."""
        try:
            username = getpass.getuser()
        except (KeyError, OSError):
            username = str(os.getuid())
        return {
            "id": str(uuid.uuid1()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": username[:255],
            "hostname": socket.gethostname()[:255],
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }

    def mark(self, migration: Any) -> None:
        """Enters a migration as applied, inside the open transaction."""
        self.log_migration(migration, "apply")
        self.mark_one(migration, log=False)

    def unmark(self, migration: Any) -> None:
        """Enters a migration as taken back, inside the open transaction."""
        self.log_migration(migration, "rollback")
        self.unmark_one(migration, log=False)


def in_order(unit: Unit) -> list[Any]:
    """yoyo's migrations of a unit in the order of their numbers, which their `-- depends:` lines may not contradict.

    Read are the lines alone: yoyo would take all files apart for them, which takes longer than to apply them.

    Args:
        unit: whose folder to read.

    Returns:
        yoyo migrations.

    Raises:
        PackageError: a depends line names what is not there, or comes later.
    """
    earlier: set[str] = set()
    for migration in unit.migrations:
        if missing := [name for name in migration.depends if name not in earlier]:
            raise PackageError(f"{migration.path} depends on {missing[0]}, which is no migration before it")
        earlier.add(migration.id)
    found = {migration.id: migration for migration in read_migrations(glob.escape(str(unit.folder)))}
    return [found[migration.id] for migration in unit.migrations]
