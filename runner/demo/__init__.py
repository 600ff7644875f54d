"""`sessionbook demo`: each business with sample data on a scratch server, its functions and views shown."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from ..database import Connection, connect
from ..deploy.apply import apply
from ..errors import SessionbookError, UsageError
from ..local.embedded import default_folder, embedded_server
from ..local.programs import server_programs
from ..output import print_json
from .show import Screen
from .story import Chapter, load, play, read_chapter

CHAPTERS: tuple[Chapter, ...] = tuple(map(read_chapter, ("workshop", "tutoring", "training")))
_MARKER = "sessionbook-demo.txt"
_DATABASE = "sessionbook"


def run(folder: Path | None, json_output: bool) -> None:
    """Plays the demo on a server of its own, which is stopped at the end and kept.

    Args:
        folder: where to keep the server; None: .demo in the present folder.
        json_output: print one object with every chapter's steps instead of tables.
    """
    kept = choose(folder)
    _progress(f"starting PostgreSQL in {kept}")
    with fresh_server(kept) as conninfo:
        _progress("applying the package")
        apply(conninfo, timezone="Asia/Kuwait", currency="KWD")
        with connect(conninfo) as connection:
            found = ways(kept, conninfo)
            paths = " or ".join(f"set search_path = {chapter.unit};" for chapter in CHAPTERS)
            found.insert(2, ("find the tables", paths))
            if json_output:
                chapters = [_chapter_json(connection, chapter) for chapter in CHAPTERS]
                print_json({"folder": str(kept), "dsn": conninfo, "serve": found[0][1], "chapters": chapters})
                return
            screen = Screen()
            zone = connection.info.parameter_status("TimeZone") or "UTC"
            for chapter in CHAPTERS:
                _load(connection, chapter)
                screen.chapter(chapter, zone)
                for number, played in enumerate(play(connection, chapter), start=1):
                    screen.step(number, played)
            screen.ending(found)


def _chapter_json(connection: Connection, chapter: Chapter) -> dict[str, Any]:
    _load(connection, chapter)
    steps = [played.to_json() for played in play(connection, chapter)]
    return {"unit": chapter.unit, "title": chapter.title, "steps": steps}


def _load(connection: Connection, chapter: Chapter) -> None:
    # Not before its turn: the ticks of the chapters before would move it.
    _progress(f"loading sample data of {chapter.unit}")
    load(connection, chapter)


def _progress(what: str) -> None:
    print(f"sessionbook: {what} …", file=sys.stderr, flush=True)


def choose(folder: Path | None) -> Path:
    """Where this demo goes: the folder asked for, else .demo here, or the user's own if a server could not run here.

    Raises UsageError: another server is kept there.
    """
    chosen = (folder or _usual()).expanduser().absolute()
    if (chosen / "data").exists() and not (chosen / _MARKER).exists():
        raise UsageError(
            f"{chosen} was not made by sessionbook demo",
            detail="The demo begins anew at every run, so it touches no folder but its own.",
            hint="Choose another --folder.",
        )
    return chosen


@contextmanager
def fresh_server(folder: Path) -> Iterator[str]:
    """Runs the folder's server with an empty database, and yields where to connect; an earlier demo is gone."""
    with ExitStack() as stack:
        data = folder / "data"
        kept = data.exists()
        try:
            conninfo = stack.enter_context(embedded_server(folder, database=_DATABASE))
        except UsageError:
            raise
        except (SessionbookError, psycopg.Error):
            # Of another PostgreSQL or of another version of this package: it is only a demo's.
            if not kept:
                raise
            shutil.rmtree(data)
            conninfo = stack.enter_context(embedded_server(folder, database=_DATABASE))
        (folder / _MARKER).write_text("Made by `sessionbook demo`, which begins anew at every run.\n", encoding="utf-8")
        if kept:
            _recreate(conninfo)
        yield conninfo


def ways(folder: Path, conninfo: str) -> list[tuple[str, str]]:
    """How to go on once the demo has ended: what for, and the command, as the user would type it here."""
    program = "sessionbook" if shutil.which("sessionbook") else f"{shlex.quote(sys.executable)} -m sessionbook"
    psql = "psql" if shutil.which("psql") else shlex.quote(_short(server_programs(None) / "psql"))
    dsn = shlex.quote(conninfo)
    return [
        ("start it again", f"{program} serve --folder {shlex.quote(_short(folder))}"),
        ("connect", f"{psql} {dsn}"),
        ("let the clock tick", f"{program} tick --every 10s --dsn {dsn}"),
        ("watch the clock", f"{program} watch --dsn {dsn}"),
    ]


def _usual() -> Path:
    here = Path.cwd() / ".demo"
    # Root hands its server to another user, who may not be able to enter what root can.
    reachable = os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in here.parents)
    if reachable and os.access(here if here.exists() else here.parent, os.W_OK | os.X_OK):
        return here
    return default_folder("demo")


def _recreate(conninfo: str) -> None:
    maintenance = psycopg.conninfo.make_conninfo(conninfo, dbname="postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"drop database if exists {_DATABASE} with (force)".encode())
        connection.execute(f"create database {_DATABASE}".encode())


def _short(path: Path) -> str:
    """Relative if that is below the present folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
