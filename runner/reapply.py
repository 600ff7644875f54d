"""Applies all repeatables of a copy in one transaction."""

import re
from collections.abc import Collection, Mapping, Sequence

from . import catalog, clocks
from .books import Recorded, make_books, note_turn, record_repeatables
from .connection import Connection, in_transaction
from .copies import Copy
from .definitions import begin_to_follow, confirm, record_changes
from .errors import BlockedError, SqlError
from .execution import quote, run_file
from .held import hold, wanted
from .package import Repeatable
from .translation import translated

# The columns of a view, or the result or kind of a routine, changed in a way that replacing cannot do.
_NOT_REPLACEABLE = {"42P16", "42P13", "42809"}
_AMBIGUOUS = "42725"


def reapply(
    connection: Connection,
    copy: Copy,
    files: Sequence[Repeatable],
    recorded: dict[str, Recorded],
    *,
    drop_orphans: bool,
    grants: Sequence[catalog.Grant] = (),
) -> list[str]:
    """Applies every file, and drops what the package made before and makes no more.

    Args:
        connection: in autocommit mode, or in a transaction that is repeatable read.
        copy: target.
        files: its repeatables in order.
        recorded: what the books say of them, by path.
        drop_orphans: False: keep them in the books as due, for a later call.
        grants: to give again, because what they are on was dropped before.

    Returns:
        Identities dropped for good, or with drop_orphans False those that are to be.

    Raises:
        SqlError: a file was refused.
        BlockedError: an object that is not ours depends on one that has to go.
    """
    alone = not in_transaction(connection)
    with translated(), connection.transaction():
        if alone:
            # A change that somebody else commits meanwhile must not look like one of ours.
            connection.execute("set transaction isolation level repeatable read")
        make_books(connection, copy)
        before = begin_to_follow(connection, copy)
        use_schema(connection, copy)
        run = _Run(connection, copy, files, recorded, drop_orphans=drop_orphans)
        made = run.files()
        orphans = run.orphans(made)
        if drop_orphans and orphans and run.drop_orphans(orphans, _all(made)):
            made = run.files()
        present = catalog.snapshot(connection, copy.schema)
        catalog.grant_again(connection, [*grants, *run.grants], present)
        entries: list[tuple[str, str | None, Sequence[str]]]
        if drop_orphans:
            entries = [(file.path, file.sha256, made[file.path]) for file in files]
        else:
            entries = _keeping(files, made, recorded, orphans)
        record_repeatables(connection, copy, entries)
        clocks.register(connection, copy)
        live = record_changes(connection, copy, before)
        made_in_full = _written_out(connection, copy, present, _all(made))
        confirm(connection, copy, live, made_in_full, run.earlier - present.keys())
        return sorted(run.dropped - present.keys()) if drop_orphans else orphans


def _written_out(
    connection: Connection, copy: Copy, present: Mapping[str, catalog.Found], names: Collection[str]
) -> set[str]:
    """The same identities with every type of an argument in full, as where nothing is on the search_path."""
    full = {(row.classid, row.oid): name for name, row in catalog.snapshot(connection, copy.schema).items()}
    return {full[found.classid, found.oid] for name, found in present.items() if name in names}


def orphans_left(files: Sequence[Repeatable], recorded: dict[str, Recorded]) -> bool:
    """Whether an earlier call left orphans in the books."""
    paths = {file.path for file in files}
    return any(path not in paths or entry.sha256 is None for path, entry in recorded.items())


def use_schema(connection: Connection, copy: Copy) -> None:
    """Makes the copy's schema what unqualified names mean, until the transaction ends."""
    connection.execute("select set_config('search_path', %s, true)", [f"{quote(copy.schema)}, pg_temp"])


