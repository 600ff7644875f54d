"""What the library's calls return."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class CopyChange:
    """What an apply changed in one copy.

    Attributes:
        unit: unit of the copy.
        schema: its schema.
        version: id of its newest migration, or None.
        migrations: ids applied, in order.
        repeatables: paths applied again, in order.
        changed: those of them that were new or had changed.
        dropped: objects that the package has no more, such as `function f(uuid)`.
        waiting: such objects that stay until every copy that may use them is applied too.
    """

    unit: str
    schema: str
    version: str | None = None
    migrations: list[str] = field(default_factory=list)
    repeatables: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.migrations or self.repeatables or self.dropped or self.waiting)


@dataclass
class JobChange:
    """What was done to a job.

    Attributes:
        name: as in cron.job.
        action: created, changed or removed.
        schedule: its schedule afterwards.
        active: False: an operator has paused it, and it stays so.
    """

    name: str
    action: str
    schedule: str
    active: bool = True


@dataclass
class JobStanding:
    """A job of the database as it is, or as it would be made.

    Attributes:
        name: as in cron.job.
        schedule: as it is; of one that is missing, as declared.
        active: False: an operator has paused it.
        due: what a sync would do: created, changed, removed; None: nothing.
    """

    name: str
    schedule: str
    active: bool
    due: str | None


@dataclass
class JobsStanding:
    """The jobs of a database; without any, note says why."""

    jobs: list[JobStanding] = field(default_factory=list)
    note: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return asdict(self)


@dataclass
class ApplyResult:
    """What an apply changed.

    Attributes:
        copies: those that something changed in.
        warnings: what PostgreSQL warned of on the way, and why no jobs were made.
        jobs: what was done to the jobs in pg_cron.
    """

    copies: list[CopyChange] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    jobs: list[JobChange] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.copies or self.jobs)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {
            "changed": self.changed,
            "copies": [asdict(copy) for copy in self.copies],
            "jobs": [asdict(job) for job in self.jobs],
            "warnings": self.warnings,
        }


@dataclass
class CopyStatus:
    """Where one copy stands.

    Attributes:
        unit: unit of the copy.
        schema: its schema.
        version: id of the newest applied migration; None: not installed.
        pending: ids of migrations to apply.
        changed: repeatables to apply because they are new, changed or due, by path.
        gone: repeatables applied once that the package has no more.
        drift: sentences on applied files that are not what they were.
        unfinished: ids of migrations that died outside a transaction.
    """

    unit: str
    schema: str
    version: str | None
    pending: list[str]
    changed: list[str]
    gone: list[str]
    drift: list[str]
    unfinished: list[str] = field(default_factory=list)

    @property
    def is_due(self) -> bool:
        """Whether an apply would do anything."""
        return bool(self.pending or self.changed or self.gone)


@dataclass
class StatusResult:
    """Where every installation stands.

    Attributes:
        copies: those installed, or to be.
        restored: installations that nobody registered; apply does.
    """

    copies: list[CopyStatus]
    restored: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """6 where a migration did not finish, 4 where a file is not what was applied, 3 where something is pending."""
        if any(copy.unfinished for copy in self.copies):
            return 6
        if any(copy.drift for copy in self.copies):
            return 4
        return 3 if self.restored or any(copy.is_due for copy in self.copies) else 0

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {
            "exit_code": self.exit_code,
            "copies": [asdict(copy) for copy in self.copies],
            "restored": self.restored,
        }


@dataclass
class Step:
    """A file that apply would run.

    Attributes:
        kind: roles, migration, repeatable, or drop for a file that the package has no more.
        path: below the SQL root.
        sql: its text as it would be sent.
        transactional: False: it would run outside a transaction.
        reason: why it would run, such as changed.
    """

    kind: str
    path: str
    sql: str
    transactional: bool = True
    reason: str | None = None


@dataclass
class CopySteps:
    """The files that apply would run for one copy, in order."""

    unit: str
    schema: str
    steps: list[Step]
    drift: list[str]
    unfinished: list[str] = field(default_factory=list)


@dataclass
class PlanResult:
    """What apply would do; copies with nothing to do are left out.

    Attributes:
        copies: in the order of applying.
        roles: files that run first, whenever anything runs.
    """

    copies: list[CopySteps]
    roles: list[Step] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """6 where a migration did not finish, 4 where a file is not what was applied, else 0."""
        if any(copy.unfinished for copy in self.copies):
            return 6
        return 4 if self.drift else 0

    @property
    def drift(self) -> list[str]:
        """What would make apply refuse."""
        return [sentence for copy in self.copies for sentence in copy.drift]

    def to_json(self, *, sql: bool = False) -> dict[str, Any]:
        """The result as a JSON-ready mapping, with the text of the files where sql is True."""
        return {
            "roles": list(_steps(self.roles, sql)),
            "copies": [
                {
                    "unit": copy.unit,
                    "schema": copy.schema,
                    "drift": copy.drift,
                    "unfinished": copy.unfinished,
                    "steps": list(_steps(copy.steps, sql)),
                }
                for copy in self.copies
            ],
        }


def _steps(steps: Iterable[Step], sql: bool) -> Iterable[dict[str, Any]]:
    for step in steps:
        yield {key: value for key, value in asdict(step).items() if sql or key != "sql"}
