"""Two connections that meet at a lock, one step at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo


class Waiting:
    """A call in a thread of its own, which is known to wait for a lock when the constructor returns."""

    def __init__(self, conn: psycopg.Connection, call: Callable[[psycopg.Connection], Any]) -> None:
        self.value: Any = None
        self.error: psycopg.Error | None = None
        self._thread = threading.Thread(target=self._run, args=(conn, call))
        pid = conn.info.backend_pid
        self._thread.start()
        with psycopg.connect(make_conninfo(conn.info.dsn, password=conn.info.password), autocommit=True) as watch:
            while self._thread.is_alive():
                row = watch.execute("select cardinality(pg_blocking_pids(%s)) > 0", [pid]).fetchone()
                if row == (True,):
                    return
                time.sleep(0.01)
        raise AssertionError(f"did not wait: {self.error or self.value}")

    def _run(self, conn: psycopg.Connection, call: Callable[[psycopg.Connection], Any]) -> None:
        try:
            self.value = call(conn)
            conn.commit()
        except psycopg.Error as error:
            conn.rollback()
            self.error = error

    def result(self) -> Any:
        """What the call returned, now that nobody stands in its way; its error is raised."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error
        return self.value
