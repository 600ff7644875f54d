"""Runs migrations, forth and back, each with its entry in the books."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from .books import (
    forget_hash,
    forget_start,
    make_books,
    make_due,
    record_hash,
    record_start,
    register,
)
from .connection import Connection, bare_path
from .copies import Copy
from .definitions import followed, record_changes
from .errors import DirtyError, SqlError
from .execution import run_alone, run_file
from .grants import without_role_grants
from .indexes import invalid_indexes
from .package import Migration, SqlFile, Unit
from .snapshot import take
from .translation import translated

if TYPE_CHECKING:
    from .yoyo_backend import Backend


class Migrator:
    """Applies and takes back migrations of one copy.

    Args:
        connection: with the deploy lock.
        unit: the files.
        copy: the target.
        roles: False: without grants to roles of ours.
    """

    def __init__(self, connection: Connection, unit: Unit, copy: Copy, *, roles: bool) -> None:
        self.connection = connection
        self.unit = unit
        self.copy = copy
        self.roles = roles

    def in_order(self, migrations: Iterable[Migration]) -> Iterator[Migration]:
        """Migrations in the order of their depends lines."""
        by_id = {migration.id: migration for migration in migrations}
        return (by_id[identity] for identity in self._markers if identity in by_id)

    def apply(self, migration: Migration) -> None:
        """Applies one, in a transaction of its own or outside any, as its file asks."""
        if migration.transactional:
            with translated(migration.path), self.connection.transaction():
                make_books(self.connection, self.copy)
                with followed(self.connection, self.copy):
                    self._run(migration)
                self.mark(migration)
            return
        with translated(migration.path), self.connection.transaction():
            make_books(self.connection, self.copy)
            record_start(self.connection, self.copy, migration.id, migration.sha256)
        before = self._alone(migration, migration)
        with translated(migration.path), self.connection.transaction():
            record_changes(self.connection, self.copy, before)
            forget_start(self.connection, self.copy, migration.id)
            self.mark(migration)

    def take_back(self, migration: Migration) -> None:
        """Runs a migration's rollback file, in a transaction of its own or outside any, as that file asks."""
        file = migration.rollback
        assert file is not None  # noqa: S101
        if file.transactional:
            with translated(file.path), self.connection.transaction():
                with followed(self.connection, self.copy):
                    self._run(file)
                self.unmark(migration)
            return
        with translated(file.path), self.connection.transaction():
            make_books(self.connection, self.copy)
            record_start(self.connection, self.copy, migration.id, file.sha256)
        before = self._alone(migration, file)
        with translated(file.path), self.connection.transaction():
            record_changes(self.connection, self.copy, before)
            forget_start(self.connection, self.copy, migration.id)
            self.unmark(migration)

    def mark(self, migration: Migration) -> None:
        """Enters a migration as applied, inside the open transaction."""
        bare_path(self.connection)
        self._backend().mark(self._markers[migration.id])
        record_hash(self.connection, self.copy, migration.id, migration.sha256)
        # A deployer that dies before it comes to the repeatables leaves word that they are due.
        make_due(self.connection, self.copy)
        register(self.connection, self.copy, migration.id)

    def unmark(self, migration: Migration) -> None:
        """Enters a migration as taken back, inside the open transaction."""
        bare_path(self.connection)
        self._backend().unmark(self._markers[migration.id])
        forget_hash(self.connection, self.copy, migration.id)
        position = self.unit.migrations.index(migration)
        register(self.connection, self.copy, self.unit.migrations[position - 1].id if position else None)

    def _run(self, file: SqlFile) -> None:
        run_file(self.connection, file.path, text_of(file, self.roles), self.copy.schema)
        bare_path(self.connection)

    def _alone(self, migration: Migration, file: SqlFile) -> dict[str, str]:
        """Runs a file outside a transaction; returns how the copy was before."""
        before = take(self.connection, self.copy.schema)
        already = {index.oid for index in invalid_indexes(self.connection, self.copy.schema)}
        hint = f"See what it left behind, then: sessionbook resolve {migration.id} --applied, or --retry."
        try:
            run_alone(self.connection, file.path, text_of(file, self.roles), self.copy.schema)
        except SqlError as error:
            error.hint = hint
            raise
        broken = [
            index.name
            for index in invalid_indexes(self.connection, self.copy.schema)
            if index.oid not in already or index.is_named_in(file.text)
        ]
        if broken:
            # `if not exists` takes an index that an earlier attempt left invalid for the one that it should make.
            raise DirtyError(f"{file.path} ran, and left these indexes invalid: {', '.join(broken)}", hint=hint)
        return before

    # Loading yoyo takes longer than finding that there is nothing to do.
    @cached_property
    def _markers(self) -> dict[str, object]:
        """yoyo's own migrations by id, in order."""
        from .yoyo_backend import in_order

        return {marker.id: marker for marker in in_order(self.unit)}

    def _backend(self) -> "Backend":
        from .yoyo_backend import Backend

        return Backend(self.connection, self.copy.books)


def text_of(file: SqlFile, roles: bool) -> str:
    """A file's SQL as it is sent: without roles, without grants to ours."""
    return file.text if roles else without_role_grants(file.text)
