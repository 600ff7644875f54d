"""What jobs are called in pg_cron, told by the name of their database alone."""

from __future__ import annotations

import hashlib


def job_name(job: str, database: str) -> str:
    """Such as sessionbook:tick:shop; longer than 63 bytes, it ends in a hash."""
    name = f"sessionbook:{job}:{database}"
    if len(name.encode()) <= 63:
        return name
    return f"sessionbook:{job}:~{hashlib.sha256(database.encode()).hexdigest()[:16]}"


def is_of(name: str, database: str) -> bool:
    """Whether a name is that of a job of this database."""
    return name.startswith("sessionbook:") and job_name(name.split(":")[1], database) == name
