"""Where throwaway clusters live."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A folder for one cluster, gone afterwards; in memory, where cloning a database costs a thirtieth of what it does
    on a disk, and on disk where memory is short."""
    # /tmp, not $TMPDIR: the path of a socket may be 107 bytes long.
    place = MEMORY if _has_room(MEMORY) else Path("/tmp")
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place) as folder:
        yield Path(folder)


def _has_room(place: Path) -> bool:
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK) and shutil.disk_usage(place).free > ROOM
