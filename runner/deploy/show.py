"""How the answers about deploying read."""

import re
from typing import TYPE_CHECKING

from .chosen import Installation

if TYPE_CHECKING:
    from .results import JobsStanding, PlanResult, Step
    from .verify import VerifyResult


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
