"""What an adoption would do, and what it did."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ..database import Connection
from ..deploy.results import ApplyResult
from ..errors import DriftError
from ..package import Package


@dataclass(frozen=True)
class Step:
    """One line of a plan, or a statement that needs none.

    Attributes:
        kind: change, note or stop; stop is in the way. sql: nothing to tell.
        what: what changes, or was found.
        why: why that has to be.
        you: what is for people to do.
        phase: when it is done; see sql/adopt/rules.sql.
        do: statements.
        undo: what takes them back.
    """

    kind: str
    what: str
    why: str
    you: str
    phase: int
    do: str
    undo: str


@dataclass
class AdoptionPlan:
    """What an adoption would do.

    Attributes:
        unit: what the tables are of.
        source: schema that they are in.
        schema: schema that they go to.
        steps: in the order in which they are done.
    """

    unit: str
    source: str
    schema: str
    steps: list[Step] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        """Whether nothing stands in the way."""
        return all(step.kind != "stop" for step in self.steps)

    @property
    def exit_code(self) -> int:
        """0, or 4 if something stands in the way."""
        return 0 if self.possible else 4

    def statements(self, *phases: int) -> list[str]:
        """What is sent in some phases, or all of them."""
        steps = sorted(self.steps, key=lambda step: step.phase)
        return [step.do for step in steps if step.do and step.phase in (phases or range(6))]

    def undo(self) -> dict[int, list[str]]:
        """What takes it back, by phase, in order."""
        found: dict[int, list[str]] = {}
        for step in reversed(self.steps):
            if step.undo:
                found.setdefault(step.phase, []).append(step.undo)
        return found

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


def find_steps(connection: Connection, package: Package, rules: str, names: Mapping[str, str]) -> Iterator[Step]:
    """What a file of rules says of the tables that sql/adopt/shape.sql looked at; names: of both schemas and so on."""
    for rule in re.split(r"\n\n(?=-- (?:stop|change|note|sql)\b)", rules.replace("\n--   ", " "))[1:]:
        head = dict(re.findall(r"^-- (\w+):? ?(.*)$", rule, re.MULTILINE))
        kind = next(iter(head))
        migration, _, word = head.get("migration", "").partition(" ")
        text = package.migration(migration)[1].text if migration else ""
        again = [one for one in re.findall(r"(?ms)^(?:with|update|insert)\b.*?(?=;$)", text) if word in one]
        said = {key: re.split(r"\[(.*?)\]", head.get(key, "")) for key in (kind, "why", "you", "phase", "do", "undo")}
        # Cases that are told in one line differ in what stands in brackets only.
        cases: dict[object, list[dict[str, Any]]] = {}
        for row in _rows(connection, re.sub(r"(?m)^--.*$", "", rule), names["source"]):
            values = {**names, **{key: "" if value is None else value for key, value in row.items()}}
            told = said[kind] if head[kind] else said["do"]
            key = "".join(part.format_map(values) for part in told[::2]) if told[1:] else len(cases)
            cases.setdefault(key, []).append(values)
        for rows in cases.values():
            what, why, you, phase, do, undo = (
                "".join(
                    ", ".join(part.format_map(row) for row in rows) if place % 2 else part.format_map(rows[0])
                    for place, part in enumerate(parts)
                )
                for parts in said.values()
            )
            yield Step(kind, what, why, you, int(phase or 1), ";\n".join(filter(None, [do, *again])), undo)


def _rows(connection: Connection, query: str, source: str) -> list[dict[str, Any]]:
    """The cases of a rule; none if tables of the application do not have what it asks for."""
    try:
        with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.replace("theirs.", f"{source}.").encode()).fetchall()
    except psycopg.ProgrammingError:
        if "theirs." in query:
            return []
        raise
