"""What people see of adopting and releasing."""

from typing import Any, TextIO

from ..output import print_warnings
from .plan import AdoptionPlan, AdoptionResult


def print_adoption_plan(plan: AdoptionPlan, file: TextIO, *, sql: bool = False) -> None:
    """Prints what taking tables over would do, and what stands in the way; sql: the statements instead."""
    if sql:
        between = "-- Now the package makes its functions, views and triggers: see sessionbook export.\n\n"
        parts = plan.statements(0, 1, 2), plan.statements(3, 4, 5)
        print(between.join("".join(f"{one};\n\n" for one in part) for part in parts), end="", file=file)
        return
    print(f"{plan.unit} in schema {plan.schema}, from schema {plan.source}", file=file)
    for kind, title in (("stop", "IN THE WAY"), ("change", "CHANGES"), ("note", "TO KNOW")):
        found = [step for step in plan.steps if step.kind == kind]
        if found:
            print(f"\n{title}", file=file)
        for why, you in dict.fromkeys((step.why, step.you) for step in found):
            for step in found:
                if (step.why, step.you) == (why, you):
                    print(f"- {step.what}", file=file)
            print(f"    Why: {why}\n    You: {you}", file=file)


def print_adopted(result: AdoptionResult) -> None:
    """Prints what was taken over."""
    if result.applied is None:
        print("Nothing was taken over.")
        return
    print_warnings(result.applied.warnings)
    print(f"{result.plan.unit} in schema {result.plan.schema}: taken over from schema {result.plan.source}.")
    print("Have applications connect again: sessions that are open keep their search_path.")


def print_release_plan(found: dict[str, Any], file: TextIO) -> None:
    """Prints what giving tables back does."""
    print(f"From schema {found['schema']} to {found['to']}: {', '.join(found['tables'])}", file=file)
    print("What was added to them goes, and with it what our functions kept there. These tables go:", file=file)
    for name, rows in found["goes"].items():
        print(f"  {name}: {rows} rows", file=file)


def print_released(done: dict[str, Any] | None) -> None:
    """Prints that tables were given back."""
    if done is None:
        print("Nothing was given back.")
        return
    print(f"In schema {done['to']} again: {', '.join(done['tables'])}. Have applications connect again.")
