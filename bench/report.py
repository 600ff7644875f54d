"""RESULTS.md: one section a scenario; sections of scenarios that were not run stay as they are."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from bench.chart import draw
from bench.conclusions import conclude
from bench.measure import Comparison, Findings

SHOWN = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
    "autovacuum",
)

INTRODUCTION = """\
# What the package costs

Written by `make bench`; not edited by hand. Every ratio is the median of pairs measured in turn (A B A B) in one run,
with the smallest and the largest in brackets. Ratios carry over to other machines, absolute figures do not. Clients
are pgbench's, with prepared statements, on the same machine as the server.
"""


def facts(dsn: str) -> str:
    """The machine and the server, in a line."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        settings = [
            f"{name} {connection.execute('select current_setting(%s)', [name]).fetchone()[0]}"  # type: ignore[index]
            for name in SHOWN
        ]
        version = connection.info.parameter_status("server_version")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"PostgreSQL {version}; {os.cpu_count()} cores, {memory:.0f} GB; {', '.join(settings)}"


def section(name: str, title: str, about: str, command: str, measured_on: str, findings: Findings) -> str:
    """The text of one scenario's section.

    Args:
        name: the scenario's name.
        title: what it is about, in a few words.
        about: what is compared and why.
        command: what measures it again.
        measured_on: facts().
        findings: what was found.

    Returns:
        Markdown, from its heading on.
    """
    first, second = findings.sides
    head = ["what", first, second, f"{first} ÷ {second}", "target"]
    rows = [_row(comparison) for comparison in findings.comparisons]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])
    notes = "".join(f"\n{note}\n" for note in findings.notes)
    return f"## {name}: {title}\n\n{about.strip()}\n\n{table}\n{notes}\n`{command}`: {measured_on}.\n"


def _row(comparison: Comparison) -> list[str]:
    ratios = comparison.ratios()
    sign = "≥" if comparison.unit == "tps" else "≤"
    limits = [
        *([] if comparison.target is None else [f"{sign} {comparison.target:g}"]),
        *([] if comparison.ceiling_ms is None else [f"{comparison.ceiling_ms:g} ms"]),
    ]
    target = f"{', '.join(limits)}: {'met' if comparison.met() else '**missed**'}" if limits else "none"
    return [
        comparison.what,
        *(f"{figure:,.0f}/s" if comparison.unit == "tps" else f"{figure:.3f} ms" for figure in comparison.medians()),
        f"{comparison.ratio():.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        target,
    ]


def read(path: Path) -> dict[str, str]:
    """The sections of a file, by the names of their scenarios; none if there is no file."""
    text = path.read_text() if path.exists() else ""
    return {found[1]: found[0] for found in re.finditer(r"^## (\w+):.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)}


def write(path: Path, order: Sequence[str], written: Mapping[str, str]) -> dict[str, str]:
    """Puts sections into the file, with what to conclude from all of them, and draws the chart beside it.

    Args:
        path: the file; made if there is none.
        order: names of all scenarios.
        written: name to section of those that were run.

    Returns:
        All sections that the file has now, by name.
    """
    found = {**read(path), **written}
    sections = {name: found[name].rstrip() + "\n" for name in order if name in found}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".svg").write_text(draw(sections))
    chart = f"![Every comparison of throughput]({path.with_suffix('.svg').name})\n"
    path.write_text("\n".join([INTRODUCTION, conclude(sections), chart, *sections.values()]))
    return sections