def make_way(
    connection: Connection, copy: Copy, keys: Collection[str], recorded: Mapping[str, Recorded]
) -> list[catalog.Grant]:
    """Drops views and functions of ours that a migration cannot alter its tables under, and ours that hang on them.

    Args:
        connection: in a transaction.
        copy: whose.
        keys: such as views/labels; those that are not there are passed over.
        recorded: what the books say of the repeatables, by path.

    Returns:
        Grants to give again.

    Raises:
        BlockedError: something that is not ours depends on one.
    """
    use_schema(connection, copy)
    run = _Run(connection, copy, (), recorded, drop_orphans=False)
    seeds = {
        identity: found
        for identity, found in run.snapshot().items()
        if identity in run.earlier and f"{identity.partition(' ')[0]}s/{_name(identity)}" in keys
    }
    hanging, foreign = run.hanging(seeds, run.earlier)
    if foreign:
        raise BlockedError(
            f"{', '.join(seeds)} has to be dropped and made again, but something else depends on it",
            sqlstate="2BP01",
            detail=f"Depending on it: {', '.join(foreign)}.",
            hint="Drop what depends on it, apply, and make it again.",
        )
    run.drop({**hanging, **seeds})
    return run.grants


class _Run:
    """One transaction's work on a copy: what it had made earlier, and the grants to give again."""

    def __init__(
        self,
        connection: Connection,
        copy: Copy,
        files: Sequence[Repeatable],
        recorded: Mapping[str, Recorded],
        *,
        drop_orphans: bool,
    ) -> None:
        self.connection = connection
        self.copy = copy
        self.sources = files
        self.recorded = recorded
        self.earlier = {identity for entry in recorded.values() for identity in entry.objects}
        self.mendable = {*_NOT_REPLACEABLE, *({_AMBIGUOUS} if drop_orphans else ())}
        self.grants: list[catalog.Grant] = []
        self.dropped: set[str] = set()
        self.holds = False

    def snapshot(self) -> dict[str, catalog.Found]:
        return catalog.snapshot(self.connection, self.copy.schema)

    def files(self) -> dict[str, list[str]]:
        """Runs the files, from the first again after every drop that one of them called for; says what each made."""
        rebuilt: set[str] = set()
        while True:
            made: dict[str, list[str]] = {}
            turns: dict[str, int] = {}
            before = self.snapshot()
            granting = False
            for file in self.sources:
                if file.kind == "grants" and not granting:
                    # They change rows of what other files made.
                    before = self.settle(made, turns, before)
                granting = file.kind == "grants"
                if file.kind in ("views", "triggers") and not self.holds:
                    # Functions, which most files are, keep nobody waiting.
                    hold(self.connection, self.copy.schema, wanted(self.sources, self.earlier))
                    self.holds = True
                try:
                    with translated(file.path), self.connection.transaction():
                        run_file(self.connection, file.path, file.text, self.copy.schema)
                        turns[file.path] = note_turn(self.connection, self.copy, file.path)
                except SqlError as error:
                    if file.path in rebuilt or error.sqlstate not in self.mendable:
                        raise
                    rebuilt.add(file.path)
                    self.settle(made, turns, before)
                    if error.sqlstate == _AMBIGUOUS:
                        self.drop_old_signatures(made, error)
                    else:
                        self.make_way(file, {*self.earlier, *_all(made)}, error)
                    break
            else:
                self.settle(made, turns, before)
                return made

    def settle(
        self, made: dict[str, list[str]], turns: dict[str, int], before: Mapping[str, catalog.Found]
    ) -> dict[str, catalog.Found]:
        """Says what each of the files made that had their turn since a snapshot; returns the next snapshot."""
        after = self.snapshot()
        touched = catalog.touched(before, after, turns)
        for file in self.sources:
            if file.path in turns:
                made[file.path] = _made(file, touched[file.path], after)
        turns.clear()
        return after

    def orphans(self, made: dict[str, list[str]]) -> list[str]:
        """What earlier runs made, this one did not, and is still there."""
        return sorted((self.earlier - _all(made)) & self.snapshot().keys())

    def drop_old_signatures(self, made: dict[str, list[str]], error: SqlError) -> None:
        """Drops already now what the files run so far, and those that are gone, made earlier and make no more."""
        waiting = {file.path for file in self.sources} - made.keys()
        settled = (entry.objects for path, entry in self.recorded.items() if path not in waiting)
        old = {identity for objects in settled for identity in objects} - _all(made)
        old &= self.snapshot().keys()
        if not old:
            raise error
        self.drop_orphans(sorted(old), {*self.earlier, *_all(made)})

    def drop_orphans(self, orphans: Sequence[str], ours: Collection[str]) -> bool:
        """Drops orphans; True where something of ours had bound to one and went with it, so all has to run again."""
        present = self.snapshot()
        hanging, _ = self.hanging({identity: present[identity] for identity in orphans}, ours)
        self.drop({**hanging, **{identity: present[identity] for identity in orphans}})
        self.dropped.update(orphans)
        return bool(hanging)

    def make_way(self, file: Repeatable, ours: Collection[str], error: SqlError) -> None:
        """Drops what must go before a file can be applied: its own objects, and ours that depend on them."""
        present = self.snapshot()
        entry = self.recorded.get(file.path)
        seeds = {
            identity: found
            for identity, found in present.items()
            if identity in ours
            and not identity.startswith("trigger ")
            and (_name(identity) == quote(file.name) or (entry and identity in entry.objects))
        }
        if not seeds:
            raise error
        hanging, foreign = self.hanging(seeds, ours)
        if foreign:
            raise BlockedError(
                f"{', '.join(seeds)} has to be dropped and made again, but something else depends on it",
                sqlstate="2BP01",
                file=file.path,
                detail=f"{error.message}. Depending on it: {', '.join(foreign)}.",
                hint="Drop what depends on it, apply, and make it again.",
            ) from error
        self.drop({**hanging, **seeds})

    def hanging(
        self, seeds: Mapping[str, catalog.Found], ours: Collection[str]
    ) -> tuple[dict[str, catalog.Found], list[str]]:
        """What depends on the seeds: ours, and descriptions of what is not."""
        present = self.snapshot()
        known = {(found.classid, found.oid): identity for identity, found in present.items() if identity in ours}
        found: dict[str, catalog.Found] = {}
        foreign: list[str] = []
        for classid, oid, description in catalog.dependents(self.connection, seeds.values()):
            identity = known.get((classid, oid))
            if identity is None:
                foreign.append(description)
            else:
                found[identity] = present[identity]
        return found, foreign

    def drop(self, doomed: dict[str, catalog.Found]) -> None:
        self.grants += catalog.foreign_grants(self.connection, doomed)
        catalog.drop_all(self.connection, doomed)


