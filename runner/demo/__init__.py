"""`sessionbook demo`: each business with sample data on a scratch server, its functions and views shown."""

import sys
from pathlib import Path
from typing import Any

from ..database import Connection, connect
from ..deploy.apply import apply
from ..output import print_json
from .scratch import choose, fresh_server, ways
from .show import Screen
from .story import Chapter, load, play, read_chapter

CHAPTERS: tuple[Chapter, ...] = tuple(map(read_chapter, ("workshop", "tutoring", "training")))


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
