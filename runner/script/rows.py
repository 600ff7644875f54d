"""What the package holds, and which copies are meant, as rows of the script's tables."""

from collections.abc import Iterable, Iterator

from ..copies import Copy
from ..execution import literal, quote
from ..migrating import text_of
from ..package import Migration, Repeatable, Unit
from .quoting import array, dollar

_FILES = "insert into pg_temp.sessionbook_files"


def copy(copy: Copy) -> str:
    """A copy that the script is about."""
    values = ", ".join(map(literal, (copy.unit, copy.schema, quote(copy.schema), copy.books)))
    return f"insert into pg_temp.sessionbook_copies (unit, schema_name, quoted, books)\nvalues ({values});"


def unit(unit: Unit, files: Iterable[Repeatable], roles: bool) -> Iterator[str]:
    """A unit's migrations, its repeatables in the order of applying, and those that are left out."""
    left_out = {file.path: file for file in unit.repeatables}
    for migration in unit.migrations:
        yield _migration(migration, roles)
    for file in files:
        del left_out[file.path]
        yield _repeatable(file)
    for file in left_out.values():
        values = ", ".join(map(literal, (file.unit, "skipped", file.path, file.sha256)))
        yield f"{_FILES} (unit, kind, path, sha256)\nvalues ({values});"


def _migration(file: Migration, roles: bool) -> str:
    values = ", ".join(map(literal, (file.unit, "migrations", file.path, file.sha256)))
    # Only what runs outside a transaction is asked for the names in it.
    content = "null" if file.transactional else dollar(text_of(file, roles))
    return (
        f"{_FILES} (unit, kind, path, sha256, id, transactional, rebuild, content)\n"
        f"values ({values},\n"
        f"    {literal(file.id)}, {str(file.transactional).lower()}, {array(file.rebuild)}, {content});"
    )


def _repeatable(file: Repeatable) -> str:
    values = ", ".join(map(literal, (file.unit, file.kind, file.path, file.sha256)))
    return (
        f"\n{_FILES} (unit, kind, path, sha256, quoted, content)\n"
        f"values ({values},\n"
        f"    {literal(quote(file.name))}, {dollar(file.text)});"
    )
