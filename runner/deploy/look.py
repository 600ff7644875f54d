"""The questions that only read: where everything stands, and what apply would do."""

import re
from dataclasses import dataclass
from typing import Any, Unpack

from ..database import connect
from ..package import Package, read_package
from .chosen import Asked, Due, State, make_plans, read_state
from .results import AGAIN, CopySteps, JobsStanding, PlanResult, Step


@dataclass
class StatusResult:
    """Where every installation stands; restored: those that nobody registered, which apply does."""

    copies: list[Due]
    restored: list[str]

    @property
    def exit_code(self) -> int:
        """The worst of the installations."""
        return max([3 if self.restored else 0, *(copy.exit_code for copy in self.copies)])

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        copies = [copy.to_json() for copy in self.copies]
        return {"exit_code": self.exit_code, "copies": copies, "restored": self.restored}


def status(conninfo: str, **asked: Unpack[Asked]) -> StatusResult:
    """Says where every installation stands, made or not. Takes no lock and writes nothing."""
    plans, state = _read(conninfo, read_package(asked.get("sql_root")), asked)
    return StatusResult(plans, [f"{found} at {newest}" for found, (newest, _) in state.restored.items()])


def plan(conninfo: str, **asked: Unpack[Asked]) -> PlanResult:
    """Says what apply would run, for each installation that has any or is not what was applied.

    Takes no lock and writes nothing.
    """
    package = read_package(asked.get("sql_root"))
    plans, state = _read(conninfo, package, asked)
    roles = state.roles(asked.get("roles"))
    copies = [
        CopySteps(due.unit, due.schema, due.drift, due.unfinished, _steps(package, due, roles))
        for due in plans
        if due.exit_code
    ]
    first = [Step("roles", file.path, file.text) for file in package.roles] if roles and copies else []
    return PlanResult(first, copies)


def print_plan(result: PlanResult, jobs: JobsStanding, *, sql: bool, everything: bool = False) -> None:
    """Prints a line for each change and why.

    Args:
        result: the plan.
        jobs: in pg_cron.
        sql: everything that would be sent, with the text of the files.
        everything: also files that are applied again only because others changed.
    """
    due = [job for job in jobs.jobs if job.due]
    if not result.copies and not due:
        print("Nothing to do: everything is applied.")
    for step in result.roles if sql or everything else ():
        print(_sql(step, "pg_catalog") if sql else f"roles: {step.path}")
    for copy in result.copies:
        for sentence in copy.drift:
            print(f"drift: {sentence}")
        for identity in copy.unfinished:
            print(f"unfinished: {identity}; see: sessionbook resolve --help")
        for step in copy.steps:
            if sql:
                print(_sql(step, copy.schema))
            elif everything or step.changes:
                print(f"{copy.schema}: {step.path} ({step.reason}){_locks(step)}")
    for job in due:
        print(f"{'-- ' if sql else ''}job {job.name} {job.due}: {job.schedule}")
    if jobs.note:
        print(f"{'-- ' if sql else ''}jobs: {jobs.note}")


def _locks(step: Step) -> str:
    """The locks that a migration's header names; views and triggers are locked for a moment."""
    found = re.search(r"^-- Locks: *(.*(?:\n--[^\S\n]{2,}.*)*)", step.sql, re.MULTILINE | re.IGNORECASE)
    words = found[1].replace("\n--", " ").split() if found else []
    return f"\n    locks: {' '.join(words)}" if words else ""


def _sql(step: Step, schema: str) -> str:
    alone = "" if step.transactional else ", outside a transaction"
    name = schema if schema.isidentifier() and schema.islower() else '"' + schema.replace('"', '""') + '"'
    return f"-- {step.kind} {step.path}{alone}\nset search_path = {name}, pg_temp;\n{step.sql}"


def _read(conninfo: str, package: Package, asked: Asked) -> tuple[list[Due], State]:
    with connect(conninfo, read_only=True) as connection:
        state = read_state(connection)
        return make_plans(connection, package, state, **asked), state


def _steps(package: Package, due: Due, roles: bool) -> list[Step]:
    unit = package.units[due.unit]
    steps = [
        Step("migration", m.path, m.effective(roles), m.transactional, due.reasons[m.id])
        for m in (unit.migrations_in_order() if due.pending else ())
        if m.id in due.pending
    ]
    if due.files_due:
        steps += [
            Step("repeatable", file.path, file.effective(roles), reason=due.reasons.get(file.path, AGAIN))
            for file in unit.files_in_order(roles)
        ]
    # What else is dropped comes to light on the way.
    return steps + [Step("drop", path, _drop(path), reason=due.reasons[path]) for path in due.gone]


def _drop(path: str) -> str:
    kind, _, name = path.removesuffix(".sql").split("/")
    return {"functions": f"drop routine {name};\n", "views": f"drop view {name};\n"}.get(kind, f"-- what {path} made\n")
