"""What was applied where: the tables that say so, read and made."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .connection import Connection
from .copies import REGISTRY, Copy
from .execution import quote

TABLES = (
    "_yoyo_migration",
    "_yoyo_log",
    "_yoyo_version",
    "migration_hashes",
    "repeatables",
    "object_definitions",
    "started_migrations",
)


@dataclass(frozen=True)
class Applied:
    """A migration in the books; unit and hash are None where another tool marked it."""

    unit: str | None
    sha256: str | None


@dataclass(frozen=True)
class Recorded:
    """A repeatable in the books.

    Attributes:
        sha256: hash of the text last applied; None: has to be applied again.
        objects: what it made, such as `function now()`.
    """

    sha256: str | None
    objects: tuple[str, ...]


@dataclass(frozen=True)
class Started:
    """A migration that began outside a transaction, and has not been entered as applied."""

    sha256: str
    since: datetime


@dataclass
class Books:
    """Content of one set of books.

    Attributes:
        applied: by migration id.
        started: by migration id.
        repeatables: by schema of the copy, then by path.
    """

    applied: dict[str, Applied] = field(default_factory=dict)
    started: dict[str, Started] = field(default_factory=dict)
    repeatables: dict[str, dict[str, Recorded]] = field(default_factory=dict)


def read_registry(connection: Connection) -> dict[Copy, str | None]:
    """Installed copies with the id of their newest migration; empty where nothing is installed."""
    if not _exists(connection, REGISTRY, "installations"):
        return {}
    rows = connection.execute("select unit, schema_name, version from sessionbook.installations")
    return {Copy(unit, schema): version for unit, schema, version in rows}


def read_books(connection: Connection, schema: str) -> Books:
    """Reads one set of books; empty where there is none.

    Args:
        connection: any; nothing is written.
        schema: where the books are.

    Returns:
        Their content.
    """
    books = Books()
    if not _exists(connection, schema, "_yoyo_migration"):
        return books
    at = quote(schema)
    if not _exists(connection, schema, "migration_hashes"):
        rows = connection.execute(f"select migration_id from {at}._yoyo_migration".encode())  # noqa: S608
        books.applied = {identity: Applied(None, None) for (identity,) in rows}
        return books
    rows = connection.execute(
        f"""
        select y.migration_id, h.unit, h.sha256
        from {at}._yoyo_migration as y
        left join {at}.migration_hashes as h on y.migration_id = h.migration_id
        """.encode()  # noqa: S608
    )
    books.applied = {identity: Applied(unit, sha256) for identity, unit, sha256 in rows}
    rows = connection.execute(
        f"select schema_name, path, sha256, objects from {at}.repeatables".encode()  # noqa: S608
    )
    for schema_name, path, sha256, objects in rows:
        books.repeatables.setdefault(schema_name, {})[path] = Recorded(sha256, tuple(objects))
    if _exists(connection, schema, "started_migrations"):
        rows = connection.execute(
            f"select migration_id, sha256, started_at from {at}.started_migrations".encode()  # noqa: S608
        )
        books.started = {identity: Started(sha256, since) for identity, sha256, since in rows}
    return books


def make_books(connection: Connection, copy: Copy) -> None:
    """Makes the registry, the copy's schema and its books where they are missing, inside the open transaction."""
    if not _exists(connection, REGISTRY, "installations"):
        connection.execute(REGISTRY_SQL.encode())
    if not _schema_exists(connection, copy.schema):
        connection.execute(f"create schema {quote(copy.schema)}".encode())
    if not _exists(connection, copy.books, TABLES[-1]):
        connection.execute(BOOKS_SQL.format(at=quote(copy.books)).encode())


def register(connection: Connection, copy: Copy, version: str | None) -> None:
    """Enters a copy with the id of its newest migration in the registry; without one, takes it out."""
    if version is None:
        connection.execute("delete from sessionbook.installations where schema_name = %s", [copy.schema])
        return
    connection.execute(
        """
        insert into sessionbook.installations (unit, schema_name, version)
        values (%s, %s, %s)
        on conflict (schema_name) do update
        set version = excluded.version, applied_at = excluded.applied_at
        """,
        [copy.unit, copy.schema, version],
    )


