"""The jobs that sql/jobs/ declares, and what they are called in pg_cron."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import PackageError
from .package import SqlFile, default_root, read_file

PREFIX = "sessionbook"

_LONGEST_NAME = 63
_NAME = re.compile(r"sessionbook:(?P<job>[a-z_]+):.+", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class JobFile(SqlFile):
    """A declared job: its name is the file's, the rest is in the header.

    Attributes:
        job: name without prefix and database, such as tick.
        comment: what it is for.
        schedule: five fields, or `every {setting}`.
        command: SQL with placeholders, one statement.
        at_cron: it runs in pg_cron's own database, and only where that is another one.
    """

    job: str
    comment: str
    schedule: str
    command: str
    at_cron: bool


@dataclass(frozen=True)
class Job:
    """A job as it should be in cron.job."""

    job: str
    name: str
    schedule: str
    command: str
    database: str


def read_jobs(root: Path | None = None) -> list[JobFile]:
    """Reads sql/jobs/.

    Args:
        root: folder of the SQL files; by default the package's own.

    Returns:
        Jobs by name; none where there is no such folder.

    Raises:
        PackageError: a header is missing.
    """
    root = default_root() if root is None else root
    return [_read(root, file) for file in sorted((root / "jobs").glob("*.sql"))]


def _read(root: Path, path: Path) -> JobFile:
    file = read_file(root, path)
    job = path.name.removesuffix(".sql")
    if not re.fullmatch(r"[a-z_]+", job):
        raise PackageError(f"{file.path} is no name of a job")
    said: dict[str, list[str]] = {}
    for key, value in file.headers:
        said.setdefault(key, []).append(value)
    for key in ("schedule", "command"):
        if key not in said:
            raise PackageError(f"{file.path} has no `-- {key}:`")
    comment = [line[3:] for line in file.text.splitlines() if line.startswith("-- ") and not _is_header(line)]
    return JobFile(
        file.path,
        file.text,
        file.sha256,
        job,
        " ".join(comment),
        " ".join(said["schedule"]),
        " ".join(said["command"]),
        said.get("database") == ["cron"],
    )


def _is_header(line: str) -> bool:
    return re.match(r"-- [a-z]+:", line) is not None


def job_name(job: str, database: str) -> str:
    """What a job of a database is called; pg_cron 1.4 cuts names at 63 bytes, so long ones end in a hash.

    Args:
        job: such as tick.
        database: whose job it is.

    Returns:
        Such as sessionbook:tick:shop.
    """
    name = f"{PREFIX}:{job}:{database}"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(database.encode()).hexdigest()[:8]
    kept = name.encode()[: _LONGEST_NAME - len(digest) - 1].decode(errors="ignore")
    return f"{kept}~{digest}"


def is_of(name: str, database: str) -> bool:
    """Whether a name in cron.job is that of a job of this database.

    Args:
        name: as in cron.job.
        database: whose job it would be.
    """
    match = _NAME.fullmatch(name)
    return match is not None and job_name(match["job"], database) == name


def filled(file: JobFile, text: str, values: Mapping[str, str]) -> str:
    """A schedule or command with its placeholders replaced.

    Args:
        file: for messages.
        text: with placeholders such as {home}.
        values: what to put there.

    Raises:
        PackageError: an unknown placeholder.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise PackageError(f"{file.path}: unknown placeholder {match[0]}")
        return values[match[1]]

    return _PLACEHOLDER.sub(value, text)
