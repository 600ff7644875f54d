"""One run of pgbench."""

from __future__ import annotations

import math
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg import pq

from bench.binaries import find


@dataclass(frozen=True)
class Sample:
    """What one run found."""

    transactions: int
    per_second: float
    latency_ms: float


class Failed(Exception):
    """pgbench did not run the script to its end."""


def run_pgbench(
    dsn: str,
    script: str,
    *,
    search_path: str,
    clients: int,
    seconds: float | None,
    transactions: int | None,
    variables: Mapping[str, int],
) -> Sample:
    """Runs a script with prepared statements.

    Args:
        dsn: libpq connection string.
        script: pgbench script, one transaction.
        search_path: schemas that it sees; what differs between two sides of a comparison.
        clients: connections.
        seconds: how long, rounded up; or
        transactions: how many a client.
        variables: variables of the script.

    Returns:
        Throughput and latency without the time to connect.

    Raises:
        Failed: a statement failed.
    """
    length = ["-T", str(math.ceil(seconds))] if seconds is not None else ["-t", str(transactions)]
    threads = min(clients, os.cpu_count() or 1)
    defined = [part for name, value in variables.items() for part in ("-D", f"{name}={value}")]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command: list[str | Path] = [find("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", str(threads)]
        done = subprocess.run(
            [*command, *length, *defined, "-f", file.name],
            env={**os.environ, **_environment(dsn), "PGOPTIONS": f"-c search_path={search_path}"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0 or re.search(r"failed transactions: [1-9]", done.stdout):
        raise Failed(f"pgbench: {done.stderr}{done.stdout}")
    return Sample(
        int(_figure(r"transactions actually processed: (\d+)", done.stdout)),
        _figure(r"^tps = ([\d.]+) ", done.stdout),
        _figure(r"^latency average = ([\d.]+) ms", done.stdout),
    )


def _environment(dsn: str) -> dict[str, str]:
    """The DSN as libpq's variables, so that a password is not on a command line."""
    options = pq.Conninfo.parse(dsn.encode())
    return {o.envvar.decode(): o.val.decode() for o in options if o.envvar and o.val is not None}


def _figure(pattern: str, output: str) -> float:
    found = re.search(pattern, output, re.MULTILINE)
    if found is None:
        raise Failed(f"pgbench said something else than expected: {output}")
    return float(found[1])
