"""What the books say of a copy's objects, kept in step with what a deploy does to them."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from .books import have_definitions, read_definitions, record_definitions
from .connection import Connection, bare_path
from .copies import Copy
from .snapshot import is_tolerated, owned_as, take


@contextmanager
def followed(connection: Connection, copy: Copy) -> Iterator[None]:
    """Enters in the books what changes within; what was changed by hand before goes on being noticed.

    Args:
        connection: in a transaction; its search_path is pg_catalog afterwards.
        copy: whose objects may change.
    """
    before = begin_to_follow(connection, copy)
    yield
    record_changes(connection, copy, before)


def begin_to_follow(connection: Connection, copy: Copy) -> dict[str, str]:
    """How a copy's objects are defined, for record_changes() later in the transaction; leaves the path bare."""
    bare_path(connection)
    before = take(connection, copy.schema)
    if have_definitions(connection, copy) and not read_definitions(connection, copy):
        # Books that are older than this table: what stands is all there is to go by.
        record_definitions(connection, copy, before, ())
    return before


def record_changes(connection: Connection, copy: Copy, before: Mapping[str, str]) -> dict[str, str]:
    """Enters in the books what has changed since.

    Args:
        connection: in a transaction; its search_path is pg_catalog afterwards.
        copy: whose objects.
        before: how they were.

    Returns:
        How they are.
    """
    bare_path(connection)
    after = take(connection, copy.schema)
    if have_definitions(connection, copy):
        known = read_definitions(connection, copy)
        changed = {
            # Replacing leaves an object to whom it was given by hand.
            name: _as_known(text, name, known) if name in before and owned_as(text, before[name]) == text else text
            for name, text in after.items()
            if before.get(name) != text
        }
        record_definitions(connection, copy, changed, before.keys() - after.keys())
    return after


def confirm(
    connection: Connection, copy: Copy, live: Mapping[str, str], made: Collection[str], gone: Collection[str]
) -> None:
    """Enters objects as they stand, whatever the books said: they have just been made from their files.

    Grants only where the books know of none, as after a baseline: a file adds what it grants, and takes nothing back
    that was granted by hand; nor does it give an object back to its owner.

    Args:
        connection: in a transaction whose search_path is pg_catalog.
        copy: whose.
        live: how all objects stand.
        made: identities.
        gone: identities that are no longer the package's.
    """
    views = {name.removeprefix("view ") for name in made if name.startswith("view ")}
    known = read_definitions(connection, copy)
    first = not any(name.startswith("grant to ") for name in known)
    ours = {
        name: _as_known(text, name, known)
        for name, text in live.items()
        if name in made
        or (name.startswith("column ") and name[7:].partition(".")[0] in views)
        or (first and (name == "schema" or not is_tolerated(name)))
    }
    record_definitions(connection, copy, ours, gone)


def _as_known(definition: str, name: str, known: Mapping[str, tuple[str, int]]) -> str:
    """A definition with the owner that the books name."""
    return owned_as(definition, known[name][0]) if name in known else definition
