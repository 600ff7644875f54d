"""Rows that break a rule: counted before anything is changed, by reading alone."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..database import Connection
from ..deploy.apply import Progress
from ..errors import SqlError, translated
from ..package import Migration
from .history import History
from .plan import Finding
from .quoting import quote
from .shape import Constraint, Index, Shape
from .standing import Standing

ADOPT = "adopt"
_SAMPLES = 5


@dataclass(frozen=True)
class Rule:
    """A condition on the rows of one table.

    Attributes:
        table: whose.
        name: of the constraint, or what is asked for.
        columns: that it is about.
        broken: SQL condition on a row called t; None for one about two rows.
        keys: expressions that no two rows may share, for a unique rule.
        exclusion: expressions with the operators that no two rows may meet, for an exclusion.
        among: condition of the rows that either is about, or None.
        by: place of the migration that makes it; None: it is completed.
        mended: condition of the rows that adopting itself mends, or None.
        of_values: `broken` can be asked of the columns' values alone.
    """

    table: str
    name: str
    columns: tuple[str, ...]
    broken: str | None
    keys: tuple[str, ...] = ()
    among: str | None = None
    by: int | None = None
    mended: str | None = None
    exclusion: tuple[tuple[str, str], ...] = ()
    of_values: bool = False


def required(table: str, column: str, *, by: int | None = None, mended: bool = False) -> Rule:
    """No null in a column."""
    broken = f"t.{quote(column)} is null"
    return Rule(table, f"{column} not null", (column,), broken, by=by, mended="true" if mended else None)


def constrained(table: str, name: str, constraint: Constraint, live: Shape, by: int | None = None) -> Rule | None:
    """A constraint as a rule; None: what it is about is not there."""
    columns = constraint.columns
    given = " and ".join(f"t.{quote(column)} is not null" for column in columns)
    if constraint.kind == "c" and constraint.condition is not None:
        return Rule(table, name, columns, f"({constraint.condition}) is false", by=by, of_values=True)
    if constraint.kind == "f" and constraint.table is not None:
        if constraint.table not in live.tables:
            return Rule(table, name, columns, given, by=by)
        if any((constraint.table, other) not in live.columns for other in constraint.others):
            return None
        pairs = zip(constraint.others, columns, strict=True)
        match = " and ".join(f"r.{quote(other)} = t.{quote(column)}" for other, column in pairs)
        missing = f"not exists (select from {quote(constraint.table)} as r where {match})"
        return Rule(table, name, columns, f"{given} and {missing}", by=by)
    if constraint.kind == "u":
        return Rule(table, name, columns, None, tuple(f"t.{quote(column)}" for column in columns), given, by=by)
    if constraint.kind == "p":
        return Rule(table, name, columns, None, tuple(f"t.{quote(column)}" for column in columns), by=by)
    if constraint.exclusion:
        return Rule(table, name, columns, None, among=constraint.condition, by=by, exclusion=constraint.exclusion)
    return None


def indexed(table: str, index: Index, by: int | None = None) -> Rule:
    """A unique index as a rule."""
    given = " and ".join(f"({key}) is not null" for key in index.keys)
    among = given if index.condition is None else f"{given} and ({index.condition})"
    return Rule(table, index.name, (), None, index.keys, among, by=by)


def later_rules(history: History, standing: Standing, live: Shape) -> list[Rule]:
    """Rules that pending migrations make over columns that are there."""
    rules: list[Rule | None] = []
    for place in range(standing.place + 1, len(history.shapes)):
        before, after = history.before(place), history.shapes[place]
        here = {table for table in standing.expected.tables if table in live.tables}
        for (table, name), column in after.columns.items():
            known = before.columns.get((table, name))
            theirs = live.columns.get((table, name))
            if (
                table in here
                and theirs
                and column.required
                and not theirs.required
                and not (known and known.required)
                and (table, name) not in standing.begun
            ):
                rules.append(required(table, name, by=place))
        for key, constraint in after.constraints.items():
            if key[0] not in here or key in before.constraints or key in standing.expected.constraints:
                continue
            if all((key[0], column) in live.columns for column in constraint.columns):
                rules.append(constrained(*key, constraint, live, place))
        for key, index in after.indexes.items():
            new = key not in before.indexes and key not in standing.expected.indexes
            if key[0] in here and index.unique and new and all((key[0], c) in live.columns for c in index.columns):
                rules.append(indexed(key[0], index, place))
        for table, refused, condition in history.migrations[place].refuses:
            if (table, refused) in live.columns and table in here:
                name = f"{refused} as checked"
                rules.append(Rule(table, name, (refused,), f"({condition})", by=place, of_values=True))
    return [rule for rule in rules if rule is not None]


def judge(
    connection: Connection,
    schema: str,
    live: Shape,
    history: History,
    standing: Standing,
    rules: Sequence[Rule],
    progress: Progress | None,
) -> tuple[list[Finding], list[str], list[str]]:
    """Counts the rows that break rules, and finds the defaults that would make such rows.

    Args:
        connection: any; nothing is written. Its search_path is pg_catalog afterwards.
        schema: where the tables are.
        live: what they are.
        history: whose migrations say what they repair.
        standing: where the tables stand.
        rules: to be judged.
        progress: called before each.

    Returns:
        What was found, the rules that could not be judged by reading, and defaults in words.
    """
    findings: list[Finding] = []
    unjudged: list[str] = []
    unfit: list[str] = []
    connection.execute("select set_config('search_path', %s, false)", [f"{quote(schema)}, pg_temp"])
    try:
        for number, rule in enumerate(rules):
            if progress:
                progress(f"counting rows of {rule.table}: {rule.name}", number, len(rules))
            try:
                findings += _judge(connection, live, history, standing, rule)
                unfit += _unfit_default(connection, live, history, rule)
            except SqlError as error:
                unjudged.append(f"{rule.table}: {rule.name} could not be judged by reading: {error.message}")
    finally:
        if not connection.broken:
            connection.execute("set search_path = pg_catalog, pg_temp")
    return findings, unjudged, unfit


def _judge(connection: Connection, live: Shape, history: History, standing: Standing, rule: Rule) -> list[Finding]:
    by = None if rule.by is None else history.migrations[rule.by]
    if rule.exclusion:
        return _broken(connection, live, rule, by, _meeting(rule), None)
    if rule.broken is None:
        found = _doubles(connection, live, rule)
        return [Finding(rule.table, rule.name, by.id if by else None, found[0], None, found[1])] if found[0] else []
    repairs = _repairs(rule, history.migrations[standing.place + 1 : (rule.by or 0) + 1])
    findings = []
    rest = rule.broken
    for mender, condition in repairs:
        mended = f"({rest}) and coalesce(({condition}), false)"
        rest = f"({rest}) and not coalesce(({condition}), false)"
        findings += _broken(connection, live, rule, by, mended, mender)
    return findings + _broken(connection, live, rule, by, rest, None)


def _unfit_default(connection: Connection, live: Shape, history: History, rule: Rule) -> list[str]:
    """A default of theirs that stays and breaks a rule: an insert that leaves the column out would be refused."""
    theirs = live.columns.get((rule.table, rule.columns[0])) if len(rule.columns) == 1 else None
    if not rule.of_values or theirs is None or theirs.default is None or theirs.generated:
        return []
    column = quote(rule.columns[0])
    # One that counts, or asks for other columns, is no single value: it is let through.
    with suppress(SqlError), translated(), connection.transaction():
        connection.execute("set transaction read only")
        value = f"select ({theirs.default})::{theirs.type} as {column}"
        if connection.execute(f"select from ({value}) as t where {rule.broken}".encode()).fetchone() is not None:
            by = "" if rule.by is None else f" of {history.migrations[rule.by].id}"
            return [
                f"default {theirs.default} of {quote(rule.table)}.{column} breaks {rule.name}{by}: "
                "rows that leave it out would be refused; set another default"
            ]
    return []


def _repairs(rule: Rule, migrations: Iterable[Migration]) -> list[tuple[str, str]]:
    found = [] if rule.mended is None else [(ADOPT, rule.mended)]
    for migration in migrations:
        for table, column, condition in migration.repairs:
            if table == rule.table and column in rule.columns:
                found.append((migration.id, condition))
    return found


def _broken(
    connection: Connection, live: Shape, rule: Rule, by: Migration | None, condition: str, mender: str | None
) -> list[Finding]:
    shown = list(dict.fromkeys((*(c for c in live.key(rule.table)), *rule.columns)))
    values = ", ".join(f"t.{quote(column)}::text" for column in shown)
    with translated():
        row = connection.execute(
            f"select count(*) from {quote(rule.table)} as t where {condition}".encode()  # noqa: S608
        ).fetchone()
        count = int(row[0]) if row else 0
        if not count:
            return []
        rows = connection.execute(
            f"select {values} from {quote(rule.table)} as t where {condition} limit {_SAMPLES}".encode()  # noqa: S608
        ).fetchall()
    samples = [dict(zip(shown, sample, strict=True)) for sample in rows]
    return [Finding(rule.table, rule.name, by.id if by else None, count, mender, samples)]


def _meeting(rule: Rule) -> str:
    """Rows that meet another one, as a condition."""
    keys = ", ".join(f"({key}) as k{place}" for place, (key, _) in enumerate(rule.exclusion))
    rows = f"select ctid as place, {keys} from {quote(rule.table)} where {rule.among or 'true'}"  # noqa: S608
    meet = " and ".join(f"one.k{place} {operator} other.k{place}" for place, (_, operator) in enumerate(rule.exclusion))
    return (
        f"t.ctid in (select one.place from ({rows}) as one"  # noqa: S608
        f" inner join ({rows}) as other on one.place <> other.place and {meet})"
    )


def _doubles(connection: Connection, live: Shape, rule: Rule) -> tuple[int, list[dict[str, str]]]:
    """Rows beyond the first of each group that shares its keys, or, of a primary key, has none."""
    keys = ", ".join(rule.keys)
    among = f"where {rule.among}" if rule.among else ""
    groups = f"""
        select array[{", ".join(f"({key})::text" for key in rule.keys)}] as key, count(*) as times
        from {quote(rule.table)} as t {among} group by {keys} having count(*) > 1
    """  # noqa: S608
    with translated():
        row = connection.execute(f"select coalesce(sum(g.times - 1), 0) from ({groups}) as g".encode()).fetchone()  # noqa: S608
        rows = connection.execute(f"select g.key, g.times from ({groups}) as g limit {_SAMPLES}".encode()).fetchall()  # noqa: S608
    names = [key.removeprefix("t.") for key in rule.keys]
    samples = [{**dict(zip(names, key, strict=True)), "rows": times} for key, times in rows]
    return (int(row[0]) if row else 0), samples
