"""What an adoption would do, and what it did."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

import psycopg

from ..database import Connection, Found, rows
from ..deploy.results import ApplyResult
from ..errors import DriftError
from ..output import print_warnings
from ..package import Package

_HEAD = re.compile(r"^-- (\w+)(?: (\d|{phase}))?(?:: (.*))?$", re.MULTILINE)
_NAMES = """
select quote_ident(q.source) as source, quote_ident(q.target) as target, quote_ident(q.writer) as writer,
    q.zone, quote_literal(q.zone) as literal, q.timezone
from adopt_asked as q
"""


@dataclass(frozen=True)
class Step:
    """One line of a plan: what changes or was found, why that has to be, and what is for people to do.

    kind: change, note, stop (it is in the way), or sql (statements that need no line).
    phase: when it is done; see sql/adopt/rules.sql.
    do, undo: statements, and what takes them back.
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
    """What an adoption would do: the unit that the tables are of, their schema now and then, and steps in order."""

    unit: str
    source: str
    schema: str
    steps: list[Step] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        """Whether nothing stands in the way."""
        return all(step.kind != "stop" for step in self.steps)

    def statements(self, *phases: int) -> list[str]:
        """What is sent in some phases, or all of them."""
        return [step.do for step in self.steps if step.do and (step.phase in phases or not phases)]

    def undo(self) -> list[str]:
        """What takes it back, in order."""
        return [step.undo for step in reversed(self.steps) if step.undo]

    def to_json(self) -> dict[str, Any]:
        """The plan as a JSON-ready mapping."""
        return {**asdict(self), "possible": self.possible}

    def show(self, file: TextIO, *, sql: bool = False) -> None:
        """Prints what taking tables over would do, and what stands in the way; sql: the statements instead."""
        if sql:
            between = "-- Now the package makes its functions, views and triggers: see sessionbook export.\n\n"
            parts = self.statements(0, 1, 2), self.statements(3, 4)
            print(between.join("".join(f"{one};\n\n" for one in part) for part in parts), end="", file=file)
            return
        print(f"{self.unit} in schema {self.schema}, from schema {self.source}", file=file)
        for kind, title in (("stop", "IN THE WAY"), ("change", "CHANGES"), ("note", "TO KNOW")):
            reasons: dict[str, list[str]] = {}
            for step in self.steps:
                if step.kind == kind:
                    reasons.setdefault(f"    Why: {step.why}\n    You: {step.you}", []).append(f"- {step.what}")
            if reasons:
                print(f"\n{title}", file=file)
            for reason, whats in reasons.items():
                print(*whats, reason, sep="\n", file=file)


@dataclass
class AdoptionResult:
    """What an adoption did: its plan, and what the package made; None: nobody agreed to the plan."""

    plan: AdoptionPlan
    applied: ApplyResult | None = None

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {"plan": self.plan.to_json(), "applied": self.applied.to_json() if self.applied else None}

    def show(self) -> None:
        """Prints what was taken over."""
        if self.applied is None:
            print("Nothing was taken over.")
            return
        print_warnings(self.applied.warnings)
        print(f"{self.plan.unit} in schema {self.plan.schema}: taken over from schema {self.plan.source}.")
        print("Have applications connect again: sessions that are open keep their search_path.")


class NotAdoptable(DriftError):
    """Something stands in the way; the plans say all of it."""

    def __init__(self, *plans: AdoptionPlan) -> None:
        lines = [f"{step.what}: {step.why} {step.you}" for plan in plans for step in plan.steps if step.kind == "stop"]
        units = " and ".join(plan.unit for plan in plans)
        super().__init__(
            f"{units} cannot be taken over from schema {plans[0].source}: {len(lines)} in the way",
            detail="\n".join(lines),
            hint="Nothing was changed. All of it is named above.",
        )
        self.plan = plans[0]


def find_steps(connection: Connection, package: Package, rules: str) -> list[Step]:
    """What files of rules say of the tables that sql/adopt/shape.sql looked at, in the order of phases."""
    names = rows(connection, _NAMES)[0]
    texts = re.split(r"\n\n(?=-- (?:stop|change|note|sql)\b)", rules.replace("\n--   ", " "))[1:]
    steps = [step for text in texts for step in _steps(connection, package, text, names)]
    return sorted(steps, key=lambda step: step.phase)


def _steps(connection: Connection, package: Package, rule: str, names: Found) -> Iterator[Step]:
    found = _HEAD.findall(rule)
    kind, phase, what = found[0]
    head = {"why": "", "you": "Nothing.", "do": "", "undo": "", **{key: text for key, _, text in found}}
    migration, _, word = head.get("migration", "").partition(" ")
    text = package.migration(migration)[1].text if migration else ""
    again = [one for one in re.findall(r"(?ms)^(?:with|update|insert)\b.*?(?=;$)", text) if word in one]
    said = phase or "2", what, head["why"], head["you"], head["do"], head["undo"]
    parts = [re.split(r"\[(.*?)\]", text) for text in said]
    # Rows that differ only in what stands in brackets are one case.
    cases: dict[object, list[dict[str, Any]]] = {}
    for row in _rows(connection, re.sub(r"(?m)^--.*$", "", rule), names["source"]):
        values = {**names, **{key: "" if value is None else value for key, value in row.items()}}
        cases.setdefault(tuple(part.format_map(values) for text in parts for part in text[::2]), []).append(values)
    for several in cases.values():
        phase, what, why, you, do, undo = (_filled(text, several) for text in parts)
        yield Step(kind, what, why, you, int(phase), ";\n".join(filter(None, [do, *again])), undo)


def _filled(parts: list[str], several: list[dict[str, Any]]) -> str:
    """A text with its list: of statements if they end in a semicolon."""
    return "".join(
        ("; " if part.endswith(";") else ", ").join(part.removesuffix(";").format_map(values) for values in several)
        if place % 2
        else part.format_map(several[0])
        for place, part in enumerate(parts)
    )


def _rows(connection: Connection, query: str, source: str) -> list[Found]:
    """The cases of a rule in order; none if tables of the application do not have what it asks for."""
    try:
        with connection.transaction():
            found = rows(connection, query.replace("theirs.", f"{source}."))
    except psycopg.ProgrammingError:
        if "theirs." in query:
            return []
        raise
    return sorted(found, key=lambda row: [(value is not None, value) for value in row.values()])
