"""The functions that a script brings along: what reapply, books and definitions do, in the server."""

import re
from pathlib import Path

from ..books import BOOKS_SQL, REGISTRY_SQL, TABLES
from ..catalog import DEPENDENTS_SQL, GRANTS_SQL, SNAPSHOT_SQL
from ..copies import SHARED
from ..execution import literal
from ..snapshot import ITEMS_SQL, OURS
from .quoting import array, dollar

# What is asked of the catalog is asked in the same words, whoever asks.
_PIECES = {
    "registry": dollar(REGISTRY_SQL),
    "books": dollar(BOOKS_SQL),
    "last_table": literal(TABLES[-1]),
    "tables": array(TABLES),
    "items": dollar(ITEMS_SQL % {"schema": "p_schema", "books": array(TABLES)}),
    "objects": dollar(SNAPSHOT_SQL % {"schema": "p_schema"}),
    "dependents": dollar(
        DEPENDENTS_SQL
        % {
            "classes": "array(select s.classid from unnest(p_seeds) as s)",
            "oids": "array(select s.oid from unnest(p_seeds) as s)",
        }
    ),
    "grants": dollar(GRANTS_SQL % {"oid": "(p_object).oid", "classid": "(p_object).classid"}),
    "ours": literal(OURS),
    "shared": literal(SHARED),
}
_FILES = ("state", "books", "plan", "definitions", "migrating", "catalog", "reapply")


def engine() -> str:
    """SQL that makes temporary tables, functions and procedures; nothing of it outlives the session."""
    return "\n".join(piece(name, **_PIECES) for name in _FILES)


def piece(name: str, **values: str) -> str:
    """A piece of the script, its marks such as @schema@ replaced."""
    text = Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
    # In one go: what is put in may look like a mark itself.
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], text)
