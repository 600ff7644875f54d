"""What to conclude from RESULTS.md: sentences with figures that are looked up in its tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A line of a table: both figures as they stand, the median ratio, its smallest and its largest, the verdict."""

    what: str
    first: str
    second: str
    ratio: float
    least: float
    most: float
    has_target: bool
    is_missed: bool
    unit: str


ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<first>[\d.,]+)(?P<unit>/s| ms) \| (?P<second>[\d.,]+)(?:/s| ms)"
    r" \| (?P<ratio>[\d.]+) \((?P<least>[\d.]+) to (?P<most>[\d.]+)\) \| (?P<target>[^|]+) \|$",
    re.MULTILINE,
)

# Scenario and row to the figure that is filled in; a sentence whose figures are not there is left out.
SENTENCES = (
    (
        "A seat taken with all triggers: {0.ratio:.0%} of the bare update in one hot session, {1.ratio:.0%} in 1,000"
        " sessions, 16 clients each.",
        ("seat", "one session, 16 clients"),
        ("seat", "1,000 sessions, 16 clients"),
    ),
    (
        "`enroll()`: {0.first} a second from one client, {1.first} from 16 in 1,000 sessions, which is {1.ratio:.0%} of"
        " a bare function on the same tables.",
        ("enroll", "1,000 sessions, 1 client, bare function"),
        ("enroll", "1,000 sessions, 16 clients, bare function"),
    ),
    (
        "One session that everybody wants: {0.first} a second with 16 clients, {1.first} with 64. Fewer connections are"
        " faster: put a pool in front.",
        ("enroll", "one session, 16 clients, bare function"),
        ("enroll", "one session, 64 clients, bare function"),
    ),
    (
        "`create_order()` of two items: {0.first} a second from one client, {1.first} from 16; {1.ratio:.0%} of the"
        " bare statements.",
        ("orders", "1 client"),
        ("orders", "16 clients"),
    ),
    (
        "A whole run of eight sessions is booked {0.first} times a second by 16 clients.",
        ("runs", "16 clients"),
    ),
    (
        "Beside ten million enrollments `enroll()` is {0.ratio:.0%} as fast as beside a thousand.",
        ("growth", "10,000,000 enrollments"),
    ),
    (
        "Availability of 50 sessions among a million: {0.first} ms.",
        ("availability", "50 sessions of one workshop, 1 client"),
    ),
    (
        "A tick of 100,000 due sessions moves {0.first} rows a second; one that finds nothing among a million sessions"
        " takes {1.first} ms.",
        ("tick", "on time: 100,000 start, 100,000 reminders"),
        ("idle", "tick(), 1,000,000 sessions a copy"),
    ),
    (
        "Four couriers send {0.first} reminders a second one by one; claimed ten at a time and completed together,"
        " {1.first} times ten.",
        ("claims", "1 a claim, 4 couriers, durable"),
        ("claims", "10 a claim, completed together, 4 couriers, durable"),
    ),
    (
        "Publishing into a calendar of a million sessions: {0.first} a second by 16 clients, none of them twice in one"
        " place.",
        ("publish", "1,000,000 sessions, 16 clients, same table"),
    ),
)


def rows(section: str) -> list[Row]:
    """The lines of a section's table."""
    return [
        Row(
            found["what"], found["first"], found["second"], float(found["ratio"]), float(found["least"]),
            float(found["most"]), found["target"] != "none", "missed" in found["target"], found["unit"].strip(" /"),
        )
        for found in ROW.finditer(section)
    ]  # fmt: skip


def conclude(sections: Mapping[str, str]) -> str:
    """A list of what the figures say, and how many targets are met.

    Args:
        sections: name of a scenario to its section.

    Returns:
        Markdown.
    """
    found = {(name, row.what): row for name, section in sections.items() for row in rows(section)}
    said = [
        sentence.format(*(found[place] for place in places))
        for sentence, *places in SENTENCES
        if all(place in found for place in places)
    ]
    missed = sum(row.is_missed for row in found.values())
    aimed = sum(row.has_target for row in found.values())
    said.append(f"{missed} of {aimed} comparisons with a target miss it; each says so.")
    return "".join(f"- {line}\n" for line in said)
