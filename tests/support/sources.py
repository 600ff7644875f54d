"""What sql/ says: units, files, and the SQL in them, read as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SQL = ROOT / "sql"

TOKEN = re.compile(
    r"""
    (?P<line>--[^\n]*)
    | (?P<block>/\*.*?\*/)
    | (?P<string>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*")
    """,
    re.VERBOSE | re.DOTALL,
)


def without_comments(text: str) -> str:
    """SQL with its comments blanked out; bodies between dollar quotes count as SQL."""
    return TOKEN.sub(lambda found: " " if found["line"] or found["block"] else found[0], text)


def without_strings(text: str) -> str:
    """SQL with its comments and its quoted literals blanked out."""
    return TOKEN.sub(lambda found: found[0] if found["name"] else " '' " if found["string"] else " ", text)


@dataclass(frozen=True)
class Source:
    """One file of sql/."""

    path: Path

    @property
    def unit(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        """File name without .sql: what the file makes, or the id of a migration."""
        return self.path.name.removesuffix(".sql")

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def code(self) -> str:
        """Its SQL without comments."""
        return without_comments(self.text)

    @cached_property
    def header(self) -> str:
        """The comment lines that the file begins with."""
        return "\n".join(line for line in self._leading_comments())

    def _leading_comments(self) -> Iterator[str]:
        for line in self.text.splitlines():
            if not line.startswith("--"):
                return
            yield line

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))


def units() -> list[str]:
    """Units of the package, by their migrations."""
    return sorted(folder.name for folder in (SQL / "migrations").iterdir() if folder.is_dir())


def sources(kind: str) -> list[Source]:
    """Files of one kind (functions, views, triggers), of all units."""
    return [Source(path) for path in sorted((SQL / kind).glob("*/*.sql"))]


def migrations(unit: str | None = None) -> list[Source]:
    """Migrations in their order, without the rollbacks."""
    return [
        source
        for source in sources("migrations")
        if not source.name.endswith(".rollback") and unit in (None, source.unit)
    ]


def all_sources() -> list[Source]:
    """Every SQL file of the package."""
    return [Source(path) for path in sorted(SQL.rglob("*.sql"))]


@dataclass(frozen=True)
class Routine:
    """A `create function` or `create procedure` in a file: its name and what is said before its body."""

    source: Source
    kind: str
    name: str
    head: str


ROUTINE = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?P<kind>function|procedure)\s+(?P<name>[\w.]+)\s*\(.*?"
    r"(?=\bas\s+\$|\bas\s+'|\bbegin\s+atomic\b|\breturn\b)",
    re.IGNORECASE | re.DOTALL,
)


def routines(source: Source) -> list[Routine]:
    """Routines that a file creates."""
    return [Routine(source, found["kind"].lower(), found["name"], found[0]) for found in ROUTINE.finditer(source.code)]


@dataclass(frozen=True)
class Raise:
    """One `raise exception` statement."""

    source: Source
    text: str

    def option(self, name: str) -> str | None:
        """The literal that an option is set to; '' when it is set to something else; None when it is missing."""
        found = re.search(rf"\b{name}\s*=\s*('(?P<literal>(?:[^']|'')*)'\s*(?=[,;]))?", self.text, re.DOTALL)
        return None if found is None else found["literal"] or ""


def raises(source: Source) -> list[Raise]:
    """Every `raise exception` of a file, up to the semicolon that is not in a string."""
    found = []
    for start in re.finditer(r"\braise\s+exception\b", source.code, re.IGNORECASE):
        rest = source.code[start.start() :]
        end = without_semicolons_in_strings(rest).index(";")
        found.append(Raise(source, rest[: end + 1]))
    return found


def without_semicolons_in_strings(text: str) -> str:
    """The same text, as long as before, with semicolons in literals replaced."""
    return TOKEN.sub(lambda found: found[0].replace(";", ","), text)
