"""Races: several connections that do the same thing at the same moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from threading import Barrier
from typing import TypeVar

import psycopg
from psycopg import IsolationLevel

Result = TypeVar("Result")


class Crowd:
    """Connections that meet again and again, each in a thread of its own."""

    def __init__(self, dsn: str, n: int, isolation: IsolationLevel | None = None) -> None:
        with ExitStack() as stack:
            self._connections = [stack.enter_context(closing(psycopg.connect(dsn))) for _ in range(n)]
            self._pool = stack.enter_context(ThreadPoolExecutor(n))
            self._stack = stack.pop_all()
        for connection in self._connections:
            connection.isolation_level = isolation

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def race(self, fn: Callable[[psycopg.Connection, int], Result]) -> list[Result | psycopg.Error]:
        """Calls fn(connection, i) on all connections behind one barrier, each in a transaction of its own that is
        committed when fn returns. The results, or the database errors, are in the order of i; any other exception is
        raised."""
        barrier = Barrier(len(self._connections))

        def run(i: int) -> Result | psycopg.Error:
            connection = self._connections[i]
            barrier.wait(60)
            try:
                result = fn(connection, i)
                connection.commit()
            except psycopg.Error as error:
                connection.rollback()
                return error
            return result

        runs = [self._pool.submit(run, i) for i in range(len(self._connections))]
        try:
            return [one.result() for one in runs]
        except BaseException:
            # The pool waits for its threads: those that hang, such as when the test's time is up, are made to let go.
            while wait(runs, 0.1).not_done:
                for connection in self._connections:
                    connection.cancel()
            raise


def race(dsn: str, n: int, fn: Callable[[psycopg.Connection, int], Result]) -> list[Result | psycopg.Error]:
    """Crowd.race() of n new connections."""
    with Crowd(dsn, n) as crowd:
        return crowd.race(fn)


def results(outcome: list[Result | psycopg.Error]) -> list[Result]:
    """Those that went through."""
    return [one for one in outcome if not isinstance(one, psycopg.Error)]


def keys(outcome: list[Result | psycopg.Error]) -> set[tuple[str | None, str | None]]:
    """SQLSTATE and key of those that were refused."""
    return {(error.sqlstate, error.diag.constraint_name) for error in errors(outcome)}


def errors(outcome: list[Result | psycopg.Error]) -> list[psycopg.Error]:
    """Those that were refused."""
    return [one for one in outcome if isinstance(one, psycopg.Error)]


def until_blocked(observer: psycopg.Connection, waiting: psycopg.Connection) -> None:
    """Returns once another connection waits for a lock."""
    for _ in range(200):
        row = observer.execute(
            "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s", [waiting.info.backend_pid]
        ).fetchone()
        if row == (True,):
            return
        time.sleep(0.05)
    raise AssertionError("nothing waits for a lock")