def record_hash(connection: Connection, copy: Copy, identity: str, sha256: str) -> None:
    """Keeps the content hash of a migration."""
    connection.execute(
        f"""
        insert into {quote(copy.books)}.migration_hashes (migration_id, unit, sha256) values (%s, %s, %s)
        on conflict (migration_id) do update
        set unit = excluded.unit, sha256 = excluded.sha256, applied_at = excluded.applied_at,
            applied_by = excluded.applied_by
        """.encode(),  # noqa: S608
        [identity, copy.unit, sha256],
    )


def make_due(connection: Connection, copy: Copy, paths: Collection[str] | None = None) -> None:
    """Has repeatables applied again by the next apply: all of a copy's, or those of some paths."""
    connection.execute(
        f"""
        update {quote(copy.books)}.repeatables
        set sha256 = null
        where schema_name = %s and (%s::text[] is null or path = any(%s))
        """.encode(),  # noqa: S608
        [copy.schema, None if paths is None else list(paths), None if paths is None else list(paths)],
    )


def forget_hash(connection: Connection, copy: Copy, identity: str) -> None:
    """Takes the content hash of a migration out of the books."""
    connection.execute(
        f"delete from {quote(copy.books)}.migration_hashes where migration_id = %s".encode(),  # noqa: S608
        [identity],
    )


def record_start(connection: Connection, copy: Copy, identity: str, sha256: str) -> None:
    """Notes that a migration is about to begin outside a transaction."""
    connection.execute(
        f"""
        insert into {quote(copy.books)}.started_migrations (migration_id, unit, sha256) values (%s, %s, %s)
        """.encode(),  # noqa: S608
        [identity, copy.unit, sha256],
    )


def forget_start(connection: Connection, copy: Copy, identity: str) -> None:
    """Takes the note of a migration's beginning out of the books."""
    connection.execute(
        f"delete from {quote(copy.books)}.started_migrations where migration_id = %s".encode(),  # noqa: S608
        [identity],
    )


def have_definitions(connection: Connection, copy: Copy) -> bool:
    """Whether the books have a place for definitions."""
    return _exists(connection, copy.books, "object_definitions")


def read_definitions(connection: Connection, copy: Copy) -> dict[str, tuple[str, int]]:
    """Definitions of a copy's objects as last applied, each with the major version of the server that wrote it."""
    if not have_definitions(connection, copy):
        return {}
    rows = connection.execute(
        f"""
        select object, definition, server_major from {quote(copy.books)}.object_definitions where schema_name = %s
        """.encode(),  # noqa: S608
        [copy.schema],
    )
    return {identity: (definition, major) for identity, definition, major in rows}


def record_definitions(connection: Connection, copy: Copy, present: Mapping[str, str], gone: Collection[str]) -> None:
    """Keeps how objects of a copy are defined now, and forgets those that are gone.

    Args:
        connection: in a transaction.
        copy: whose.
        present: definition by identity.
        gone: identities.
    """
    at = quote(copy.books)
    connection.execute(
        f"delete from {at}.object_definitions where schema_name = %s and object = any(%s)".encode(),  # noqa: S608
        [copy.schema, [*present, *gone]],
    )
    connection.execute(
        f"""
        insert into {at}.object_definitions (schema_name, object, definition, server_major)
        select %s, d.object, d.definition, current_setting('server_version_num')::integer / 10000
        from unnest(%s::text[], %s::text[]) as d (object, definition)
        """.encode(),  # noqa: S608
        [copy.schema, list(present), list(present.values())],
    )


def record_repeatables(
    connection: Connection, copy: Copy, entries: Iterable[tuple[str, str | None, Sequence[str]]]
) -> None:
    """Replaces what the books say of a copy's repeatables.

    Args:
        connection: in a transaction.
        copy: whose.
        entries: path, hash or None where it has to be applied again, objects.
    """
    at = quote(copy.books)
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {at}.repeatables where schema_name = %s".encode(), [copy.schema])  # noqa: S608
        cursor.executemany(
            f"""
            insert into {at}.repeatables (unit, schema_name, path, sha256, objects) values (%s, %s, %s, %s, %s)
            """.encode(),  # noqa: S608
            [(copy.unit, copy.schema, path, sha256, list(objects)) for path, sha256, objects in entries],
        )


