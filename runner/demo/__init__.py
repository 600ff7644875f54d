"""`sessionbook demo`: each business with sample data on a scratch server, its functions and views shown."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from ..database import connect
from ..deploy.apply import apply
from ..errors import UsageError
from ..local.embedded import default_folder, embedded_server
from ..local.programs import server_programs
from ..output import print_json
from .show import Screen
from .story import Chapter, load, play, read_chapter

CHAPTERS: tuple[Chapter, ...] = tuple(map(read_chapter, ("workshop", "tutoring", "training")))
_MARKER = "sessionbook-demo.txt"


def run(folder: Path | None, json_output: bool) -> None:
    """Plays the demo on a server of its own, which is stopped at the end and kept.

    folder: where to keep the server; None: .demo in the present folder.
    json_output: print one object with every chapter's steps instead of tables.
    """
    kept = choose(folder)
    _progress(f"starting PostgreSQL in {kept}")
    # An earlier demo goes: it may be of another PostgreSQL, or of another version of this package.
    with embedded_server(kept, anew=True) as conninfo:
        (kept / _MARKER).write_text("Made by `sessionbook demo`, which begins anew at every run.\n", encoding="utf-8")
        _progress("applying the package")
        apply(conninfo, timezone="Asia/Kuwait", currency="KWD")
        with connect(conninfo) as connection:
            found, screen, chapters = ways(kept, conninfo), Screen(), []
            zone = connection.info.parameter_status("TimeZone") or "UTC"
            for chapter in CHAPTERS:
                # Not before its turn: the ticks of the chapters before would move it.
                _progress(f"loading sample data of {chapter.unit}")
                load(connection, chapter)
                if json_output:
                    steps = [played.to_json() for played in play(connection, chapter)]
                    chapters.append({"unit": chapter.unit, "title": chapter.title, "steps": steps})
                    continue
                screen.chapter(chapter, zone)
                for number, played in enumerate(play(connection, chapter), start=1):
                    screen.step(number, played)
            if json_output:
                print_json({"folder": str(kept), "dsn": conninfo, "serve": found[0][1], "chapters": chapters})
            else:
                screen.ending(found)


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


def ways(folder: Path, conninfo: str) -> list[tuple[str, str]]:
    """How to go on once the demo has ended: what for, and the command, as the user would type it here."""
    program = "sessionbook" if shutil.which("sessionbook") else f"{shlex.quote(sys.executable)} -m sessionbook"
    psql = "psql" if shutil.which("psql") else shlex.quote(str(server_programs(None) / "psql"))
    dsn = shlex.quote(conninfo)
    return [
        ("start it again", f"{program} serve --folder {shlex.quote(str(folder))}"),
        ("connect", f"{psql} {dsn}"),
        ("find the tables", " or ".join(f"set search_path = {chapter.unit};" for chapter in CHAPTERS)),
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
