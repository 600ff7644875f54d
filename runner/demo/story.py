"""What a demo is made of, and how it is played."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from ..database import Connection, connect, conninfo_of
from ..errors import SessionbookError, translated


@dataclass(frozen=True)
class Step:
    """One thing shown.

    title: heading, in a few words.
    sql: shown as it stands and run as psql would, a statement at a time; a semicolon at the end of a line ends
        one. Of several statements the last one with rows is shown.
    times: run it so often and show the rows of every run.
    at_once: that many connections run it, the last statement at the same moment; shown is how many of them got
        which answer: the first column of their row, or SQLSTATE and key of what refused them.
    refused: SQLSTATE and key of the error that is the point of the step, such as "PT409 session_full".
    """

    title: str
    sql: str
    times: int = 1
    at_once: int = 1
    refused: str | None = None


@dataclass(frozen=True)
class Chapter:
    """The part of the demo that one unit plays: a title, a sentence on its data, and steps that build on each other.

    Its sample data is the file <unit>.sql beside this module.
    """

    unit: str
    title: str
    data: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Played:
    """A step with what came of it; error: what PostgreSQL answered if it refused."""

    step: Step
    columns: list[str]
    rows: list[tuple[Any, ...]]
    error: dict[str, str | None] | None = None

    def to_json(self) -> dict[str, Any]:
        """The step as a JSON-ready mapping."""
        found = asdict(self)
        return {**found.pop("step"), **found}


def read_chapter(unit: str) -> Chapter:
    """Reads <unit>.play.sql: two comments, title and data, and then the steps, each after a line `-- step:`.

    Lines `-- times:`, `-- at once:` and `-- refused:` may follow that line.
    """
    head, *parts = files(__package__).joinpath(f"{unit}.play.sql").read_text(encoding="utf-8").split("-- step: ")
    title, data = (line.removeprefix("-- ") for line in head.splitlines()[:2])
    steps = []
    for part in parts:
        name, *lines = part.rstrip().removesuffix(";").split("\n")
        said: dict[str, str] = {}
        while found := re.match(r"-- (times|at once|refused): (.*)", lines[0]):
            said[found[1]] = found[2]
            del lines[0]
        times, at_once = int(said.get("times", 1)), int(said.get("at once", 1))
        steps.append(Step(name, "\n".join(lines), times, at_once, said.get("refused")))
    return Chapter(unit, title, data, tuple(steps))


def load(connection: Connection, chapter: Chapter) -> None:
    """Loads a chapter's sample data in one transaction; its schema becomes the search_path."""
    data = files(__package__).joinpath(f"{chapter.unit}.sql").read_text(encoding="utf-8")
    with translated():
        _use_schema(connection, chapter)
        with connection.transaction():
            connection.execute(data.encode())


def play(connection: Connection, chapter: Chapter) -> Iterator[Played]:
    """Runs a chapter whose data is loaded, and yields each step as soon as it has run.

    Raises SqlError: PostgreSQL refused a step that should have gone well.
    Raises SessionbookError: it accepted one that should have been refused, or refused it for another reason.
    """
    with translated():
        _use_schema(connection, chapter)
        for step in chapter.steps:
            yield _race(connection, chapter, step) if step.at_once > 1 else _run(connection, step)


def _use_schema(connection: Connection, chapter: Chapter) -> None:
    connection.execute("select set_config('search_path', %s, false)", [chapter.unit])


def _run(connection: Connection, step: Step) -> Played:
    columns: list[str] = []
    rows: list[tuple[Any, ...]] = []
    try:
        for _ in range(step.times):
            # Sent together they would be one transaction, in which run_tick() cannot commit.
            done = [connection.execute(statement.encode()) for statement in step.sql.split(";\n")]
            if shown := [cursor for cursor in done if cursor.description]:
                columns = [column.name for column in shown[-1].description or ()]
                rows += shown[-1].fetchall()
    except psycopg.Error as error:
        diag = error.diag
        if f"{diag.sqlstate} {diag.constraint_name}" != step.refused:
            raise
        said = (diag.sqlstate, diag.constraint_name, diag.message_primary, diag.message_detail, diag.message_hint)
        return Played(step, [], [], dict(zip(("sqlstate", "key", "message", "detail", "hint"), said, strict=True)))
    if step.refused:
        raise SessionbookError(f"the demo expected {step.refused}, and nothing was refused: {step.title}")
    return Played(step, columns, rows)


def _race(connection: Connection, chapter: Chapter, step: Step) -> Played:
    *before, last = step.sql.split(";\n")
    with ExitStack() as stack:
        racers = [stack.enter_context(connect(conninfo_of(connection))) for _ in range(step.at_once)]
        for own in racers:
            _use_schema(own, chapter)
            for statement in before:
                own.execute(statement.encode())
        for own in racers:
            # Sends, and does not wait for the answer.
            own.pgconn.send_query(last.encode())
        answers = Counter(map(_answer, racers))
    return Played(step, ["connections", "answer"], sorted((number, answer) for answer, number in answers.items()))


def _answer(connection: Connection) -> str:
    found = connection.pgconn.get_result()
    while connection.pgconn.get_result():
        pass
    if found is None or found.status == ExecStatus.FATAL_ERROR:
        error = psycopg.errors.error_from_result(found) if found else psycopg.OperationalError("no answer")
        if not (error.sqlstate or "").startswith("PT"):
            raise error
        return f"{error.sqlstate} {error.diag.constraint_name}"
    return (found.get_value(0, 0) or b"").decode() if found.ntuples else ""
