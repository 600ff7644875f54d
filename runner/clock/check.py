"""Whether the jobs in pg_cron are there and run."""

import json
from importlib.resources import files

from ..database import Found, connect, one, rows
from ..errors import CronError
from .home import allowed, at_cron, cron_home, own_rows, refuse_unapplied


def check(conninfo: str, *, cron_database: str | None = None) -> Found:
    """Looks whether the jobs of a database are there and run; cron_database as for sync(). Changes nothing.

    Returns:
        exit_code: 1 if something is broken, 3 if a sync has something to do, else 0.
        findings: level (error, pending if a sync mends it, or warning), key (stable name), message, hint.
        jobs: this database's jobs as pg_cron has them, with their last runs.

    Raises:
        UsageError: lifecycle is not applied.
    """
    jobs: list[Found] = []
    with connect(conninfo, read_only=True) as connection:
        refuse_unapplied(connection)
        home = cron_home(connection, cron_database)
        try:
            with at_cron(connection, conninfo, home, read_only=True) as (there, wanted), allowed(there, home):
                ours = [row.name for row in own_rows(connection, there, wanted)]
                jobs = rows(there, _sql("runs"), [ours])
                asked = {
                    "wanted": json.dumps(wanted),
                    "ours": ours,
                    "kept": one(connection, "select value from lifecycle.settings where key = 'keep_run_details'"),
                    "database": one(connection, "select current_database()"),
                }
                findings = rows(there, _sql("check"), asked)
        except CronError as error:
            findings = [Found(level="error", key=error.key, message=error.message, hint=error.hint or "")]
    levels = {finding.level for finding in findings}
    exit_code = 1 if "error" in levels else 3 if "pending" in levels else 0
    return Found(exit_code=exit_code, findings=findings, jobs=jobs)


def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
