"""Where in the history tables stand, and what an application had begun of what comes later."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .history import History
from .quoting import quote
from .shape import Constraint, Index, Key, Shape


@dataclass
class Standing:
    """Where tables stand.

    Attributes:
        place: of the last migration whose tables and columns are all there.
        expected: what ought to be there before the migrations after it: their shape, and what was begun.
        begun: columns that a later migration makes if they are missing.
        doubles: constraints and indexes that a later migration makes under the same name, with the same meaning.
        blockers: why the migrations after it could not run.
    """

    place: int
    expected: Shape
    begun: set[Key] = field(default_factory=set)
    doubles: list[tuple[str, Key]] = field(default_factory=list)
    blockers: list[str] = field(default_factory=list)


def find_standing(history: History, live: Shape) -> Standing:
    """Decides where tables stand, by their columns.

    Args:
        history: of the unit.
        live: schema that they are in.

    Returns:
        The last migration all of whose columns are there, with those of every migration before it but the first, whose
        missing columns can be completed. One that says of everything it makes that it may be there has to be there
        whole: else the application had begun, and it runs.
    """
    place = next((place for place in range(len(history.shapes) - 1, 0, -1) if _stands(history, live, place)), 0)
    shape = history.shapes[place]
    standing = Standing(
        place,
        Shape(
            shape.comment,
            dict(shape.types),
            dict(shape.tables),
            dict(shape.columns),
            dict(shape.constraints),
            dict(shape.indexes),
        ),
    )
    for later in range(place + 1, len(history.shapes)):
        _begun(history, live, later, standing)
    return standing


def _stands(history: History, live: Shape, place: int) -> bool:
    """Whether a migration and those before it have been here; without columns of its own, its indexes tell."""
    for earlier in range(1, place + 1):
        made = history.shapes[earlier].columns.keys() - history.before(earlier).columns.keys()
        if not made & history.shapes[place].columns.keys() <= live.columns.keys():
            return False
    before, after = history.before(place), history.shapes[place]
    columns = after.columns.keys() - before.columns.keys()
    if columns and not _copes_with(history, place, columns):
        return True
    constraints = after.constraints.keys() - before.constraints.keys()
    indexes = after.indexes.keys() - before.indexes.keys()
    return (
        bool(columns or constraints or indexes)
        and all(live.columns[key].required >= after.columns[key].required for key in columns)
        and all(_has(live.constraints, key, after.constraints[key]) for key in constraints)
        and all(_has(live.indexes, key, after.indexes[key]) for key in indexes)
    )


def _copes_with(history: History, place: int, columns: Iterable[Key]) -> bool:
    """Whether a migration says of all these columns, or of their tables, that they may be there."""
    text = history.migrations[place].text
    return all(
        _copes(text, "create table if not exists", table) or _copes(text, "add column if not exists", column)
        for table, column in columns
    )


def _has(theirs: Mapping[Key, Constraint] | Mapping[Key, Index], key: Key, ours: Constraint | Index) -> bool:
    return any(table == key[0] and one.meaning == ours.meaning for (table, _), one in theirs.items())


def _begun(history: History, live: Shape, place: int, standing: Standing) -> None:
    """Looks at what a later migration makes and is there already: the migration has to cope with it."""
    before, after = history.before(place), history.shapes[place]
    migration = history.migrations[place]
    expected = standing.expected
    for table in sorted(after.tables.keys() - before.tables.keys()):
        if table in live.tables and _copes(migration.text, "create table if not exists", table):
            _take_in(expected, after, table)
            standing.begun |= {(table, column) for column in after.of(table, after.columns)}
    for key in sorted(after.columns.keys() - before.columns.keys() - expected.columns.keys()):
        if key not in live.columns or key[0] not in expected.tables:
            continue
        if _copes(migration.text, "add column if not exists", key[1]):
            expected.columns[key] = after.columns[key]
            standing.begun.add(key)
        else:
            standing.blockers.append(
                f"column {quote(key[0])}.{quote(key[1])}: {migration.id} makes one of this name; rename it first"
            )
    _begun_constraints(history, live, place, standing)
    _begun_indexes(history, live, place, standing)


def _take_in(expected: Shape, after: Shape, table: str) -> None:
    expected.tables[table] = after.tables[table]
    expected.columns.update({key: column for key, column in after.columns.items() if key[0] == table})
    expected.constraints.update({key: one for key, one in after.constraints.items() if key[0] == table})
    expected.indexes.update({key: one for key, one in after.indexes.items() if key[0] == table})


def _begun_constraints(history: History, live: Shape, place: int, standing: Standing) -> None:
    migration, after = history.migrations[place], history.shapes[place]
    made = after.constraints.keys() - history.before(place).constraints.keys()
    for key in sorted(made - standing.expected.constraints.keys()):
        if (theirs := live.constraints.get(key)) is None or key[0] not in standing.expected.tables:
            continue
        if _copes(migration.text, "drop constraint if exists", key[1]):
            continue
        if theirs.meaning == after.constraints[key].meaning:
            standing.doubles.append(("constraint", key))
        else:
            standing.blockers.append(
                f"constraint {quote(key[1])} on {quote(key[0])}: {migration.id} makes another of this name; "
                "rename it first"
            )


def _begun_indexes(history: History, live: Shape, place: int, standing: Standing) -> None:
    migration, after = history.migrations[place], history.shapes[place]
    expected = standing.expected
    for key in sorted(after.indexes.keys() - history.before(place).indexes.keys() - expected.indexes.keys()):
        ours, copes = after.indexes[key], _copes(migration.text, "index if not exists", key[1])
        here = [(one, index) for one, index in live.indexes.items() if one[0] in expected.tables]
        taken = next(((one, index) for one, index in here if one[1] == key[1]), None)
        alike = any(one[0] == key[0] and index.meaning == ours.meaning for one, index in here)
        if copes and alike and (taken is None or taken[1].meaning == ours.meaning):
            expected.indexes[key] = ours
        elif taken is None:
            continue
        elif taken[0] == key and taken[1].meaning == ours.meaning:
            standing.doubles.append(("index", key))
        else:
            standing.blockers.append(
                f"index {quote(key[1])} on {quote(taken[0][0])}: {migration.id} makes another of this name; "
                "rename it first"
            )


def _copes(text: str, words: str, name: str) -> bool:
    """Whether a migration says of a name that it may be there."""
    words = words.replace(" ", r"\s+")
    return re.search(rf'\b{words}\s+"?{re.escape(name)}"?(?![\w$])', text, re.IGNORECASE) is not None
