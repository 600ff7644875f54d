"""What an adoption would do, and what it did."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ..deploy.results import ApplyResult
from ..errors import DriftError


@dataclass
class Finding:
    """Rows that break a rule.

    Attributes:
        table: theirs.
        rule: name of the constraint, or what is asked for.
        by: id of the migration that makes the rule; None: it is completed.
        rows: how many break it.
        repaired_by: id of the migration that mends these rows, or `adopt`; None: they stop it.
        samples: key and values of a few of them.
    """

    table: str
    rule: str
    by: str | None
    rows: int
    repaired_by: str | None
    samples: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class PathChange:
    """A search_path that gets the new schema.

    Attributes:
        owner: such as `database shop`, `role web in database shop` or `function public.f()`.
        old: as it is.
        new: as it will be.
    """

    owner: str
    old: str
    new: str


@dataclass
class AdoptionPlan:
    """What an adoption would do.

    Attributes:
        unit: unit of the copy.
        source: schema that the tables are in.
        schema: schema that they go to.
        version: id of the last migration whose tables stand there.
        marked: ids entered as applied.
        pending: ids applied afterwards.
        moved: tables.
        created: tables of the baseline that are missing.
        completed: what is added to the tables.
        renamed: constraints and indexes that get our names.
        replaced: what ours takes the place of.
        paths: search_paths that get the new schema.
        members: roles that become members of sessionbook_app.
        guests: roles that get usage of the new schema.
        repaired: rows that are mended on the way.
        broken: rows that keep it from being done.
        blockers: what else does.
        notes: what to know.
        statements: what is sent before the migrations.
    """

    unit: str
    source: str
    schema: str
    version: str
    marked: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    paths: list[PathChange] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    guests: list[str] = field(default_factory=list)
    repaired: list[Finding] = field(default_factory=list)
    broken: list[Finding] = field(default_factory=list)
    blockers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        """Whether nothing stands in the way."""
        return not (self.blockers or self.broken)

    @property
    def exit_code(self) -> int:
        """0, or 4 where something stands in the way."""
        return 0 if self.possible else 4

    def to_json(self) -> dict[str, Any]:
        """The plan as a JSON-ready mapping."""
        return {**asdict(self), "possible": self.possible}


@dataclass
class AdoptionResult:
    """What an adoption did.

    Attributes:
        plan: what it set out to do; its `repaired` says which rows were mended.
        applied: migrations and files applied afterwards; None: it was called off.
    """

    plan: AdoptionPlan
    applied: ApplyResult | None = None

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        applied = self.applied.to_json() if self.applied else None
        return {"adopted": self.applied is not None, "plan": self.plan.to_json(), "applied": applied}


class NotAdoptable(DriftError):
    """The database is not one that can be taken over as it is; nothing was changed.

    Args:
        plan: with everything that stands in the way.
    """

    def __init__(self, plan: AdoptionPlan) -> None:
        super().__init__(
            f"{plan.unit} cannot be adopted from schema {plan.source}",
            detail="\n".join([*plan.blockers, *map(in_words, plan.broken)]),
            hint="Mend these and run it again; nothing was changed.",
        )
        self.plan = plan

    def to_json(self) -> dict[str, Any]:
        """As for every failure, with the plan."""
        return {**super().to_json(), "plan": self.plan.to_json()}


def in_words(finding: Finding) -> str:
    """A finding as lines for people."""
    by = f" of {finding.by}" if finding.by else ""
    samples = [
        "\n    " + ", ".join(f"{name} {'null' if value is None else value}" for name, value in sample.items())
        for sample in finding.samples
    ]
    return f"{finding.table}: {finding.rows} rows break {finding.rule}{by}, such as{''.join(samples)}"
