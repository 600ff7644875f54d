"""The questions that only read: where everything stands, and what apply would do."""

import re
from typing import Unpack

from ..database import Found, connect
from ..package import Package, SqlFile, read_package
from .chosen import Asked, Due, State, make_plans, read_state

# Why a file is applied that did not change itself.
_AGAIN = "again, with the others"


def status(conninfo: str, **asked: Unpack[Asked]) -> Found:
    """Says where every installation stands, made or not. Takes no lock and writes nothing.

    Returns exit_code, the worst of the installations; copies, as Due says; restored, that nobody registered.
    """
    plans, state = _read(conninfo, read_package(asked.get("sql_root")), asked)
    restored = [f"{found} at {newest}" for found, (newest, _) in state.restored.items()]
    worst = max([3 if restored else 0, *(due.exit_code for due in plans)])
    return Found(exit_code=worst, copies=[due.to_json() for due in plans], restored=restored)


def plan(conninfo: str, **asked: Unpack[Asked]) -> Found:
    """Says what apply would run. Takes no lock and writes nothing.

    Returns:
        roles: files that run first.
        copies: installations that have something to do or are not what was applied, with unit, schema, drift,
            unfinished and steps. A step has kind (roles, migration, repeatable, or drop for a file that the package
            has no more), path, sql (as it would be sent), transactional and reason.
    """
    package = read_package(asked.get("sql_root"))
    plans, state = _read(conninfo, package, asked)
    roles = state.roles(asked.get("roles"))
    copies = [
        Found(unit=due.unit, schema=due.schema, drift=due.drift, unfinished=due.unfinished,
              steps=_steps(package, due, roles))
        for due in plans
        if due.exit_code
    ]  # fmt: skip
    return Found(roles=[_step("roles", file, file.text) for file in package.roles if roles and copies], copies=copies)


def exit_code(found: Found) -> int:
    """Of a plan: 6 if a migration did not finish, 4 if a file is not what was applied, else 0."""
    return max((6 if copy.unfinished else 4 if copy.drift else 0 for copy in found.copies), default=0)


def print_plan(found: Found, jobs: Found, *, sql: bool, everything: bool = False) -> None:
    """Prints a line for each change and why.

    found: the plan.
    jobs: in pg_cron.
    sql: everything that would be sent, with the text of the files.
    everything: also files that are applied again only because others changed.
    """
    due = [job for job in jobs.jobs if job.due]
    if not found.copies and not due:
        print("Nothing to do: everything is applied.")
    for step in found.roles if sql or everything else ():
        print(_sql(step, "pg_catalog") if sql else f"roles: {step.path}")
    for copy in found.copies:
        for sentence in copy.drift:
            print(f"drift: {sentence}")
        for identity in copy.unfinished:
            print(f"unfinished: {identity}; see: sessionbook resolve --help")
        for step in copy.steps:
            if sql:
                print(_sql(step, copy.schema))
            elif everything or step.reason != _AGAIN:
                print(f"{copy.schema}: {step.path} ({step.reason}){_locks(step)}")
    for job in due:
        print(f"{'-- ' if sql else ''}job {job.name} {job.due}: {job.schedule}")
    if jobs.note:
        print(f"{'-- ' if sql else ''}jobs: {jobs.note}")


def _locks(step: Found) -> str:
    """The locks that a migration's header names; views and triggers are locked for a moment."""
    found = re.search(r"^-- Locks: *(.*(?:\n--[^\S\n]{2,}.*)*)", step.sql, re.MULTILINE | re.IGNORECASE)
    words = found[1].replace("\n--", " ").split() if found else []
    return f"\n    locks: {' '.join(words)}" if words else ""


def _sql(step: Found, schema: str) -> str:
    alone = "" if step.transactional else ", outside a transaction"
    name = schema if schema.isidentifier() and schema.islower() else '"' + schema.replace('"', '""') + '"'
    return f"-- {step.kind} {step.path}{alone}\nset search_path = {name}, pg_temp;\n{step.sql}"


def _read(conninfo: str, package: Package, asked: Asked) -> tuple[list[Due], State]:
    with connect(conninfo, read_only=True) as connection:
        state = read_state(connection)
        return make_plans(connection, package, state, **asked), state


def _steps(package: Package, due: Due, roles: bool) -> list[Found]:
    unit = package.units[due.unit]
    steps = [
        _step("migration", file, file.effective(roles), due.reasons[file.id]) for file in unit.in_order(due.pending)
    ]
    for file in unit.files_in_order(roles) if due.files_due else ():
        steps.append(_step("repeatable", file, file.effective(roles), due.reasons.get(file.path, _AGAIN)))
    # What else is dropped comes to light on the way.
    return steps + [_step("drop", SqlFile(path, "", ""), _drop(path), due.reasons[path]) for path in due.gone]


def _step(kind: str, file: SqlFile, text: str, reason: str | None = None) -> Found:
    return Found(kind=kind, path=file.path, sql=text, transactional=file.transactional, reason=reason)


def _drop(path: str) -> str:
    kind, _, name = path.removesuffix(".sql").split("/")
    return {"functions": f"drop routine {name};\n", "views": f"drop view {name};\n"}.get(kind, f"-- what {path} made\n")
