"""The server that is measured: the one given, else a throwaway one whose commits are durable."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from bench.binaries import Missing, find, unprivileged

# Durable, as in production. No checkpoint and no autovacuum of its own accord: either would fall into the window of one
# side only. The harness vacuums both sides before every pair instead.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "3GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "timezone": "UTC",
    "listen_addresses": "",
}


@contextmanager
def chosen_server() -> Iterator[str]:
    """DSN of the server: SESSIONBOOK_BENCH_DSN, else of one that lives as long as the context."""
    if given := os.environ.get("SESSIONBOOK_BENCH_DSN"):
        yield given
    else:
        with throwaway_server() as dsn:
            yield dsn


@contextmanager
def throwaway_server() -> Iterator[str]:
    """Makes a cluster from installed binaries, runs it on a socket, and takes it away."""
    identity = unprivileged()
    # /tmp, not $TMPDIR: the path of a socket may be 107 bytes long.
    folder = Path(tempfile.mkdtemp(prefix="sessionbook-bench-", dir="/tmp"))
    process: subprocess.Popen[bytes] | None = None
    try:
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        common: dict[str, Any] = {"cwd": folder, **identity}
        initdb: list[str | Path] = [
            find("initdb"),
            f"--pgdata={folder}/data",
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
        ]
        made = subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C.UTF-8"], capture_output=True, text=True, check=False, **common
        )
        if made.returncode != 0:
            raise Missing(f"initdb failed: {made.stderr}")
        settings = {**SETTINGS, "unix_socket_directories": str(folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [find("postgres"), "-D", folder / "data", *options], stdout=output, stderr=output, **common
            )
        dsn = make_conninfo(host=str(folder), user="postgres", dbname="postgres")
        _wait_until_ready(dsn, process, log)
        yield dsn
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(60)
        shutil.rmtree(folder)


def _wait_until_ready(dsn: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise Missing(f"the server ended at once: {log.read_text(errors='replace')[-2000:]}")
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise Missing("the server did not answer within 30 seconds")
