"""What an adoption would do, and what it did."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ..deploy.results import ApplyResult
from ..errors import DriftError


@dataclass(frozen=True)
class Step:
    """One line of a plan.

    Attributes:
        kind: change, note or stop; stop is in the way.
        what: what changes, or was found.
        why: why that has to be.
        you: what is for people to do.
    """

    kind: str
    what: str
    why: str
    you: str


@dataclass
class AdoptionPlan:
    """What an adoption would do.

    Attributes:
        unit: what the tables are of.
        source: schema that they are in.
        schema: schema that they go to.
        steps: for people.
        statements: what is sent, before and after the package makes its functions, views and triggers.
    """

    unit: str
    source: str
    schema: str
    steps: list[Step] = field(default_factory=list)
    statements: list[list[str]] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        """Whether nothing stands in the way."""
        return all(step.kind != "stop" for step in self.steps)

    @property
    def exit_code(self) -> int:
        """0, or 4 if something stands in the way."""
        return 0 if self.possible else 4

    def to_json(self) -> dict[str, Any]:
        """The plan as a JSON-ready mapping."""
        return {**asdict(self), "possible": self.possible}


@dataclass
class AdoptionResult:
    """What an adoption did.

    Attributes:
        plan: what it set out to do.
        applied: what the package made; None: nobody agreed to the plan.
    """

    plan: AdoptionPlan
    applied: ApplyResult | None = None

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {"plan": self.plan.to_json(), "applied": self.applied.to_json() if self.applied else None}


class NotAdoptable(DriftError):
    """Something stands in the way.

    Args:
        plans: with all of it.
    """

    def __init__(self, *plans: AdoptionPlan) -> None:
        lines = [f"{step.what}: {step.why} {step.you}" for plan in plans for step in plan.steps if step.kind == "stop"]
        units = " and ".join(plan.unit for plan in plans)
        super().__init__(
            f"{units} cannot be taken over from schema {plans[0].source}: {len(lines)} in the way",
            detail="\n".join(lines),
            hint="Nothing was changed. All of it is named above.",
        )
        self.plan = plans[0]
