"""Applies all repeatables of a copy in one transaction."""

from collections.abc import Collection, Sequence

from . import catalog
from .books import Recorded, record_repeatables
from .connection import Connection
from .copies import Copy
from .errors import BlockedError, SqlError
from .execution import quote, run_file, translated
from .package import Repeatable

# The columns of a view or the result of a function changed in a way that replacing cannot do.
_NOT_REPLACEABLE = {"42P16", "42P13"}


def reapply(
    connection: Connection,
    copy: Copy,
    files: Sequence[Repeatable],
    recorded: dict[str, Recorded],
    *,
    drop_orphans: bool,
) -> list[str]:
    """Applies every file, and drops what the package made before and makes no more.

    Args:
        connection: outside a transaction.
        copy: target.
        files: its repeatables in order.
        recorded: what the books say of them, by path.
        drop_orphans: False: keep them in the books as due, for a later call.

    Returns:
        Identities dropped for good, or with drop_orphans False those that are to be.

    Raises:
        SqlError: a file was refused.
        BlockedError: an object that is not ours depends on one that has to go.
    """
    with translated(), connection.transaction():
        # A change that somebody else commits meanwhile must not look like one of ours.
        connection.execute("set transaction isolation level repeatable read")
        use_schema(connection, copy)
        earlier = {identity for entry in recorded.values() for identity in entry.objects}
        made, grants = _run_all(connection, copy, files, earlier)
        present = catalog.snapshot(connection, copy.schema)
        catalog.grant_again(connection, grants, present)
        now = {identity for objects in made.values() for identity in objects}
        orphans = sorted((earlier - now) & present.keys())
        entries: list[tuple[str, str | None, Sequence[str]]]
        if drop_orphans:
            catalog.drop_all(connection, orphans)
            entries = [(file.path, file.sha256, made[file.path]) for file in files]
        else:
            entries = _keeping(files, made, recorded, orphans)
        record_repeatables(connection, copy, entries)
        return orphans


def orphans_left(files: Sequence[Repeatable], recorded: dict[str, Recorded]) -> bool:
    """Whether an earlier call left orphans in the books."""
    paths = {file.path for file in files}
    return any(path not in paths or entry.sha256 is None for path, entry in recorded.items())


def use_schema(connection: Connection, copy: Copy) -> None:
    """Makes the copy's schema what unqualified names mean, until the transaction ends."""
    connection.execute("select set_config('search_path', %s, true)", [f"{quote(copy.schema)}, pg_temp"])


def _run_all(
    connection: Connection, copy: Copy, files: Sequence[Repeatable], earlier: Collection[str]
) -> tuple[dict[str, list[str]], list[catalog.Grant]]:
    """Runs the files, from the first again after every drop that one of them called for."""
    grants: list[catalog.Grant] = []
    rebuilt: set[str] = set()
    while True:
        made: dict[str, list[str]] = {}
        before = catalog.snapshot(connection, copy.schema)
        for file in files:
            try:
                with translated(file.path), connection.transaction():
                    run_file(connection, file.path, file.text, copy.schema)
            except SqlError as error:
                if error.sqlstate not in _NOT_REPLACEABLE or file.path in rebuilt:
                    raise
                rebuilt.add(file.path)
                ours = {*earlier, *(identity for objects in made.values() for identity in objects)}
                dropped = _make_way(connection, copy, file, ours, error)
                grants += catalog.foreign_grants(connection, dropped)
                catalog.drop_all(connection, dropped)
                break
            after = catalog.snapshot(connection, copy.schema)
            made[file.path] = catalog.touched(before, after)
            before = after
        else:
            return made, grants


def _make_way(
    connection: Connection, copy: Copy, file: Repeatable, ours: Collection[str], error: SqlError
) -> dict[str, catalog.Found]:
    """Objects that must go before a file can be applied: those of its name, and ours that depend on them."""
    present = catalog.snapshot(connection, copy.schema)
    name = quote(file.name)
    seeds = {
        identity: found
        for identity, found in present.items()
        if identity in ours and identity.partition(" ")[2].partition("(")[0] == name
    }
    if not seeds:
        raise error
    known = {(found.classid, found.oid): identity for identity, found in present.items() if identity in ours}
    dropped = dict(seeds)
    foreign: list[str] = []
    for classid, oid, description in catalog.dependents(connection, seeds.values()):
        identity = known.get((classid, oid))
        if identity is None:
            foreign.append(description)
        else:
            dropped[identity] = present[identity]
    if foreign:
        raise BlockedError(
            f"{', '.join(seeds)} has to be dropped and made again, but something else depends on it",
            sqlstate="2BP01",
            file=file.path,
            detail=f"{error.message}. Depending on it: {', '.join(foreign)}.",
            hint="Drop what depends on it, apply, and make it again.",
        ) from error
    return dropped


def _keeping(
    files: Sequence[Repeatable],
    made: dict[str, list[str]],
    recorded: dict[str, Recorded],
    orphans: Collection[str],
) -> list[tuple[str, str | None, Sequence[str]]]:
    """Entries in which orphans stay with the file that made them, so that they can be dropped later."""
    entries: list[tuple[str, str | None, Sequence[str]]] = []
    for file in files:
        entry = recorded.get(file.path)
        left = [identity for identity in (entry.objects if entry else ()) if identity in orphans]
        entries.append((file.path, None if left else file.sha256, [*made[file.path], *left]))
    paths = {file.path for file in files}
    for path, entry in recorded.items():
        if path not in paths and (left := [identity for identity in entry.objects if identity in orphans]):
            entries.append((path, None, left))
    return entries
