"""Whether the jobs in pg_cron are there and run."""

import json
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from psycopg.rows import class_row

from ..database import connect, one
from ..deploy.results import Result
from ..errors import CronError
from .home import allowed, at_cron, cron_home, own_rows, refuse_unapplied


@dataclass
class Finding:
    """Something that a check found: error, pending (a sync mends it) or warning; key: stable name of the fact."""

    level: str
    key: str
    message: str
    hint: str


@dataclass
class JobState:
    """One of this database's jobs as pg_cron has it."""

    name: str
    schedule: str
    owner: str
    active: bool
    last_status: str | None
    last_message: str | None
    last_start: Any


@dataclass
class CheckResult(Result):
    """What a check found; nothing at all is good news."""

    findings: list[Finding] = field(default_factory=list)
    jobs: list[JobState] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """1 if something is broken, 3 if a sync has something to do, else 0."""
        levels = {finding.level for finding in self.findings}
        return 1 if "error" in levels else 3 if "pending" in levels else 0

    def to_json(self) -> dict[str, Any]:
        """As for every result, with the exit code."""
        return {"exit_code": self.exit_code, **super().to_json()}


def check(conninfo: str, *, cron_database: str | None = None) -> CheckResult:
    """Looks whether the jobs of a database are there and run; cron_database as for sync(). Changes nothing.

    Raises:
        UsageError: lifecycle is not applied.
    """
    result = CheckResult()
    with connect(conninfo, read_only=True) as connection:
        refuse_unapplied(connection)
        home = cron_home(connection, cron_database)
        try:
            with at_cron(connection, conninfo, home, read_only=True) as cron, allowed(cron.there, home):
                ours = [row.name for row in own_rows(cron)]
                with cron.there.cursor(row_factory=class_row(JobState)) as cursor:
                    result.jobs = cursor.execute(_sql("runs"), [ours]).fetchall()
                asked = {
                    "wanted": json.dumps([job._asdict() for job in cron.wanted]),
                    "ours": ours,
                    "kept": one(connection, "select value from lifecycle.settings where key = 'keep_run_details'"),
                    "database": one(connection, "select current_database()"),
                }
                with cron.there.cursor(row_factory=class_row(Finding)) as cursor:
                    result.findings = cursor.execute(_sql("check"), asked).fetchall()
        except CronError as error:
            result.findings.append(Finding("error", error.key, error.message, error.hint or ""))
    return result


def _sql(name: str) -> bytes:
    return files(__package__).joinpath(f"{name}.sql").read_bytes()
