"""The examples of the reference: one story a unit, whose statements stand beside the functions that they call."""

from __future__ import annotations

import re
from dataclasses import dataclass

from support.sources import ROOT

UNITS = ("workshop", "tutoring", "training")
FOLDER = ROOT / "docs" / "reference" / "examples"
_NOW = re.compile(r"^-- now: (.*)\n", re.MULTILINE)


@dataclass
class Step:
    """Statements between empty lines, and the time that it is from there on; none: as before."""

    text: str
    now: str | None


def story(unit: str) -> list[Step]:
    """The setup, then a statement each."""
    steps = []
    for block in re.split(r"\n\n+", (FOLDER / f"{unit}.sql").read_text()):
        now = _NOW.search(block)
        steps.append(Step(_NOW.sub("", block).strip(), now[1] if now else None))
    return steps


def examples(unit: str) -> dict[str, str]:
    """By function, the statement that shows it."""
    shown: dict[str, str] = {}
    for step in story(unit)[1:] if unit in UNITS else ():
        called = re.search(r"^(?:select .*?\bfrom |select )(\w+)\(", step.text, re.MULTILINE | re.DOTALL)
        if called:
            shown.setdefault(called[1], step.text)
    return shown