def note_turn(connection: Connection, copy: Copy, path: str) -> int:
    """Writes to a repeatable's entry, to be replaced in the end; returns the number of the subtransaction that did."""
    row = connection.execute(
        f"""
        insert into {quote(copy.books)}.repeatables (unit, schema_name, path, objects) values (%s, %s, %s, '{{}}')
        on conflict (schema_name, path) do update
        set sha256 = null
        returning xmin::text::bigint
        """.encode(),  # noqa: S608
        [copy.unit, copy.schema, path],
    ).fetchone()
    assert row is not None  # noqa: S101
    return int(row[0])


def strangers(connection: Connection, schema: str) -> list[str]:
    """Relations in a schema that are neither our books nor an extension's, by name.

    Tables of yoyo alone are the books of somebody else who uses it.
    """
    rows = connection.execute(
        """
        select c.relname
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname <> all(%s)
            and not exists (
                select from pg_depend as d
                where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
            )
        order by c.relname
        """,
        [schema, [*TABLES, "yoyo_lock"] if _exists(connection, schema, "migration_hashes") else []],
    )
    return [name for (name,) in rows]


def _exists(connection: Connection, schema: str, table: str) -> bool:
    # The catalog tells even a role that may not look into the schema.
    row = connection.execute(
        """
        select from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where n.nspname = %s and c.relname = %s
        """,
        [schema, table],
    ).fetchone()
    return row is not None


def _schema_exists(connection: Connection, schema: str) -> bool:
    return connection.execute("select from pg_namespace as n where n.nspname = %s", [schema]).fetchone() is not None


REGISTRY_SQL = """
create schema if not exists sessionbook;
comment on schema sessionbook is 'What the command sessionbook applied to this database.';
revoke all on schema sessionbook from public;
create table sessionbook.installations (
    unit text not null,
    schema_name text not null,
    version text not null,
    applied_at timestamptz not null default now(),
    constraint installations_pkey primary key (schema_name)
);
comment on table sessionbook.installations is 'Every installed copy of a unit.';
comment on column sessionbook.installations.unit is 'Unit that the copy is of, such as workshop.';
comment on column sessionbook.installations.schema_name is 'Schema that holds the copy.';
comment on column sessionbook.installations.version is 'Id of the newest migration applied to it.';
comment on column sessionbook.installations.applied_at is 'When the copy last went to another version.';
revoke all on sessionbook.installations from public;
"""

