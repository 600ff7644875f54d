"""What people see of verify, rollback, baseline, adopt, repair and resolve."""

import sys
from typing import TextIO

from .adopting.plan import AdoptionPlan, AdoptionResult, in_words
from .baseline import BaselineResult
from .repair import RepairResult
from .resolve import ResolveResult
from .rolling_back import RollbackPlan, RollbackResult
from .verify import CopyVerdict, VerifyResult


def print_verdicts(result: VerifyResult) -> None:
    """Prints what was found of each copy: sentences on files, objects with their lines, and notes."""
    for copy in result.copies:
        print(f"{_name(copy.unit, copy.schema)}: {_verdict(copy)}")
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


def _verdict(copy: CopyVerdict) -> str:
    if copy.unfinished:
        return f"{copy.version or 'not installed'}, unfinished"
    if copy.version is None:
        return "not installed"
    state = "differs" if copy.files or copy.differences else "pending" if copy.pending else "as applied"
    return f"{copy.version}, {state}"


def _name(unit: str, schema: str) -> str:
    return unit if unit == schema else f"{unit} in {schema}"


def print_rollback_plan(plan: RollbackPlan) -> None:
    """Prints what a rollback would take along, on stderr."""
    lines = [f"{_name(plan.unit, plan.schema)}: to be taken back: {', '.join(plan.migrations)}"]
    if plan.unrehearsed:
        lines.append("  one of them runs outside a transaction, so what goes could not be found by trying")
    lines += [f"  {loss.object} goes, or is renamed: {loss.rows} rows" for loss in plan.losses]
    lines += [
        f"  rows of {one.table}: {one.inserted} inserted, {one.updated} updated, {one.deleted} deleted"
        for one in plan.rewritten
    ]
    if not (plan.losses or plan.rewritten or plan.unrehearsed):
        lines.append("  no table, column or row goes")
    print("\n".join(lines), file=sys.stderr)


def print_rolled_back(result: RollbackResult) -> None:
    """Prints what was taken back."""
    if not result.migrations:
        print("Nothing was taken back.")
        return
    print(f"Taken back: {', '.join(result.migrations)}")
    if result.left_out:
        print(f"Applied again: {len(result.kept)} files. Gone until the next apply:")
        for path in result.left_out:
            print(f"  {path}")


def print_baseline(result: BaselineResult) -> None:
    """Prints what was marked."""
    print(f"{_name(result.unit, result.schema)}: marked as applied: {', '.join(result.migrations)}")


def print_adoption_plan(plan: AdoptionPlan, file: TextIO) -> None:
    """Prints what taking tables over would do, and what stands in the way."""
    lines = [f"{_name(plan.unit, plan.schema)} from schema {plan.source}: as of {plan.version}"]
    for title, items in (
        ("moves", plan.moved),
        ("is made", plan.created),
        ("is added", plan.completed),
        ("is renamed", plan.renamed),
        ("is replaced", plan.replaced),
        ("is marked as applied", plan.marked),
        ("is applied", plan.pending),
        ("search_path", [f"{one.owner}: {one.old} becomes {one.new}" for one in plan.paths]),
        ("gets usage of the schema", plan.guests),
        ("becomes a member of sessionbook_app", plan.members),
        ("is mended", [f"by {found.repaired_by}: {in_words(found)}" for found in plan.repaired]),
        ("note", plan.notes),
        ("IN THE WAY", [*plan.blockers, *map(in_words, plan.broken)]),
    ):
        lines += [f"  {title}: {item}" for item in items]
    print("\n".join(lines), file=file)


def print_adopted(result: AdoptionResult) -> None:
    """Prints what was taken over."""
    if result.applied is None:
        print("Nothing was taken over.")
        return
    for warning in result.applied.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    plan = result.plan
    print(f"{_name(plan.unit, plan.schema)}: taken over from schema {plan.source}: {', '.join(plan.moved)}")
    print(f"marked as applied: {', '.join(plan.marked)}")
    if plan.pending:
        print(f"applied: {', '.join(plan.pending)}")
    for found in plan.repaired:
        print(f"mended by {found.repaired_by}: {found.rows} rows of {found.table} ({found.rule})")
    print("Let applications connect again: sessions that are open keep their search_path.")


def print_repaired(result: RepairResult) -> None:
    """Prints what was accepted, and what comes back with the next apply."""
    for one in result.accepted:
        print(f"accepted {one.path} in schema {one.schema}\n  was {one.old_sha256}\n  is  {one.new_sha256}")
    for path in result.due:
        print(f"to be applied again: {path}")
    if not (result.accepted or result.due):
        print("Nothing to repair.")


def print_resolved(result: ResolveResult) -> None:
    """Prints where the migration stands now."""
    for name in result.dropped:
        print(f"dropped invalid index {name}")
    print(f"{result.migration} in schema {result.schema} is {result.state}.")
