"""PostgreSQL's programs on this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any


class Missing(Exception):
    """Something that a run needs is not here; the text says what."""


@cache
def find(program: str) -> Path:
    """A program of PostgreSQL: from pg_config's folder, else Debian's newest, else the path.

    Args:
        program: such as pgbench.

    Returns:
        Where it is.

    Raises:
        Missing: nowhere.
    """
    for folder in _folders():
        if (folder / program).exists():
            return folder / program
    # Last, because Debian's path has wrappers only.
    if found := shutil.which(program):
        return Path(found).resolve()
    raise Missing(
        f"{program} is not installed here (pg_config --bindir, /usr/lib/postgresql and the path were searched)"
    )


def _folders() -> Iterator[Path]:
    if shutil.which("pg_config"):
        # Debian's is a wrapper that prints nothing if only its package is installed.
        asked = subprocess.run(["pg_config", "--bindir"], check=False, capture_output=True, text=True)
        if asked.returncode == 0:
            yield Path(asked.stdout.strip())
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(folders, key=lambda folder: int(folder.parent.name), reverse=True)


def unprivileged() -> dict[str, Any]:
    """Arguments for subprocess that leave root behind: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Missing("running as root, and there is no user postgres or nobody to run the server as")
