"""What an apply changed."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ..database import Found


@dataclass
class CopyChange:
    """What an apply changed in one installation, whose newest migration is version, or None.

    migrations: ids applied, in order.
    repeatables: paths applied again, in order; changed: those of them that were new or had changed.
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


@dataclass
class ApplyResult:
    """What an apply changed: installations, jobs in pg_cron, and what was warned of."""

    copies: list[CopyChange] = field(default_factory=list)
    jobs: list[Found] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.copies or self.jobs)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {"changed": self.changed, **asdict(self)}
