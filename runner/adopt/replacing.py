"""Functions, triggers and views of an application that ours take the place of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ..database import Connection
from . import catalog
from .catalog import Found, Grant
from .history import Objects, Signature
from .quoting import quote


@dataclass
class Replacement:
    """What gives way.

    Attributes:
        doomed: what is dropped, by a name for people; a trigger before the function that it calls.
        moving: functions that move along, because a migration makes them and tables may stand on them.
        grants: to give again on ours.
        replaced: in words.
        names: of functions and views that lead to ours afterwards.
        blockers: what cannot give way.
        notes: what stays beside ours.
    """

    doomed: dict[str, Found] = field(default_factory=dict)
    moving: list[Signature] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    blockers: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_replaced(
    connection: Connection,
    source: str,
    target: str,
    tables: Sequence[str],
    theirs: Objects,
    ours: Objects,
    schema_like: Collection[Signature],
) -> Replacement:
    """Finds what of a schema has the name of something of ours, and would be found before it.

    Args:
        connection: with a search_path of pg_catalog alone.
        source: theirs.
        target: ours.
        tables: that move.
        theirs: what source holds.
        ours: what the package makes.
        schema_like: functions that migrations make.

    Returns:
        What is to be dropped; nothing of it is, yet.
    """
    work = _Search(connection, source, target, tables, theirs, ours)
    for signature in theirs.routines:
        if signature in schema_like:
            work.done.moving.append(signature)
        elif signature in ours.routines:
            work.routine(signature)
        elif signature[0] in {name for name, _ in ours.routines}:
            work.done.notes.append(f"{_named(signature)} stays: ours of this name takes other arguments")
    for view in sorted(theirs.views.keys() & ours.views.keys()):
        work.view(view)
    work.dependents()
    work.done.replaced.sort()
    return work.done


@dataclass
class _Search:
    """One comparison."""

    connection: Connection
    source: str
    target: str
    tables: Sequence[str]
    theirs: Objects
    ours: Objects
    done: Replacement = field(default_factory=Replacement)

    def __post_init__(self) -> None:
        self.present = catalog.snapshot(self.connection, self.source)
        self.routines = {
            found.oid: found
            for identity, found in self.present.items()
            if not identity.startswith(("view ", "trigger "))
        }

    def routine(self, signature: Signature) -> None:
        theirs, ours = self.theirs.routines[signature], self.ours.routines[signature]
        if not theirs.droppable:
            self.done.blockers.append(f"{_named(signature)} would be found before ours, and is not this role's to drop")
            return
        found = self.routines[theirs.oid]
        kind = found.full.partition(" ")[0]
        for trigger, row in self._triggers(theirs.oid):
            self.done.doomed[trigger] = row
            self.done.replaced.append(f"{trigger}: it calls {_named(signature)}")
        self.done.doomed[_named(signature)] = found
        other = "" if theirs.result == ours.result else f", which returns {ours.result}, and not {theirs.result}"
        self._give(f"{kind} {quote(signature[0])}({signature[1]})", signature[0], found, other)

    def view(self, view: str) -> None:
        ours = self.ours.views[view]
        lacking = [f"{column} {kind}" for column, kind in self.theirs.views[view].items() if ours.get(column) != kind]
        if lacking:
            self.done.blockers.append(f"view {quote(view)} has to give way to ours, which has no {', '.join(lacking)}")
            return
        found = self.present[f"view {quote(view)}"]
        self.done.doomed[f"view {view}"] = found
        self._give(f"view {quote(view)}", view, found, "")

    def dependents(self) -> None:
        """Whatever else hangs on what is to be dropped stands in the way."""
        dropped = {(row.classid, row.oid) for row in self.done.doomed.values()}
        for classid, oid, description in catalog.dependents(self.connection, self.done.doomed.values()):
            if (classid, oid) not in dropped:
                self.done.blockers.append(f"{description} depends on something that has to give way to ours")

    def _give(self, identity: str, name: str, found: Found, other: str) -> None:
        self.done.names.add(name)
        kind, _, rest = identity.partition(" ")
        there = found._replace(full=f"{kind} {quote(self.target)}.{rest}")
        grants = catalog.foreign_grants(self.connection, {identity: there})
        self.done.grants += grants
        again = "".join(f"; {grant.statement}" for grant in grants)
        self.done.replaced.append(f"{identity} by ours{other}{again}")

    def _triggers(self, routine: int) -> list[tuple[str, Found]]:
        """Triggers on tables that move which call a function of theirs."""
        rows = self.connection.execute(
            """
            select format('trigger %%I on %%I', t.tgname, c.relname)
            from pg_trigger as t
            inner join pg_class as c on c.oid = t.tgrelid
            inner join pg_namespace as n on n.oid = c.relnamespace
            where t.tgfoid = %s and n.nspname = %s and c.relname = any(%s) and not t.tgisinternal
            order by 1
            """,
            [routine, self.source, list(self.tables)],
        )
        return [(name, self.present[name]) for (name,) in rows]


def _named(signature: Signature) -> str:
    return f"function {quote(signature[0])}({signature[1]})"
