"""Whether a database is what was applied to it."""

import re
from collections.abc import Container, Iterable
from typing import Any, Unpack

from ..database import Found, connect
from ..package import read_package
from .chosen import Asked, Installation, make_plans, read_state
from .shadow import PREFIX, differences, disposable_database, fresh, patch

_NOTES = {"not ours": "not ours", "reworded": "worded otherwise, as after a dump and restore"}
_WORDS = {6: "unfinished", 4: "differs", 3: "pending", 0: "as applied"}


def verify(conninfo: str, *, against_package: bool = False, prefix: str = PREFIX, **asked: Unpack[Asked]) -> Found:
    """Compares applied files with their hashes, and live objects with how they were applied. Writes nothing there.

    against_package: compare live objects with a fresh install in a shadow database, on the same server if the role
        may create one, else on an embedded server. What has something pending is left out.
    prefix: what the name of the shadow database begins with.
    asked: see Asked.

    Returns:
        exit_code: the worst of the installations.
        copies: of each installation unit, schema, version (None: not installed), files (sentences on applied files that
            are not what they were), pending (whether an apply has something to do), unfinished (migrations that died
            outside a transaction), differences and notes (objects that others added, and what could not be compared).
            A difference has kind (missing, changed or added), object, and text: lines with - as it should be, with + as
            it is.

    Raises SessionbookError: no connection, a broken package, or no database to compare with.
    """
    with connect(conninfo, read_only=True) as connection:
        state = read_state(connection)
        package = read_package(asked.get("sql_root"))
        plans = make_plans(connection, package, state, **asked)
        verdicts = {
            due.installation: Found(unit=due.unit, schema=due.schema, version=due.version, files=due.drift,
                                    pending=due.is_due, unfinished=due.unfinished, differences=[], notes=[])
            for due in plans
        }  # fmt: skip
        there = [due.installation for due in plans if due.applied and due.installation in state.registered]
        expected: dict[Installation, Any] = dict.fromkeys(there)
        beside = True
        if against_package:
            for found in [found for found in there if verdicts[found].pending]:
                verdicts[found].notes.append("not compared with the package: something is pending")
                del expected[found]
            if expected:
                roles, sql_root = state.roles(asked.get("roles")), asked.get("sql_root")
                with disposable_database(conninfo, prefix) as (dsn, beside):
                    for found in expected:
                        role_prefix = state.prefixes[found]
                        expected[found] = fresh(dsn, found, roles=roles, role_prefix=role_prefix, sql_root=sql_root)
        for found, items in expected.items():
            # On another server nobody has the same name.
            rows = differences(connection, found, items)
            rows = [row for row in rows if beside or not row[1].startswith("owner of ")]
            _judge(verdicts[found], rows, {file.name for file in package.units[found.unit].repeatables})
    return Found(exit_code=max(map(_exit_code, verdicts.values()), default=0), copies=list(verdicts.values()))


def _exit_code(copy: Found) -> int:
    """6 if a migration did not finish, 4 if something differs, 3 if something is pending, else 0."""
    return 6 if copy.unfinished else 4 if copy.files or copy.differences else 3 if copy.pending else 0


def print_verdicts(result: Found) -> None:
    """Prints what was found of each copy: sentences on files, objects with their lines, and notes."""
    for copy in result.copies:
        state = f", {_WORDS[_exit_code(copy)]}" if copy.version or copy.unfinished else ""
        print(f"{Installation(copy.unit, copy.schema)}: {copy.version or 'not installed'}{state}")
        for line in [f"unfinished: {one}" for one in copy.unfinished] + [f"file: {one}" for one in copy.files]:
            print(f"  {line}")
        for found in copy.differences:
            print(f"  {found.kind}: {found.object}")
            for line in found.text.splitlines():
                print(f"    {line}")
        for note in copy.notes:
            print(f"  note: {note}")
    if any(found.kind != "added" for copy in result.copies for found in copy.differences):
        print(
            "hint: sessionbook repair, then apply, makes functions, views, triggers and grants again;"
            " tables are yours to bring back in line."
        )


def _judge(verdict: Found, rows: Iterable[tuple[Any, ...]], ours: Container[str]) -> None:
    unsure = 0
    for kind, name, expected, live in rows:
        overload = re.match(r"(?:function|procedure) (\w+)\(", name)
        if kind == "not ours" and overload and overload[1] in ours:
            text = "another overload of ours: what calls ours may call this"
            verdict.differences.append(Found(kind="added", object=name, text=text))
        elif kind in _NOTES:
            verdict.notes.append(f"{_NOTES[kind]}: {name}")
        elif kind == "unsure":
            unsure += 1
        else:
            verdict.differences.append(Found(kind=kind, object=name, text=patch(expected, live)))
    if unsure:
        verdict.notes.append(f"{unsure} objects could not be compared: another major version recorded them;"
                             " use --against-package")  # fmt: skip
