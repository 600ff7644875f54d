"""How the answers about deploying read."""

import re
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..output import print_rows, print_warnings
from .chosen import Installation

if TYPE_CHECKING:
    from .chosen import Due
    from .look import StatusResult
    from .results import (
        ApplyResult,
        BaselineResult,
        CopySteps,
        JobsStanding,
        PlanResult,
        RepairResult,
        ResolveResult,
        Step,
    )
    from .rollback import RollbackPlan, RollbackResult
    from .verify import VerifyResult


def print_applied(result: "ApplyResult") -> None:
    """Prints what an apply changed, a row an installation, and the server's warnings on stderr."""
    print_warnings(result.warnings)
    if not result.changed:
        print("Nothing to do: everything is applied.")
    if result.jobs:
        print_rows([asdict(job) for job in result.jobs])
    if result.copies:
        print_rows([
            {
                "unit": copy.unit,
                "schema": copy.schema,
                "version": copy.version,
                "migrations": copy.migrations,
                "files again": len(copy.repeatables),
                "changed": len(copy.changed),
                "dropped": [*copy.dropped, *(f"{identity} (later)" for identity in copy.waiting)],
            }
            for copy in result.copies
        ])  # fmt: skip


def print_status(result: "StatusResult", jobs: "JobsStanding") -> None:
    """Prints where every installation stands, a row each, what drifted, and the jobs."""
    print_rows([
        {
            "unit": copy.unit,
            "schema": copy.schema,
            "version": copy.version or "not installed",
            "pending migrations": copy.pending,
            "changed files": len(copy.changed) + len(copy.gone),
            "state": {6: "unfinished", 4: "drift", 3: "pending", 0: "up to date"}[copy.exit_code],
        }
        for copy in result.copies
    ])  # fmt: skip
    for restored in result.restored:
        print(f"restored: {restored}; sessionbook apply registers it")
    for copy in result.copies:
        _print_trouble(copy)
    if jobs.jobs:
        print_rows([asdict(job) for job in jobs.jobs])
    elif jobs.note:
        print(f"jobs: {jobs.note}")


def _print_trouble(copy: "Due | CopySteps") -> None:
    for sentence in copy.drift:
        print(f"drift: {sentence}")
    for identity in copy.unfinished:
        print(f"unfinished: {identity}; see: sessionbook resolve --help")


def print_plan(result: "PlanResult", jobs: "JobsStanding", *, sql: bool, everything: bool = False) -> None:
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
        _print_trouble(copy)
        for step in copy.steps:
            if sql:
                print(_sql(step, copy.schema))
            elif everything or step.changes:
                print(f"{copy.schema}: {step.path} ({step.reason}){_locks(step)}")
    for job in due:
        print(f"{'-- ' if sql else ''}job {job.name} {job.due}: {job.schedule}")
    if jobs.note:
        print(f"{'-- ' if sql else ''}jobs: {jobs.note}")


def _locks(step: "Step") -> str:
    """The locks that a migration's header names; views and triggers are locked for a moment."""
    found = re.search(r"^-- Locks: *(.*(?:\n--[^\S\n]{2,}.*)*)", step.sql, re.MULTILINE | re.IGNORECASE)
    words = found[1].replace("\n--", " ").split() if found else []
    return f"\n    locks: {' '.join(words)}" if words else ""


def _sql(step: "Step", schema: str) -> str:
    alone = "" if step.transactional else ", outside a transaction"
    name = schema if schema.isidentifier() and schema.islower() else '"' + schema.replace('"', '""') + '"'
    return f"-- {step.kind} {step.path}{alone}\nset search_path = {name}, pg_temp;\n{step.sql}"


def print_verdicts(result: "VerifyResult") -> None:
    """Prints what was found of each copy: sentences on files, objects with their lines, and notes."""
    for copy in result.copies:
        state = {6: "unfinished", 4: "differs", 3: "pending", 0: "as applied"}[copy.exit_code]
        if copy.version or copy.unfinished:
            state = f"{copy.version or 'not installed'}, {state}"
        print(
            f"{Installation(copy.unit, copy.schema)}: {state if copy.version or copy.unfinished else 'not installed'}"
        )
        for identity in copy.unfinished:
            print(f"  unfinished: {identity}")
        for sentence in copy.files:
            print(f"  file: {sentence}")
        for found in copy.differences:
            print(f"  {found.kind}: {found.object}")
            for line in found.text.splitlines():
                print(f"    {line}")
        for note in copy.notes:
            print(f"  note: {note}")
    if any(found.kind != "added" for copy in result.copies for found in copy.differences):
        print(
            "hint: sessionbook repair, then apply, makes functions, views, triggers and grants again;"
            " tables are yours to bring back in line."
        )


def print_rollback_plan(plan: "RollbackPlan") -> None:
    """Prints what a rollback would take along, on stderr."""
    lines = [f"{Installation(plan.unit, plan.schema)}: to be taken back: {', '.join(plan.migrations)}"]
    lines += [f"  {loss.object} goes, or is renamed: {loss.rows} rows" for loss in plan.losses]
    lines += [
        f"  rows of {one.table}: {one.inserted} inserted, {one.updated} updated, {one.deleted} deleted"
        for one in plan.rewritten
    ]
    if not (plan.losses or plan.rewritten):
        lines.append("  no table, column or row goes")
    print("\n".join(lines), file=sys.stderr)


def print_rolled_back(result: "RollbackResult") -> None:
    """Prints what was taken back."""
    if not result.migrations:
        print("Nothing was taken back.")
        return
    print(f"Taken back: {', '.join(result.migrations)}")
    if result.left_out:
        print(f"Applied again: {len(result.kept)} files. Gone until the next apply:")
        for path in result.left_out:
            print(f"  {path}")


def print_baseline(result: "BaselineResult") -> None:
    """Prints what was marked."""
    print(f"{Installation(result.unit, result.schema)}: marked as applied: {', '.join(result.migrations)}")


def print_repaired(result: "RepairResult") -> None:
    """Prints what was accepted, and what comes back with the next apply."""
    for path in result.due:
        print(f"to be applied again: {path}")
    if not result.due:
        print("Nothing to repair: what differs, if anything does, is in tables, which are yours to bring back in line.")


def print_resolved(result: "ResolveResult") -> None:
    """Prints where the migration stands now."""
    for name in result.dropped:
        print(f"dropped invalid index {name}")
    print(f"{result.migration} in schema {result.schema} is {result.state}.")
