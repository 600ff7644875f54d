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
    """

    unit: str
    schema: str
    version: str | None
    pending: list[str]
    changed: list[str]
    gone: list[str]
    drift: list[str]

    @property
    def is_due(self) -> bool:
        """Whether an apply would do anything."""
        return bool(self.pending or self.changed or self.gone)


@dataclass
class StatusResult:
    """Where every copy stands."""

    copies: list[CopyStatus]

    @property
    def exit_code(self) -> int:
        """4 where an applied file is not what it was, 3 where something is pending, else 0."""
        if any(copy.drift for copy in self.copies):
            return 4
        return 3 if any(copy.is_due for copy in self.copies) else 0

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {"exit_code": self.exit_code, "copies": [asdict(copy) for copy in self.copies]}


@dataclass
class Step:
    """A file that apply would run.

    Attributes:
        kind: migration or repeatable.
        path: below the SQL root.
        sql: its text as it would be sent.
    """

    kind: str
    path: str
    sql: str


@dataclass
class CopySteps:
    """The files that apply would run for one copy, in order."""

    unit: str
    schema: str
    steps: list[Step]
    drift: list[str]


@dataclass
class PlanResult:
    """What apply would do; copies with nothing to do are left out."""

    copies: list[CopySteps]

    @property
    def drift(self) -> list[str]:
        """What would make apply refuse."""
        return [sentence for copy in self.copies for sentence in copy.drift]

    def to_json(self, *, sql: bool = False) -> dict[str, Any]:
        """The result as a JSON-ready mapping, with the text of the files where sql is True."""
        return {
            "copies": [
                {
                    "unit": copy.unit,
                    "schema": copy.schema,
                    "drift": copy.drift,
                    "steps": list(_steps(copy.steps, sql)),
                }
                for copy in self.copies
            ]
        }


def _steps(steps: Iterable[Step], sql: bool) -> Iterable[dict[str, str]]:
    for step in steps:
        yield asdict(step) if sql else {"kind": step.kind, "path": step.path}