def _made(file: Repeatable, touched: Collection[str], present: Collection[str]) -> list[str]:
    """Identities of what a file made. A grant touches an object, perhaps a migration's, and makes none."""
    return [] if file.kind == "grants" else sorted({*touched, *_described(file, present)})


def _described(file: Repeatable, present: Collection[str]) -> list[str]:
    """Objects that a file comments on: what PostgreSQL cannot replace, its file leaves alone where it stands."""
    return [
        name
        for name in present
        if f"comment on {name}" in file.text and re.search(rf"\bcomment on {re.escape(name)}(?!\w)", file.text)
    ]


def _all(made: dict[str, list[str]]) -> set[str]:
    return {identity for objects in made.values() for identity in objects}


def _name(identity: str) -> str:
    return identity.partition(" ")[2].partition("(")[0]


def _keeping(
    files: Sequence[Repeatable],
    made: dict[str, list[str]],
    recorded: dict[str, Recorded],
    orphans: Collection[str],
) -> list[tuple[str, str | None, Sequence[str]]]:
    """Entries in which orphans stay with the file that made them, so that they can be dropped later."""
    entries: list[tuple[str, str | None, Sequence[str]]] = []
    for file in files:
        entry = recorded.get(file.path)
        left = [identity for identity in (entry.objects if entry else ()) if identity in orphans]
        entries.append((file.path, None if left else file.sha256, [*made[file.path], *left]))
    paths = {file.path for file in files}
    for path, entry in recorded.items():
        if path not in paths and (left := [identity for identity in entry.objects if identity in orphans]):
            entries.append((path, None, left))
    return entries
