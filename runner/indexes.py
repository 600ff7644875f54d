"""Indexes that an interrupted `concurrently` left behind."""

import re
from typing import NamedTuple

from .connection import Connection
from .execution import quote


class InvalidIndex(NamedTuple):
    """An index that no query uses and every write maintains."""

    oid: int
    name: str

    def is_named_in(self, text: str) -> bool:
        """Whether SQL text has its name as a word."""
        return re.search(rf"(?<!\w){re.escape(self.name)}(?!\w)", text) is not None


def invalid_indexes(connection: Connection, schema: str) -> list[InvalidIndex]:
    """Invalid indexes on a schema's tables, by name; one that is just being built is invalid too."""
    rows = connection.execute(
        """
        select i.indexrelid, o.relname
        from pg_index as i
        inner join pg_class as o on i.indexrelid = o.oid
        inner join pg_namespace as n on o.relnamespace = n.oid
        where n.nspname = %s and not i.indisvalid
        order by o.relname
        """,
        [schema],
    )
    return [InvalidIndex(oid, name) for oid, name in rows]


def drop_invalid(connection: Connection, schema: str, index: InvalidIndex) -> None:
    """Drops one without holding up who works with its table; outside a transaction."""
    connection.execute(f"drop index concurrently {quote(schema)}.{quote(index.name)}".encode())
