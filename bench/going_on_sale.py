"""The table of docs/going-on-sale.md, from the figures of RESULTS.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bench.conclusions import rows

PAGE = Path(__file__).parents[1] / "docs" / "going-on-sale.md"
BLOCK = re.compile(r"(?<=<!-- figures: written by python -m bench -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)

# What is done, and its scenario and row; in the order of the page.
LINES = (
    *(
        (f"people who enroll in one session, {clients} at a time", "enroll", f"one session, {n}, bare function")
        for clients, n in ((1, "1 client"), (4, "4 clients"), (16, "16 clients"), (64, "64 clients"))
    ),
    *(
        (f"people who enroll in 1,000 sessions, {clients} at a time", "enroll", f"1,000 sessions, {n}, bare function")
        for clients, n in ((1, "1 client"), (4, "4 clients"), (16, "16 clients"), (64, "64 clients"))
    ),
    *(
        (f"orders of two items, {clients} at a time", "orders", n)
        for clients, n in ((1, "1 client"), (4, "4 clients"), (16, "16 clients"))
    ),
    ("runs of eight sessions booked as a whole, 16 at a time", "runs", "16 clients"),
    ("reminders sent one by one, 4 couriers", "claims", "1 a claim, 4 couriers, durable"),
    ("the same without waiting for the disk", "claims", "1 a claim, 4 couriers, not durable"),
    ("claims of ten completed together, 4 couriers", "claims", "10 a claim, completed together, 4 couriers, durable"),
    ("claims of forty completed together, 4 couriers", "claims", "40 a claim, completed together, 4 couriers, durable"),
)


def table(sections: Mapping[str, str]) -> str:
    """The table; a line whose figure has not been measured is left out.

    Args:
        sections: name of a scenario to its section of RESULTS.md.

    Returns:
        Markdown.
    """
    found = {(name, row.what): row.first for name, section in sections.items() for row in rows(section)}
    lines = [f"| {what} | {found[name, row]} |\n" for what, name, row in LINES if (name, row) in found]
    return "".join(["| what | a second |\n", "|---|---|\n", *lines])


def write(sections: Mapping[str, str], page: Path = PAGE) -> None:
    """Puts the table into the page."""
    page.write_text(BLOCK.sub(lambda _: table(sections), page.read_text()))
