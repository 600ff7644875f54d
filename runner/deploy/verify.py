"""Whether a database is what was applied to it."""

import re
from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Unpack

from ..database import connect
from ..package import read_package
from .chosen import Asked, Installation, make_plans, read_state
from .shadow import PREFIX, differences, patch, whole


@dataclass(frozen=True)
class Difference:
    """One object that is missing, changed or added; text: lines with - as it should be, with + as it is."""

    kind: str
    object: str
    text: str


@dataclass
class CopyVerdict:
    """What was found of one installation.

    Attributes:
        unit: unit of the installation.
        schema: its schema.
        version: id of the newest applied migration; None: not installed.
        files: sentences on applied files that are not what they were.
        pending: whether an apply has something to do.
        unfinished: migrations that died outside a transaction.
        differences: objects that are not as they should be.
        notes: objects that others added, and what could not be compared.
    """

    unit: str
    schema: str
    version: str | None
    files: list[str]
    pending: bool
    unfinished: list[str]
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """6 if a migration did not finish, 4 if something differs, 3 if something is pending, else 0."""
        return 6 if self.unfinished else 4 if self.files or self.differences else 3 if self.pending else 0


@dataclass
class VerifyResult:
    """What was found of every installation."""

    copies: list[CopyVerdict]

    @property
    def exit_code(self) -> int:
        """The worst of the installations."""
        return max((copy.exit_code for copy in self.copies), default=0)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON-ready mapping."""
        return {"exit_code": self.exit_code, **asdict(self)}


def verify(
    conninfo: str, *, against_package: bool = False, prefix: str = PREFIX, **asked: Unpack[Asked]
) -> VerifyResult:
    """Compares applied files with their hashes, and live objects with how they were applied. Writes nothing there.

    Args:
        conninfo: libpq connection string.
        against_package: compare live objects with a fresh install in a shadow database, on the same server if the role
            may create one, else on an embedded server. What has something pending is left out.
        prefix: what the name of the shadow database begins with.
        asked: see Asked.

    Returns:
        What was found of each installation.

    Raises:
        SessionbookError: no connection, a broken package, or no database to compare with.
    """
    with connect(conninfo, read_only=True) as connection:
        state = read_state(connection)
        package = read_package(asked.get("sql_root"))
        plans = make_plans(connection, package, state, **asked)
        ours = {unit.name: {file.name for file in unit.repeatables} for unit in package.units.values()}
        verdicts = {
            due.installation: CopyVerdict(due.unit, due.schema, due.version, due.drift, due.is_due, due.unfinished)
            for due in plans
        }
        there = [due.installation for due in plans if due.applied and due.installation in state.registered]
        if not against_package:
            for found in there:
                rows = connection.execute("select * from sessionbook.drift(%s)", [found.schema]).fetchall()
                _judge(verdicts[found], rows, ours[found.unit])
            return VerifyResult(list(verdicts.values()))
        comparable = [found for found in there if not verdicts[found].pending]
        for found in set(there) - set(comparable):
            verdicts[found].notes.append("not compared with the package: something is pending")
        if comparable:
            roles, sql_root = state.roles(asked.get("roles")), asked.get("sql_root")
            expected, beside = whole(
                conninfo, comparable, prefixes=state.prefixes, roles=roles, sql_root=sql_root, prefix=prefix
            )
            for found in comparable:
                # On another server nobody has the same name.
                rows = differences(connection, found, expected[found])
                rows = [row for row in rows if beside or not row[1].startswith("owner of ")]
                _judge(verdicts[found], rows, ours[found.unit])
    return VerifyResult(list(verdicts.values()))


def print_verdicts(result: VerifyResult) -> None:
    """Prints what was found of each copy: sentences on files, objects with their lines, and notes."""
    for copy in result.copies:
        state = {6: "unfinished", 4: "differs", 3: "pending", 0: "as applied"}[copy.exit_code]
        if copy.version or copy.unfinished:
            state = f"{copy.version or 'not installed'}, {state}"
        print(
            f"{Installation(copy.unit, copy.schema)}: {state if copy.version or copy.unfinished else 'not installed'}"
        )
        for identity in copy.unfinished:
            print(f"  unfinished: {identity}")
        for sentence in copy.files:
            print(f"  file: {sentence}")
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


def _judge(verdict: CopyVerdict, rows: Iterable[tuple[Any, ...]], ours: Container[str]) -> None:
    unsure = 0
    for kind, name, expected, live in rows:
        overload = re.match(r"(?:function|procedure) (\w+)\(", name)
        if kind == "not ours" and overload and overload[1] in ours:
            text = "another overload of ours: what calls ours may call this"
            verdict.differences.append(Difference("added", name, text))
        elif kind == "not ours":
            verdict.notes.append(f"not ours: {name}")
        elif kind == "reworded":
            verdict.notes.append(f"worded otherwise, as after a dump and restore: {name}")
        elif kind == "unsure":
            unsure += 1
        else:
            verdict.differences.append(Difference(kind, name, patch(expected, live)))
    if unsure:
        verdict.notes.append(f"{unsure} objects could not be compared: another major version recorded them;"
                             " use --against-package")  # fmt: skip
