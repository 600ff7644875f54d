"""What tables lack of where they stand in the history, and the statements that add it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .history import History
from .quoting import literal, quote
from .rules import Rule, constrained, indexed, required
from .shape import Column, Constraint, Key, Shape, same
from .standing import Standing

# The old sequence of a serial may still belong to the column.
_SET_COUNTER = """
select setval(d.objid::regclass, m.last)
from (select max({1}) as last from {0}) as m
cross join pg_depend as d
inner join pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where m.last is not null and d.classid = 'pg_class'::regclass and d.deptype = 'i'
    and d.refobjid = {2}::regclass and a.attname = {3}
"""


@dataclass
class Completion:
    """How tables come to be what the history makes of them, once they are in their schema.

    Attributes:
        statements: in order.
        created: tables.
        completed: what is added, in words.
        renamed: what gets another name, in words.
        replaced: what gives way to something of ours with its name, in words.
        rules: that what is added makes of rows which are there.
        blockers: what cannot be brought in line.
        notes: what stays as it is.
    """

    statements: list[str] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    blockers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def complete(history: History, standing: Standing, live: Shape) -> Completion:
    """Compares tables with what ought to stand there.

    Args:
        history: of the unit.
        standing: where the tables stand.
        live: what they are.

    Returns:
        What has to be done, with ours as the words of the definitions: unqualified.
    """
    work = _Work(history, standing, live)
    work.types()
    work.doubles()
    work.tables()
    work.columns()
    work.constraints()
    work.indexes()
    work.comments()
    work.theirs()
    return work.done


class _Work:
    """One comparison."""

    def __init__(self, history: History, standing: Standing, live: Shape) -> None:
        self.history = history
        self.standing = standing
        self.expected = standing.expected
        self.live = live
        self.done = Completion()

    def doubles(self) -> None:
        for kind, (table, name) in self.standing.doubles:
            self.done.replaced.append(f"{kind} {quote(name)} on {quote(table)}: a migration makes the same")
            if kind == "index":
                self._send(f"drop index {quote(name)}")
            else:
                self._send(f"alter table {quote(table)} drop constraint {quote(name)}")

    def types(self) -> None:
        """Enums: theirs have moved, with what is of them."""
        for name, labels in self.expected.types.items():
            theirs = self.live.types.get(name)
            if theirs is None:
                self._add(
                    f"type {quote(name)}", f"create type {quote(name)} as enum ({', '.join(map(literal, labels))})"
                )
            elif theirs != labels:
                self.done.blockers.append(
                    f"type {quote(name)} is ({', '.join(theirs)}); it has to be ({', '.join(labels)})"
                )

    def tables(self) -> None:
        for table, ours in self.expected.tables.items():
            theirs = self.live.tables.get(table)
            if theirs is None:
                columns = ", ".join(
                    f"{quote(name)} {self.expected.columns[table, name].definition()}"
                    for name in self.expected.of(table, self.expected.columns)
                )
                self._send(f"create table {quote(table)} ({columns})")
                self.done.created.append(table)
            had = {option.partition("=")[0] for option in theirs.options} if theirs else set()
            for option in ours.options:
                if option.partition("=")[0] not in had:
                    self._add(f"{quote(table)}: {option}", f"alter table {quote(table)} set ({option})")

    def columns(self) -> None:
        for key, ours in self.expected.columns.items():
            if key[0] not in self.live.tables:
                continue
            theirs = self.live.columns.get(key)
            if theirs is not None:
                self._column(key, ours, theirs)
            elif ours.fills_itself or ours.generated:
                self._add(
                    f"column {_name(key)} {ours.definition()}",
                    f"alter table {quote(key[0])} add column {quote(key[1])} {ours.definition()}",
                )
            else:
                self.done.blockers.append(f"column {_name(key)} is missing, and no row can be without one")

    def _column(self, key: Key, ours: Column, theirs: Column) -> None:
        table, name = key
        alter = f"alter table {quote(table)} alter column {quote(name)}"
        if theirs.type != ours.type:
            self.done.blockers.append(f"column {_name(key)} is {theirs.type}; it has to be {ours.type}")
            return
        if theirs.generated != ours.generated or (ours.generated and not same(theirs.default, ours.default)):
            self.done.blockers.append(f"column {_name(key)} is {_made(theirs)}; it has to be {_made(ours)}")
            return
        fills_itself = bool(theirs.default is not None or theirs.identity or theirs.generated)
        if ours.default is not None and not fills_itself:
            self._add(f"default {ours.default} of {_name(key)}", f"{alter} set default {ours.default}")
        elif ours.default is not None and theirs.default is not None and not same(ours.default, theirs.default):
            self.done.notes.append(f"default {theirs.default} of {_name(key)} stays; ours is {ours.default}")
        if ours.required and not theirs.required:
            self._require(key, ours)
        if theirs.required and not ours.required:
            self.done.notes.append(f"column {_name(key)} stays not null: calls that leave it out are refused")
        if ours.identity and not fills_itself:
            kind = "always" if ours.identity == "a" else "by default"
            self._add(f"identity of {_name(key)}", f"{alter} add generated {kind} as identity")
            self._send(_SET_COUNTER.format(quote(table), quote(name), literal(quote(table)), literal(name)))

    def _require(self, key: Key, ours: Column) -> None:
        table, name = key
        # The migration would have filled it, had the application not begun.
        filled = key in self.standing.begun and ours.default is not None
        if filled:
            self._send(f"update {quote(table)} set {quote(name)} = {ours.default} where {quote(name)} is null")  # noqa: S608
        self._add(f"not null of {_name(key)}", f"alter table {quote(table)} alter column {quote(name)} set not null")
        self.done.rules.append(required(table, name, mended=filled))

    def constraints(self) -> None:
        for key, ours in self.expected.constraints.items():
            table, name = key
            theirs = self.live.constraints.get(key)
            if theirs is not None and theirs.meaning == ours.meaning:
                continue
            if theirs is not None and ours.kind in "pu":
                self.done.blockers.append(
                    f"constraint {quote(name)} on {quote(table)} is {theirs.definition}; it has to be {ours.definition}"
                )
                continue
            if theirs is not None:
                self.done.replaced.append(
                    f"constraint {quote(name)} on {quote(table)}: {theirs.definition} by {ours.definition}"
                )
                self._send(f"alter table {quote(table)} drop constraint {quote(name)}")
            elif alike := self._alike(key, ours.meaning):
                rename = f"rename constraint {quote(alike)} to {quote(name)}"
                self._rename(f"alter table {quote(table)} {rename}", key, alike)
                continue
            elif index := self._index_for(key, ours):
                kind = "primary key" if ours.kind == "p" else "unique"
                add = f"add constraint {quote(name)} {kind} using index {quote(index)}"
                self._rename(f"alter table {quote(table)} {add}", key, index)
                continue
            elif ours.kind == "p" and (other := self.live.key(table)):
                self.done.blockers.append(f"the primary key of {quote(table)} is ({', '.join(other)})")
                continue
            self._constrain(key)

    def _constrain(self, key: Key) -> None:
        table, name = key
        ours = self.expected.constraints[key]
        # What a later migration takes away is there for it to take: rows are its business.
        passes = ours.kind in "cf" and self.history.passes(key, self.standing.place)
        definition = f"{ours.definition} not valid" if passes else ours.definition
        statement = f"alter table {quote(table)} add constraint {quote(name)} {definition}"
        if table not in self.live.tables:
            self._send(statement)
            return
        self._add(f"constraint {quote(name)} on {quote(table)}", statement)
        if not passes and all((table, column) in self.live.columns for column in ours.columns):
            rule = constrained(table, name, ours, self.live)
            self.done.rules += [rule] if rule else []

    def _index_for(self, key: Key, ours: Constraint) -> str | None:
        """A unique index of theirs that a constraint of ours can stand on."""
        if ours.kind not in "pu" or (ours.kind == "p" and self.live.key(key[0])):
            return None
        plain = f"({', '.join(map(quote, ours.columns))})"
        return next(
            (
                name
                for (table, name), index in self.live.indexes.items()
                if table == key[0]
                and index.unique
                and index.condition is None
                and index.definition.endswith(f" USING btree {plain}")
                and (table, name) not in self.expected.indexes
            ),
            None,
        )

    def _alike(self, key: Key, meaning: str) -> str | None:
        return next(
            (
                name
                for (table, name), one in self.live.constraints.items()
                if table == key[0] and one.meaning == meaning and (table, name) not in self.expected.constraints
            ),
            None,
        )

    def indexes(self) -> None:
        for key, ours in self.expected.indexes.items():
            table, name = key
            theirs = next(((one, index) for one, index in self.live.indexes.items() if one[1] == name), None)
            if theirs is not None and theirs[0] == key and theirs[1].meaning == ours.meaning:
                continue
            alike = next(
                (
                    one[1]
                    for one, index in self.live.indexes.items()
                    if one[0] == table and index.meaning == ours.meaning and one not in self.expected.indexes
                ),
                None,
            )
            if theirs is not None and theirs[0] != key and theirs[0][0] in self.expected.tables:
                self.done.blockers.append(f"index {quote(name)} is one of {quote(theirs[0][0])}; rename it first")
                continue
            if theirs is not None and theirs[0] == key:
                self.done.replaced.append(f"index {quote(name)} on {quote(table)}: it is of something else")
                self._send(f"drop index {quote(name)}")
            if alike is not None:
                self._rename(f"alter index {quote(alike)} rename to {quote(name)}", key, alike)
            elif table not in self.live.tables:
                self._send(ours.definition)
            else:
                self._add(f"index {quote(name)} on {quote(table)}", ours.definition)
                if ours.unique and all((table, column) in self.live.columns for column in ours.columns):
                    self.done.rules.append(indexed(table, ours))

    def comments(self) -> None:
        for table, one in self.expected.tables.items():
            self._comment(f"table {quote(table)}", one.comment, self.live.tables.get(table))
        for key, column in self.expected.columns.items():
            self._comment(f"column {_name(key)}", column.comment, self.live.columns.get(key))
        for (table, name), constraint in self.expected.constraints.items():
            theirs = self.live.constraints.get((table, name))
            self._comment(f"constraint {quote(name)} on {quote(table)}", constraint.comment, theirs)
        for key, index in self.expected.indexes.items():
            self._comment(f"index {quote(key[1])}", index.comment, self.live.indexes.get(key))

    def theirs(self) -> None:
        """What stays, and what writes of ours have to get past."""
        for key, column in self.live.columns.items():
            if key[0] in self.expected.tables and key not in self.expected.columns and not column.fills_itself:
                self.done.notes.append(
                    f"column {_name(key)} has no default: functions of ours that insert leave it out"
                )
        for key, one in self.live.constraints.items():
            ours = key in self.expected.constraints or one.meaning in {
                other.meaning for (table, _), other in self.expected.constraints.items() if table == key[0]
            }
            about_ours = any((key[0], column) in self.expected.columns for column in one.columns)
            if key[0] in self.expected.tables and one.kind in "cux" and about_ours and not ours:
                self.done.notes.append(f"constraint {quote(key[1])} on {quote(key[0])} stays: {one.definition}")

    def _comment(self, what: str, ours: str | None, theirs: object) -> None:
        if ours is not None and getattr(theirs, "comment", None) is None:
            self._send(f"comment on {what} is {literal(ours)}")

    def _rename(self, statement: str, key: Key, old: str) -> None:
        self._send(statement)
        self.done.renamed.append(f"{quote(old)} on {quote(key[0])} to {quote(key[1])}")

    def _add(self, what: str, statement: str) -> None:
        self.done.completed.append(what)
        self._send(statement)

    def _send(self, statement: str) -> None:
        self.done.statements.append(statement)


def listed(names: Iterable[str]) -> str:
    """Identifiers for SQL text, separated by commas."""
    return ", ".join(map(quote, names))


def _name(key: Key) -> str:
    return f"{quote(key[0])}.{quote(key[1])}"


def _made(column: Column) -> str:
    return f"generated as {column.default}" if column.generated else "an ordinary column"
