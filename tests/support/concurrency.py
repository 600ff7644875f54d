"""Races: several connections that do the same thing at the same moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import psycopg

Result = TypeVar("Result")


def race(dsn: str, n: int, fn: Callable[[psycopg.Connection, int], Result]) -> list[Result | psycopg.Error]:
    """Calls fn(connection, i) in n threads behind one barrier, each in a transaction of its own that is committed when
    fn returns. The results, or the database errors, are in the order of i; any other exception is raised."""
    barrier = Barrier(n)

    def run(i: int) -> Result | psycopg.Error:
        try:
            connection = psycopg.connect(dsn)
        except BaseException:
            barrier.abort()
            raise
        with connection:
            barrier.wait(60)
            try:
                result = fn(connection, i)
                connection.commit()
            except psycopg.Error as error:
                connection.rollback()
                return error
        return result

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(run, range(n)))


def results(outcome: list[Result | psycopg.Error]) -> list[Result]:
    """Those that went through."""
    return [one for one in outcome if not isinstance(one, psycopg.Error)]


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
