"""What the script does, step by step."""

from collections.abc import Iterator

from ..copies import SHARED, Copy
from ..execution import literal, quote
from ..migrating import text_of
from ..package import Migration, Package, Unit
from .engine import piece
from .quoting import said

_TOGETHER = "begin isolation level repeatable read;"


def roles(package: Package) -> Iterator[str]:
    """Roles, in one transaction."""
    yield _title("roles")
    yield "-- Where one is missing, this needs createrole: have somebody run it once anywhere in the cluster, or export"
    yield "-- with --no-roles.\nbegin;"
    for file in package.roles:
        yield f"-- {file.path}\nset local search_path = pg_catalog, pg_temp;\n{file.text}\n;"
    yield "commit;"


def copy(copy: Copy, unit: Unit, with_roles: bool) -> Iterator[str]:
    """Everything that is done to one copy, where there is anything to do."""
    schema = literal(copy.schema)
    rebuilds = any(migration.rebuild for migration in unit.migrations)
    yield _title(str(copy))
    yield piece("copy", schema=schema)
    for migration in unit.migrations:
        yield piece(
            "migration",
            path=migration.path,
            schema=schema,
            id=literal(migration.id),
            title=echoed(f"{copy}: {migration.id}"),
        )
        if migration.transactional:
            yield from _inside(copy, migration, with_roles, rebuilds=rebuilds)
        else:
            yield from _outside(copy, migration, with_roles)
        yield "\\endif"
    yield f"\n\\echo {echoed(f'{copy}: functions, views and triggers')}"
    yield f"\\if :sessionbook__open\n\\else\n{_TOGETHER}\n\\endif"
    # What other copies still use of the shared unit can go only after they were applied.
    yield f"call pg_temp.sessionbook_reapply({schema}, {str(copy.unit != SHARED).lower()});\ncommit;"
    yield piece("drops") + "\\endif"


def shared() -> Iterator[str]:
    """The end of what the shared unit has no more."""
    yield _title(f"what {SHARED} has no more")
    yield f"{_TOGETHER}\ndelete from pg_temp.sessionbook_dropped;"
    yield f"call pg_temp.sessionbook_drop_shared_orphans();\ncommit;\n{piece('drops')}"


def echoed(text: str) -> str:
    """An argument of a psql command."""
    return "'" + said(text).replace("\\", "\\\\").replace("'", "''") + "'"


def _inside(copy: Copy, migration: Migration, with_roles: bool, *, rebuilds: bool) -> Iterator[str]:
    """A migration in a transaction with its entry in the books.

    From the first that takes views of ours out of its way, all the rest is one transaction, the repeatables with it.
    """
    schema, identity = literal(copy.schema), literal(migration.id)
    yield piece("begin", schema=schema, id=identity) if rebuilds else "begin;"
    if migration.rebuild:
        yield f"call pg_temp.sessionbook_make_way({schema}, {identity});"
    yield f"call pg_temp.sessionbook_begin({schema});"
    yield f"{text_of(migration, with_roles)}\n;"
    yield f"call pg_temp.sessionbook_finish({schema}, {identity});"
    yield "\\if :sessionbook__open\n\\else\ncommit;\n\\endif" if rebuilds else "commit;"


def _outside(copy: Copy, migration: Migration, with_roles: bool) -> Iterator[str]:
    """A migration outside a transaction: noted before it begins, looked at when it ended; it takes its time."""
    schema, identity = literal(copy.schema), literal(migration.id)
    yield f"call pg_temp.sessionbook_start({schema}, {identity});"
    yield f"set lock_timeout = 0;\nset statement_timeout = 0;\nset search_path = {quote(copy.schema)}, pg_temp;"
    yield f"{text_of(migration, with_roles)}\n;"
    yield "set lock_timeout = '5s';\nreset statement_timeout;\nset search_path = pg_catalog, pg_temp;"
    yield f"call pg_temp.sessionbook_end({schema}, {identity});"


def _title(text: str) -> str:
    line = "-" * 100
    return f"\n{line}\n-- {said(text)}\n{line}"
