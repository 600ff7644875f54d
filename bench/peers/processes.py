"""Client processes that begin together: each says that it is ready, waits for a line, works, and prints how much."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bench.pgbench import Failed, Sample


def at_once(command: Sequence[str | Path], clients: int, dsn: str) -> Sample:
    """Runs the command in so many processes.

    Args:
        command: gets its number, from 0 on, as last argument, and the database in DSN.
        clients: how many.
        dsn: libpq connection string.

    Returns:
        What all have done, a second, from the first line to the last process; latency is a client's.

    Raises:
        Failed: a process ended with an error, also before it was ready.
    """
    processes = [
        subprocess.Popen(
            [*command, str(number)],
            env={**os.environ, "DSN": dsn},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(clients)
    ]
    for process in processes:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise _failed(command, process.communicate()[1])
    began = time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    done = 0
    for process in processes:
        said, errors = process.communicate()
        if process.returncode != 0:
            raise _failed(command, errors)
        done += int(said)
    seconds = time.perf_counter() - began
    return Sample(done, done / seconds, 1000 * clients * seconds / max(done, 1))


def _failed(command: Sequence[str | Path], errors: str) -> Failed:
    return Failed(f"{' '.join(map(str, command))}: {errors[-2000:]}")
