"""How a command ends: what it prints, and its exit code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from .errors import SessionbookError, Stopped
from .signals import UNREAD, Terminated, sigterm_raises, unread


@contextmanager
def handled(dsn: str | None, json_output: bool, *, ends_well: bool = False) -> Iterator[str]:
    """Resolves where to connect, and turns failures into messages and exit codes.

    Args:
        dsn: as given.
        json_output: print failures as JSON too.
        ends_well: the command runs until it is told to stop, which then is no failure.
    """
    from .connection import resolve

    conninfo = resolve(dsn)
    try:
        with sigterm_raises():
            yield conninfo
    except SessionbookError as error:
        from .output import print_error

        print_error(error, conninfo, json_output=json_output)
        raise typer.Exit(error.exit_code) from None
    except BrokenPipeError:
        unread()
        raise typer.Exit(UNREAD) from None
    except OSError as error:
        from .output import print_error

        print_error(SessionbookError(str(error)), conninfo, json_output=json_output)
        raise typer.Exit(1) from None
    except KeyboardInterrupt as interrupt:
        if ends_well:
            raise typer.Exit(0) from None
        from .output import print_error

        stopped = Stopped(isinstance(interrupt, Terminated))
        print_error(stopped, conninfo, json_output=json_output)
        raise typer.Exit(stopped.exit_code) from None


def show(json_output: bool, value: Any, for_people: Callable[[], None]) -> None:
    """Prints a result: as one JSON object, or the way people read it."""
    if json_output:
        from .output import print_json

        print_json(value)
    else:
        for_people()
