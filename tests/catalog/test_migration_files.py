"""Migrations say what they do to a running database, and stay apart from what is replaced."""

from __future__ import annotations

import re
from collections import Counter

from support.catalog import none_of
from support.sources import Source, migrations, sources, units, without_strings

LINES = ("Why:", "Locks:", "Data:")


def _rollback(source: Source) -> Source:
    return Source(source.path.with_name(f"{source.name}.rollback.sql"))


def test_names() -> None:
    none_of(
        [str(source) for source in migrations() if not re.fullmatch(r"[0-9]{4}_[a-z0-9]+(_[a-z0-9]+)*", source.name)],
        "NNNN_<slug>.sql",
    )


def test_ids_are_unique_across_units() -> None:
    seen = Counter(source.name for source in migrations())
    none_of([f"{name}: {times} times" for name, times in seen.items() if times > 1], "an id names one migration")


def test_numbers_have_no_gap() -> None:
    none_of(
        [
            f"{source}: expected {place:04}"
            for unit in units()
            for place, source in enumerate(migrations(unit), start=1)
            if not source.name.startswith(f"{place:04}_")
        ],
        "a unit's migrations are numbered from 0001",
    )


def test_headers_are_complete() -> None:
    problems = []
    for source in migrations():
        title = source.header.splitlines()[0] if source.header else ""
        if not re.match(r"-- [A-Z](?!\w+:)", title):
            problems.append(f"{source}: no title")
        problems += [
            f"{source}: no `-- {line}`" for line in LINES if not re.search(rf"^-- {line} +\S", source.header, re.M)
        ]
    none_of(problems, "a migration's header has a title and says why, which locks, which data")


def test_each_can_be_rolled_back_or_says_why_not() -> None:
    problems = []
    for source in migrations():
        irreversible = re.search(r"^-- irreversible: \S", source.header, re.MULTILINE)
        promised = re.search(r"^-- Rollback: +\S", source.header, re.MULTILINE)
        exists = _rollback(source).path.exists()
        if irreversible and (promised or exists):
            problems.append(f"{source}: irreversible and with a rollback")
        if not irreversible and not (promised and exists):
            problems.append(f"{source}: `-- Rollback:` and its file, or `-- irreversible:`")
    none_of(problems, "every migration says how to go back")


def test_rollbacks_have_a_migration() -> None:
    known = {_rollback(source).path for source in migrations()}
    none_of(
        [
            str(source)
            for source in sources("migrations")
            if source.name.endswith(".rollback") and source.path not in known
        ],
        "a rollback without its migration",
    )


def test_each_depends_on_the_one_before() -> None:
    problems = []
    for unit in units():
        before: str | None = None
        for source in migrations(unit):
            said = re.findall(r"^-- depends: (.+)$", source.header, re.MULTILINE)
            names = [name for line in said for name in re.split(r"[,\s]+", line.strip())]
            if before is not None and before not in names:
                problems.append(f"{source}: does not depend on {before}")
            problems += [
                f"{source}: depends on unknown {name}"
                for name in names
                if name.split("/")[-1] not in {one.name for one in migrations()}
            ]
            before = source.name
    none_of(problems, "the history of a unit is one line")


def test_migrations_mention_no_repeatable() -> None:
    """What a migration did must not depend on which version of a function was there that day."""
    problems = []
    for source in sources("migrations"):
        code = without_strings(source.text)
        for other in sources("functions"):
            name = rf"(?<![\w.]){other.name}" if other.unit == source.unit else rf"\b{other.unit}\.{other.name}"
            if other.unit == "lifecycle":
                name = rf"\blifecycle\.{other.name}"
            if re.search(rf"{name}\s*\(", code):
                problems.append(f"{source}: {other.unit}.{other.name}()")
        for view in sources("views"):
            name = view.name if view.unit == source.unit else rf"{view.unit}\.{view.name}"
            if re.search(rf"\b(from|join|on|view|table)\s+{name}\b", code):
                problems.append(f"{source}: view {view.unit}.{view.name}")
        problems += [
            f"{source}: {found.group(0)}" for found in re.finditer(r"\b(create|drop)\s+(trigger|view)\b[^\n]*", code)
        ]
    none_of(problems, "functions, views and triggers are repeatables")
