"""Locks on the views and tables that files are about to replace or hang triggers on."""

import random
import re
import time
from collections.abc import Collection, Mapping, Sequence

from .connection import Connection
from .errors import SqlError
from .execution import quote
from .package import Repeatable
from .translation import translated

_BUSY = "55P03"
_TRIES = 20
_FURTHER_SECONDS = 0.05

_LOCK = {
    # Does nothing but lock it: `lock table` would lock the tables below as well.
    "view": "alter view {name} owner to {owner}",
    "readers": "lock table only {name} in access exclusive mode",
    "writers": "lock table only {name} in share row exclusive mode",
}


def wanted(files: Sequence[Repeatable], earlier: Collection[str], *, everybody: bool = False) -> dict[str, str]:
    """What has to be locked for files to be run, in the order in which readers lock it: views on views come first.

    Args:
        files: repeatables in order; a trigger's file is named `<table>.<task>.sql`.
        earlier: identities made before, such as `view v` or `trigger t on sessions`.
        everybody: keep readers from the tables too, whatever becomes of the triggers.

    Returns:
        Names as in the catalog, to how: view; for tables writers, or readers too where a trigger is to be dropped.
    """
    found = {_bare(identity): "view" for identity in earlier if identity.startswith("view ")}
    for file in files:
        if file.name in found:
            found = {file.name: found.pop(file.name), **found}
    triggers = [file for file in files if file.kind == "triggers"]
    said = set(re.findall(r"\w+", " ".join(file.text for file in triggers)))
    found |= {file.name.partition(".")[0]: "writers" for file in triggers}
    for identity in earlier:
        if identity.startswith("trigger "):
            trigger, _, table = identity.partition(" on ")
            if everybody or _bare(trigger) not in said:
                found[table.strip('"')] = "readers"
            else:
                found.setdefault(table.strip('"'), "writers")
    return found


def hold(connection: Connection, schema: str, wanted: Mapping[str, str]) -> None:
    """Locks views and tables of a schema until the transaction ends.

    All of them or none: who has one of them and waits for another that we have would wait for us, and we for them. So
    where one is not to be had at once all are given back, and the next try begins with waiting for that one.

    Args:
        connection: in a transaction.
        schema: their schema.
        wanted: names, in the order in which to begin, to how; those that are not there are passed over.

    Raises:
        SqlError: 55P03, one of them was never free.
    """
    rows = connection.execute(
        """
        select c.relname, r.rolname, extract(epoch from current_setting('lock_timeout')::interval)::float
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        inner join pg_roles as r on c.relowner = r.oid
        where n.nspname = %s and c.relkind in ('r', 'p', 'v') and c.relname = any(%s)
        order by array_position(%s, c.relname::text)
        """,
        [schema, list(wanted), list(wanted)],
    ).fetchall()
    locks = {
        name: _LOCK[wanted[name]].format(name=f"{quote(schema)}.{quote(name)}", owner=quote(owner))
        for name, owner, _ in rows
    }
    order = list(locks)
    for attempt in range(1, _TRIES + 1):
        busy = _take(connection, [locks[name] for name in order], rows[0][2] if rows else 0.0)
        if busy is None:
            return
        place, error = busy
        if place == 0 or attempt == _TRIES:
            # Somebody keeps it for long. Whoever calls this tries again, after a pause in which nobody queues.
            raise error
        order.insert(0, order.pop(place))
        time.sleep(random.uniform(0.02, 0.1))  # noqa: S311


def _take(connection: Connection, locks: Sequence[str], patience: float) -> tuple[int, SqlError] | None:
    """Takes all of them, waiting for the first; else says at which place it failed, and with what."""
    place = 0
    try:
        with translated(), connection.transaction():
            for place, lock in enumerate(locks):
                if place < 2:
                    _wait_for(connection, min(patience, _FURTHER_SECONDS) if place else patience)
                connection.execute(lock.encode())
            _wait_for(connection, patience)
    except SqlError as error:
        if error.sqlstate != _BUSY:
            raise
        return place, error
    return None


def _wait_for(connection: Connection, seconds: float) -> None:
    connection.execute("select set_config('lock_timeout', %s, true)", [f"{round(seconds * 1000)}ms"])


def _bare(identity: str) -> str:
    return identity.partition(" ")[2].strip('"')