# The first three have yoyo 9's format to the letter, so that its own commands read them.
BOOKS_SQL = """
create table if not exists {at}._yoyo_migration (
    migration_hash varchar(64),
    migration_id varchar(255),
    applied_at_utc timestamp,
    constraint _yoyo_migration_pkey primary key (migration_hash)
);
comment on table {at}._yoyo_migration is 'Applied migrations, in the format of yoyo-migrations 9.';
comment on column {at}._yoyo_migration.migration_hash is 'SHA-256 of the id, hexadecimal; says nothing of the content.';
comment on column {at}._yoyo_migration.migration_id is 'File name without ending.';
comment on column {at}._yoyo_migration.applied_at_utc is 'When it was applied, UTC.';

create table if not exists {at}._yoyo_log (
    id varchar(36),
    migration_hash varchar(64),
    migration_id varchar(255),
    operation varchar(10),
    username varchar(255),
    hostname varchar(255),
    comment varchar(255),
    created_at_utc timestamp,
    constraint _yoyo_log_pkey primary key (id)
);
comment on table {at}._yoyo_log is 'History of migrations applied and taken back, in the format of yoyo-migrations 9.';
comment on column {at}._yoyo_log.id is 'Key.';
comment on column {at}._yoyo_log.migration_hash is 'SHA-256 of the id, hexadecimal.';
comment on column {at}._yoyo_log.migration_id is 'File name without ending.';
comment on column {at}._yoyo_log.operation is 'apply, rollback, mark or unmark.';
comment on column {at}._yoyo_log.username is 'Operating system user that did it.';
comment on column {at}._yoyo_log.hostname is 'Machine it was done from.';
comment on column {at}._yoyo_log.comment is 'Note; usually null.';
comment on column {at}._yoyo_log.created_at_utc is 'When, UTC.';

create table if not exists {at}._yoyo_version (
    version int not null,
    installed_at_utc timestamp,
    constraint _yoyo_version_pkey primary key (version)
);
comment on table {at}._yoyo_version is 'Version of the tables that yoyo-migrations reads.';
comment on column {at}._yoyo_version.version is 'Number of the version.';
comment on column {at}._yoyo_version.installed_at_utc is 'When it was made, UTC.';
insert into {at}._yoyo_version (version, installed_at_utc)
values (2, now() at time zone 'UTC')
on conflict (version) do nothing;

create table if not exists {at}.migration_hashes (
    migration_id text not null,
    unit text not null,
    sha256 text not null,
    applied_at timestamptz not null default now(),
    applied_by text not null default session_user,
    constraint migration_hashes_pkey primary key (migration_id)
);
comment on table {at}.migration_hashes is 'Content of each applied migration, to notice one edited afterwards.';
comment on column {at}.migration_hashes.migration_id is 'File name without ending, as in _yoyo_migration.';
comment on column {at}.migration_hashes.unit is 'Unit that the migration belongs to.';
comment on column {at}.migration_hashes.sha256 is 'SHA-256 of the file''s bytes, hexadecimal.';
comment on column {at}.migration_hashes.applied_at is 'When it was applied.';
comment on column {at}.migration_hashes.applied_by is 'Database role that logged in to apply it.';

create table if not exists {at}.repeatables (
    unit text not null,
    schema_name text not null,
    path text not null,
    sha256 text,
    objects text[] not null,
    applied_at timestamptz not null default now(),
    constraint repeatables_pkey primary key (schema_name, path)
);
comment on table {at}.repeatables is 'Functions, views, triggers and grants as last applied, one row a file.';
comment on column {at}.repeatables.unit is 'Unit that the file belongs to.';
comment on column {at}.repeatables.schema_name is 'Schema of the copy.';
comment on column {at}.repeatables.path is 'File below the package''s SQL folder.';
comment on column {at}.repeatables.sha256 is 'SHA-256 of the text applied, hexadecimal; null: is due again.';
comment on column {at}.repeatables.objects is 'What the file made, such as "function now()".';
comment on column {at}.repeatables.applied_at is 'When it was last applied.';

create table if not exists {at}.object_definitions (
    schema_name text not null,
    object text not null,
    definition text not null,
    server_major integer not null,
    recorded_at timestamptz not null default now(),
    constraint object_definitions_pkey primary key (schema_name, object)
);
comment on table {at}.object_definitions is 'Every object as it was when last applied, to notice one changed by hand.';
comment on column {at}.object_definitions.schema_name is 'Schema of the copy.';
comment on column {at}.object_definitions.object is 'What it is called, such as "column sessions.status".';
comment on column {at}.object_definitions.definition is 'Its definition and comment as the server words them.';
comment on column {at}.object_definitions.server_major is 'Major version of that server, such as 17.';
comment on column {at}.object_definitions.recorded_at is 'When it was recorded.';

create table if not exists {at}.started_migrations (
    migration_id text not null,
    unit text not null,
    sha256 text not null,
    started_at timestamptz not null default now(),
    started_by text not null default session_user,
    constraint started_migrations_pkey primary key (migration_id)
);
comment on table {at}.started_migrations is
'Migrations that began outside a transaction; a row left behind means that one of them died.';
comment on column {at}.started_migrations.migration_id is 'File name without ending.';
comment on column {at}.started_migrations.unit is 'Unit that the migration belongs to.';
comment on column {at}.started_migrations.sha256 is 'SHA-256 of the file''s bytes, hexadecimal.';
comment on column {at}.started_migrations.started_at is 'When it began.';
comment on column {at}.started_migrations.started_by is 'Database role that logged in to apply it.';

revoke all on {at}._yoyo_migration, {at}._yoyo_log, {at}._yoyo_version, {at}.migration_hashes, {at}.repeatables,
    {at}.object_definitions, {at}.started_migrations
from public;
"""
