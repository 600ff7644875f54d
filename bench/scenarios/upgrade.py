"""A release applied while seats are booked: how long the longest call waits."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from sessionbook.deploy import apply
from sessionbook.package import default_root

from bench.database import Database, Lab
from bench.measure import Comparison, Findings, Options, in_pairs
from bench.pgbench import Sample
from bench.workshops import fill, settle

TITLE = "booking while a release is applied"
ABOUT = """
Eight connections call `enroll()` in 1,000 sessions and pause for 10 ms after each call, while every function, view and
trigger of the schema is replaced; and as long again while nothing is applied. The figure is the longest call of each
turn. A connection's `lock_timeout` is 700 ms, as docs/deploying.md advises: a call that runs into it counts with the
time that it took, and is made again. No call may fail otherwise.
"""
CLIENTS = 8
CEILING_MS = 1000.0


class Release:
    """A copy of the package's SQL, to be changed and applied again and again."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "sql"
        shutil.copytree(default_root(), self.root)

    def apply(self, database: Database) -> None:
        """Applies it with each function, view and trigger changed."""
        for kind in ("functions", "views", "triggers"):
            for file in (self.root / kind).rglob("*.sql"):
                file.write_text(f"{file.read_text()}-- Changed.\n")
        apply(database.dsn, units=["workshop"], roles=False, sql_root=self.root)


def run(lab: Lab, options: Options) -> Findings:
    """Measures the longest call with a release and without one."""
    findings = Findings(("upgrade", "none"))
    with lab.database("upgrade") as database, tempfile.TemporaryDirectory() as folder:
        fill(database, "workshop", workshops=20, sessions=50, seats=1_000_000)
        release = Release(Path(folder))
        took = 0.0

        def upgraded() -> Sample:
            nonlocal took
            began = time.monotonic()
            sample = longest_call(database, lambda: release.apply(database))
            took = time.monotonic() - began
            return sample

        pairs = in_pairs(
            options.pairs,
            upgraded,
            lambda: longest_call(database, lambda: time.sleep(took)),
            lambda: settle(database, "workshop"),
        )
        findings.comparisons.append(Comparison(f"longest call of {CLIENTS} clients", "ms", pairs, None, CEILING_MS))
    return findings


def longest_call(database: Database, meanwhile: Callable[[], None]) -> Sample:
    """Books until something is done, and returns the longest call as the latency."""
    ended = threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(_book, database.dsn, number, ended) for number in range(CLIENTS)]
        try:
            meanwhile()
        finally:
            ended.set()
    calls = [seconds for client in clients for seconds in client.result()]
    return Sample(len(calls), len(calls) / (time.monotonic() - began), max(calls) * 1000)


def _book(dsn: str, number: int, ended: threading.Event) -> list[float]:
    """Seconds that each call took."""
    calls = []
    options = "-c lock_timeout=700ms -c search_path=workshop"
    with psycopg.connect(make_conninfo(dsn, options=options), autocommit=True, prepare_threshold=0) as connection:
        sessions = [row[0] for row in connection.execute("select id from workshop_sessions order by id").fetchall()]
        while not (ended.is_set() and calls):
            session = sessions[(number + CLIENTS * len(calls)) % len(sessions)]
            began = time.monotonic()
            email = f"{number}-{began}@example.org"
            with contextlib.suppress(psycopg.errors.LockNotAvailable):
                connection.execute("select id from enroll(%s, 'Student', %s)", [session, email])
            calls.append(time.monotonic() - began)
            time.sleep(0.01)
    return calls
