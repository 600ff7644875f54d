"""What else the machine does: asked while nothing of the bench runs, so that none of its own work is counted."""

from __future__ import annotations

import os
import time
from pathlib import Path

SECONDS = 2.0
STAT = Path("/proc/stat")


def busy_cores() -> float | None:
    """How many processors others keep busy, looked at for two seconds; None: this system does not say."""
    if not STAT.exists():
        return None
    before = _busy_and_all()
    time.sleep(SECONDS)
    busy, whole = (after - so_far for after, so_far in zip(_busy_and_all(), before, strict=True))
    return (os.cpu_count() or 1) * busy / whole if whole else 0.0


def _busy_and_all() -> tuple[int, int]:
    # user, nice, system, idle, iowait, irq, softirq, steal: waiting for a disk is idle, and steal is others' too.
    figures = [int(figure) for figure in STAT.read_text().split("\n", 1)[0].split()[1:9]]
    return sum(figures) - figures[3] - figures[4], sum(figures)


def said(before: float | None, after: float | None) -> str:
    """In words, for the line below a table."""
    if before is None or after is None:
        return "what others did on the machine is not known"
    return f"others kept {before:.1f} cores busy before it and {after:.1f} after it"
