"""What can go wrong, with the exit code each failure has on the command line."""

from typing import Any


class SessionbookError(Exception):
    """A failure with a message for people.

    Args:
        message: one line, names the values.
        detail: what stands in the way.
        hint: what to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, *, detail: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint

    def to_json(self) -> dict[str, Any]:
        """The failure as a JSON-ready mapping, with the exit code."""
        return {
            "error": self.message,
            "detail": self.detail,
            "hint": self.hint,
            "exit_code": self.exit_code,
        }


class ConnectError(SessionbookError):
    """No connection, or one that cannot be used."""


class SqlError(SessionbookError):
    """PostgreSQL refused something.

    Args:
        message: PostgreSQL's own message.
        sqlstate: five characters, or None for a lost connection.
        file: path below the SQL root, or None outside a file.
        line: line in the file, from 1, or None where PostgreSQL gives no position.
    """

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str | None = None,
        file: str | None = None,
        line: int | None = None,
        detail: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, detail=detail, hint=hint)
        self.sqlstate = sqlstate
        self.file = file
        self.line = line

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}: " if self.line is None else f"{self.file}:{self.line}: "
        return f"{place}{self.sqlstate + ' ' if self.sqlstate else ''}{self.message}"

    def to_json(self) -> dict[str, Any]:
        """As for every failure, with sqlstate, file and line."""
        return {**super().to_json(), "sqlstate": self.sqlstate, "file": self.file, "line": self.line}


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


class Stopped(SessionbookError):
    """Somebody ended the command.

    Args:
        terminated: by SIGTERM, and not by Ctrl-C.
    """

    def __init__(self, terminated: bool) -> None:
        super().__init__(f"{'terminated' if terminated else 'interrupted'}; what was open is rolled back")
        self.exit_code = 143 if terminated else 130


class CronError(SessionbookError):
    """pg_cron is not to be had, or not as asked.

    Args:
        key: stable name of the fact, such as extension_missing.
        message: one line, names the values.
        hint: what to do about it.
    """

    def __init__(self, key: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.key = key

    def to_json(self) -> dict[str, Any]:
        """As for every failure, with the key."""
        return {**super().to_json(), "key": self.key}
