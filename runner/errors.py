"""What can go wrong, with the exit code each failure has on the command line."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


class SessionbookError(Exception):
    """A failure with a message for people: one line that names the values, what stands in the way, and what to do."""

    exit_code = 1

    def __init__(self, message: str, *, detail: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint

    def to_json(self) -> dict[str, Any]:
        """The failure as a JSON-ready mapping, with the exit code."""
        more = {key: value for key, value in vars(self).items() if key not in ("message", "exit_code")}
        return {"error": self.message, **more, "exit_code": self.exit_code}


class ConnectError(SessionbookError):
    """No connection, or one that cannot be used."""


class SqlError(SessionbookError):
    """PostgreSQL refused something; message is its own.

    sqlstate: five characters, or None for a lost connection.
    file, line, installation: path below the SQL root, line in it, from 1, and what it is about; None: none.
    """

    def __init__(self, message: str, *, sqlstate: str | None = None, **said: str | None) -> None:
        super().__init__(message, **said)
        self.sqlstate = sqlstate
        self.file: str | None = None
        self.line: int | None = None
        self.installation: str | None = None

    def __str__(self) -> str:
        place = "" if self.file is None else self.file if self.line is None else f"{self.file}:{self.line}"
        where = "".join(f"{part}: " for part in (self.installation, place) if part)
        return f"{where}{self.sqlstate + ' ' if self.sqlstate else ''}{self.message}"


def is_lost(error: SessionbookError) -> bool:
    """Whether there is no connection any more, or none yet."""
    sqlstate = getattr(error, "sqlstate", None)
    return sqlstate is None or sqlstate.startswith(("08", "57P"))


class BlockedError(SqlError):
    """An object that is not ours depends on one that has to go; nothing is ever dropped by cascade."""


class UsageError(SessionbookError):
    """The request makes no sense as it was put."""

    exit_code = 2


class PackageError(UsageError):
    """The tree of SQL files is broken."""


class DriftError(SessionbookError):
    """What was applied is not what the files say."""

    exit_code = 4


class LockedError(SessionbookError):
    """Somebody else is deploying to this database."""

    exit_code = 5


class DirtyError(SessionbookError):
    """A migration that ran outside a transaction died, and somebody has to say how far it came."""

    exit_code = 6


class HeldError(SessionbookError):
    """A server waits for a canary that failed."""

    exit_code = 3


class Stopped(SessionbookError):
    """Somebody ended the command: by SIGTERM, or by Ctrl-C."""

    def __init__(self, terminated: bool) -> None:
        super().__init__(f"{'terminated' if terminated else 'interrupted'}; what was open is rolled back")
        self.exit_code = 143 if terminated else 130


class CronError(SessionbookError):
    """pg_cron is missing, or not as asked; key: stable name of the fact, such as extension_missing."""

    def __init__(self, key: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.key = key


# The engine puts file and line in front of each statement that it runs.
_PLACE = re.compile(r"/\* (\S+):(\d+) \*/ ")
_FILE = re.compile(r"(\S+\.sql): ")
_REFUSALS: dict[str, type[SessionbookError]] = {
    "sessionbook_dirty": DirtyError,
    "sessionbook_drift": DriftError,
    "sessionbook_has_rows": UsageError,
    "sessionbook_locked": LockedError,
    "sessionbook_no_citus": UsageError,
    "sessionbook_occupied": UsageError,
    "sessionbook_usage": UsageError,
}


def translate(error: psycopg.Error) -> SessionbookError:
    """Makes an error of ours from one of the driver's; the engine's own refusals become what they mean."""
    diag = error.diag
    message = diag.message_primary or str(error).strip() or "connection lost"
    if refusal := _REFUSALS.get(diag.constraint_name or ""):
        return refusal(message, detail=diag.message_detail or None, hint=diag.message_hint)
    query, context = diag.internal_query or "", diag.context or ""
    kind = BlockedError if diag.constraint_name == "sessionbook_blocked" else SqlError
    # What comes after the statement is the engine's own.
    said = context.partition('SQL statement "/* ')[0].partition("PL/pgSQL function sessionbook.")[0].strip()
    made = kind(
        message,
        sqlstate=error.sqlstate,
        detail="\n".join(filter(None, (diag.message_detail, said))) or None,
        hint=diag.message_hint,
    )
    if found := _PLACE.match(query):
        before = max(int(diag.internal_position or 1) - 1, 0)
        made.file, made.line = found[1], int(found[2]) + query.count("\n", 0, before)
    elif found := _PLACE.search(context):
        made.file, made.line = found[1], int(found[2])
    elif found := _FILE.match(message):
        made.file, made.message = found[1], message[found.end() :]
    made.hint = (
        made.hint or _HINTS.get(error.sqlstate or "") or (None if made.file else _MISSING.get(error.sqlstate or ""))
    )
    return made


_HINTS = {
    "25006": "This is a standby, or set to read only: connect to the primary.",
    "42501": "What a deployer needs is listed in docs/deploying.md; status and verify need role sessionbook_monitor,"
    " watch sessionbook_reader.",
}
# Outside a file of the package.
_MISSING = dict.fromkeys(("3F000", "42883", "42P01"), "Is everything applied to this database? Run: sessionbook apply")


@contextmanager
def translated(installation: object = None) -> Iterator[None]:
    """Turns errors of the driver into ours; installation: which one the work within is about."""
    try:
        yield
    except psycopg.Error as error:
        made = translate(error)
        if isinstance(made, SqlError) and installation is not None:
            made.installation = str(installation)
        raise made from error
