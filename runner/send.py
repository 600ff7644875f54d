"""Sends the engine its work, again if it lost a race for locks, and says who was in the way."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, TypeVar

from psycopg.pq import TransactionStatus

from .database import Connection, conninfo_of, one, plain_connection
from .errors import SessionbookError, SqlError, translated

T = TypeVar("T")

PATIENCE = 30.0

_RETRYABLE = {"55P03", "40P01", "40001"}
_BUSY = "55P03"
_ATTEMPTS = 4
_BLOCKERS = """
select string_agg(format(
    '%%s on %%s is waited for; it is kept by pid %%s, application %%s, in a transaction since %%s',
    l.mode, coalesce(l.relation::regclass::text, l.locktype), a.pid, a.application_name, a.xact_start
), e'\\n')
from pg_locks as l
cross join lateral unnest(pg_blocking_pids(l.pid)) as b (pid)
inner join pg_stat_activity as a on a.pid = b.pid
where l.pid = %s and not l.granted
"""


def call(connection: Connection, query: str, values: Any, *, about: object = None, patience: float = PATIENCE) -> Any:
    """Calls a function of the engine, a select of one value, in a transaction of its own or in the one that is open.

    connection: with the deploy lock.
    query, values: a select of one value, and its parameters.
    about: the installation, for messages.
    patience: as for retried().
    """

    def work() -> Any:
        with translated(about), connection.transaction():
            return one(connection, query, values)

    return retried(connection, work, patience)


def retried(connection: Connection, work: Callable[[], T], patience: float = PATIENCE) -> T:
    """Does a piece of work that opens and ends its own transaction, again if it lost a race for locks.

    Each try waits briefly, because everybody queues behind it; so there are many, four at least, for so many seconds of
    patience. Inside a transaction there is one attempt: the caller that opened it begins anew. The last attempt's error
    says in its detail who kept the lock.
    """
    if connection.info.transaction_status != TransactionStatus.IDLE:
        return work()
    begun, attempt = time.monotonic(), 1
    while True:
        try:
            with _onlooker(connection) if attempt > 1 else nullcontext():
                return work()
        except SqlError as error:
            passed = time.monotonic() - begun
            if error.sqlstate not in _RETRYABLE or (attempt >= _ATTEMPTS and passed >= patience):
                raise
        time.sleep(min(0.3 * 2**attempt, 2.0) * random.uniform(0.75, 1.25))  # noqa: S311
        attempt += 1


@contextmanager
def _onlooker(connection: Connection) -> Iterator[None]:
    """Looks on from a second connection, so that a failure for want of a lock says who kept it."""
    seen: list[str] = []
    ended = threading.Event()
    backend, conninfo = connection.info.backend_pid, conninfo_of(connection)

    def look() -> None:
        with suppress(SessionbookError), translated(), plain_connection(conninfo) as other:
            while not ended.wait(0.02):
                if found := one(other, _BLOCKERS, [backend]):
                    seen.append(found)
                    return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    except SqlError as error:
        if error.sqlstate == _BUSY and seen:
            error.detail = "\n".join(filter(None, (error.detail, seen[-1])))
        raise
    finally:
        ended.set()
        thread.join()
