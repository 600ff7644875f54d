"""What the library's calls return."""

from dataclasses import asdict, dataclass, field
from typing import Any

# Why a file is applied that did not change itself.
AGAIN = "again, with the others"


class Result:
    """What a call returns: a dataclass."""

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]


@dataclass
class CopyChange(Result):
    """What an apply changed in one installation.

    Attributes:
        unit: unit of the installation.
        schema: its schema.
        version: id of its newest migration, or None.
        migrations: ids applied, in order.
        repeatables: paths applied again, in order.
        changed: those of them that were new or had changed.
        dropped: objects that the package has no more, such as `function f(uuid)`.
        waiting: such objects that stay until every installation that may use them is applied too.
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
    """What was done to a job, by its name in cron.job: created, changed or removed; a paused one stays paused."""

    name: str
    action: str
    schedule: str
    active: bool = True


@dataclass
class JobStanding:
    """A job as it is, or as it would be made; due: what a sync would do to it, or None."""

    name: str
    schedule: str
    active: bool
    due: str | None


@dataclass
class JobsStanding(Result):
    """The jobs of a database; without any, note says why."""

    jobs: list[JobStanding] = field(default_factory=list)
    note: str | None = None


@dataclass
class ApplyResult(Result):
    """What an apply changed: installations, jobs in pg_cron, and what was warned of."""

    copies: list[CopyChange] = field(default_factory=list)
    jobs: list[JobChange] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.copies or self.jobs)

    def to_json(self) -> dict[str, Any]:
        """As for every result, and whether there was anything to do."""
        return {"changed": self.changed, **super().to_json()}


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

    @property
    def changes(self) -> bool:
        """Whether it changed itself, and is not just applied again."""
        return self.reason != AGAIN


@dataclass
class CopySteps:
    """The files that apply would run for one installation, in order."""

    unit: str
    schema: str
    drift: list[str]
    unfinished: list[str]
    steps: list[Step]


@dataclass
class PlanResult(Result):
    """What apply would do: role files, which run first, and installations that have something to do, in order."""

    roles: list[Step]
    copies: list[CopySteps]

    @property
    def exit_code(self) -> int:
        """6 if a migration did not finish, 4 if a file is not what was applied, else 0."""
        return max((6 if copy.unfinished else 4 if copy.drift else 0 for copy in self.copies), default=0)

    def to_json(self, *, sql: bool = False) -> dict[str, Any]:
        """As for every result; with the text of the files if sql is True."""
        found = super().to_json()
        for step in [*found["roles"], *(step for copy in found["copies"] for step in copy["steps"])]:
            if not sql:
                del step["sql"]
        return found
