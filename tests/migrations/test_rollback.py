"""Every migration goes back to what was there before it, and forth again to the same schema."""

from __future__ import annotations

import re
from functools import partial

import psycopg
import pytest

from support.schema_dump import dump
from support.sources import Source, migrations
from support.text import differ


def _before(source: Source) -> str | None:
    """Id of the migration before this one; None for the first of its unit."""
    history = [one.name for one in migrations(source.unit)]
    place = history.index(source.name)
    return history[place - 1] if place else None


def _reversible(source: Source) -> bool:
    """Whether one can go back over it: it and everything after it have a rollback."""
    history = migrations(source.unit)
    later = [one for one in history if one.name >= source.name]
    return not any(re.search(r"^-- irreversible:", one.header, re.MULTILINE) for one in later)


# Fifteen migrations up and down, on a busy machine.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("unit", dict.fromkeys(source.unit for source in migrations()))
def test_rollback_leaves_nothing_behind(empty_database: str, unit: str) -> None:
    """Tables after a rollback are the tables that the migrations before it make: all the way up, down, and up again."""
    from sessionbook.deploy import apply, rollback

    way = [source for source in migrations(unit) if _reversible(source)]
    units = sorted({"lifecycle", unit})
    never: dict[str, str] = {}
    with psycopg.connect(empty_database, autocommit=True) as conn:
        take, whole = (partial(dump, conn, units, detail=detail) for detail in ("migrated", "replay"))
        for source in way:
            before = _before(source)
            if before is not None:
                apply(empty_database, units=units, upto={unit: before})
            elif unit != "lifecycle":
                apply(empty_database, units=["lifecycle"])
            never[source.name] = take()
        apply(empty_database, units=units)
        fresh = whole()
        for source in reversed(way):
            rollback(empty_database, unit, unit, _before(source))
            differ(never[source.name], take(), "never applied", f"{source.name} applied and rolled back")
        apply(empty_database, units=units)
        differ(fresh, whole(), "applied", "applied, rolled back, applied")
