"""The courier's loop: claim reminders, send each, complete them together. How one is sent is up to the caller."""

import argparse
import datetime
import email.utils
import logging
import os
import re
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

log = logging.getLogger("courier")

# What a batch costs when its courier dies: nobody else sends it before the lease has run out.
LEASE_SECONDS = 60.0
# Long enough for one message, with every phase of a request at its time-out.
SEND_SECONDS = 20.0
# How long what an account problem held up stays away, so that a courier that is restarted does not use up its attempts.
ACCOUNT_PAUSE = 300.0
LONGEST_PAUSE = 3600.0


@dataclass(frozen=True)
class Reminder:
    """What a claim gives.

    Attributes:
        id: key of the reminder.
        kind: starts_soon, alarm, changed or cancelled.
        recipient: phone number, as the application stored it.
        message: student, tutor, course, session_date, start_time, end_time, timezone, starts_at, session_mode,
            location.
        attempts: which attempt this is, from 1.
    """

    id: int
    kind: str
    recipient: str
    message: dict[str, Any]
    attempts: int


class Refused(Exception):
    """This message will never go through; trying again is no use."""


class Unsent(Exception):
    """This message did not go through, and may the next time.

    Args:
        message: what happened.
        seconds: wait at least this long; None: as the database thinks.
    """

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class SlowDown(Unsent):
    """No message goes through for a while: seconds says how long."""


class AccountError(Exception):
    """No message goes through until a person mends the account or the settings."""


class Send(Protocol):
    """Sends one reminder; returning means that it was sent."""

    def __call__(self, reminder: Reminder) -> None: ...


class Outbox:
    """The three functions of one installation of unit tutoring, over connections that may break.

    Nothing is locked while a message is on its way: a claim is a lease, and each call is a transaction of its own.
    """

    def __init__(self, dsn: str, schema: str, stopping: Callable[[], bool]) -> None:
        self._dsn = dsn
        self._stopping = stopping
        self._schema = sql.Identifier(schema)
        self._connection: psycopg.Connection[dict[str, Any]] | None = None
        # One name for the life of the process: a call that is repeated after a lost connection is still its own.
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def claim(self, limit: int) -> list[Reminder]:
        rows = self._call(
            "select c.id, c.kind, c.recipient, c.message, c.attempts"
            " from {}.claim_reminders(%s, %s, make_interval(secs => %s)) as c order by c.for_starts_at, c.id",
            [self.worker, limit, LEASE_SECONDS],
        )
        return [Reminder(**row) for row in rows]

    def complete(self, reminders: Sequence[Reminder]) -> None:
        self._settle(
            reminders, "sent", "select c.reminder_id as id, c.problem from {}.complete_reminders(%s, %s) as c", []
        )

    def fail(
        self,
        reminders: Sequence[Reminder],
        error: str,
        *,
        seconds: float | None = None,
        permanent: bool = False,
    ) -> None:
        self._settle(
            reminders,
            # Why is in reminders.last_error: what a provider says may hold the number.
            "refused" if permanent else "not sent",
            "select f.reminder_id as id, f.problem"
            " from {}.fail_reminders(%s, %s, %s, make_interval(secs => %s), %s) as f",
            [error, seconds, permanent],
        )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _settle(self, reminders: Sequence[Reminder], outcome: str, statement: str, values: Sequence[object]) -> None:
        if not reminders:
            return
        for row in self._call(statement, [[reminder.id for reminder in reminders], self.worker, *values]):
            if row["problem"] is None:
                log.info("reminder %s: %s", row["id"], outcome)
            else:
                # The lease ran out and another courier has it, or the session is gone for good.
                log.warning("reminder %s: %s, but it is no longer ours: %s", row["id"], outcome, row["problem"])

    def _call(self, statement: str, values: Sequence[object]) -> list[dict[str, Any]]:
        pause = 0.5
        while True:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = psycopg.connect(
                        self._dsn, autocommit=True, row_factory=dict_row, application_name="sessionbook courier"
                    )
                return self._connection.execute(sql.SQL(statement).format(self._schema), values).fetchall()
            except psycopg.OperationalError as error:
                # At the very first connection nothing can be lost yet, and a wrong password does not get better.
                if self._connection is None or self._stopping():
                    raise
                log.warning("the database is away, trying again: %s", str(error).strip())
                time.sleep(pause)
                pause = min(pause * 2, 10.0)


class Courier:
    """Claims in batches and sends, until there is nothing left (once) or a signal comes."""

    def __init__(self, dsn: str, schema: str, send: Send, *, limit: int, every: float) -> None:
        self._stopped = False
        self._outbox = Outbox(dsn, schema, lambda: self._stopped)
        self._send = send
        self._limit = limit
        self._every = every
        # After "too many" a single one is sent as a probe: each claim is an attempt, and five are all there are.
        self._batch = limit

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: the message on its way is finished, the rest of the batch goes back."""
        self._stopped = True

    def run(self, *, once: bool) -> None:
        try:
            while not self._stopped:
                batch = self._outbox.claim(self._batch)
                pause = self._deliver(batch)
                if once and (not batch or pause):
                    return
                self._sleep(pause or (0.0 if batch else self._every))
        finally:
            self._outbox.close()

    def _deliver(self, batch: list[Reminder]) -> float:
        """Sends a batch; returns seconds to send nothing for."""
        sent: list[Reminder] = []
        try:
            return self._send_each(list(batch), sent)
        finally:
            self._outbox.complete(sent)

    def _send_each(self, left: list[Reminder], sent: list[Reminder]) -> float:
        last_moment = time.monotonic() + LEASE_SECONDS - SEND_SECONDS
        while left:
            if self._stopped or time.monotonic() > last_moment:
                self._outbox.fail(left, "its courier had no time for it")
                return 0.0
            reminder = left.pop(0)
            try:
                self._send(reminder)
            except SlowDown as error:
                seconds = error.seconds or 0.0
                log.warning("nothing is sent for %.0f seconds", seconds)
                self._outbox.fail([reminder, *left], str(error), seconds=seconds)
                self._batch = 1
                return seconds
            except Unsent as error:
                self._outbox.fail([reminder], str(error), seconds=error.seconds)
            except Refused as error:
                self._outbox.fail([reminder], str(error), permanent=True)
            except AccountError as error:
                self._outbox.fail([reminder, *left], str(error), seconds=ACCOUNT_PAUSE)
                raise
            else:
                sent.append(reminder)
                self._batch = self._limit
        return 0.0

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopped and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))


def retry_after(value: str) -> float | None:
    """Seconds that the header Retry-After asks for, which is a number or a date.

    Args:
        value: of the header, blank if there was none.

    Returns:
        From 1 to an hour; None: it does not say.
    """
    if re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII):
        seconds = float(value)
    else:
        try:
            date = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (date.astimezone(datetime.UTC) - datetime.datetime.now(datetime.UTC)).total_seconds()
    return min(max(seconds, 1.0), LONGEST_PAUSE)


def main(make_send: Callable[[], Send], description: str) -> None:
    """Command line of a courier.

    Args:
        make_send: called once, after the arguments were read; raises AccountError if settings are missing.
        description: for --help.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--dsn", default=os.environ.get("DATABASE_URL", ""), help="else DATABASE_URL, else libpq's own")
    parser.add_argument("--schema", default="tutoring", help="installation of unit tutoring (default: tutoring)")
    parser.add_argument(
        "--limit", type=_positive(int, 1000), default=10, help="reminders a claim (default: 10, at most 1000)"
    )
    parser.add_argument(
        "--every", type=_positive(float), default=5.0, help="seconds between claims when idle (default: 5)"
    )
    parser.add_argument("--once", action="store_true", help="send what is due and end")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    # It would write a line a request.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        courier = Courier(given.dsn, given.schema, make_send(), limit=given.limit, every=given.every)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, courier.stop)
        courier.run(once=given.once)
    except AccountError as error:
        sys.exit(f"courier: {error}")
    except psycopg.Error as error:
        sys.exit(f"courier: {_explained(error, given.schema)}")


def _explained(error: psycopg.Error, schema: str) -> str:
    if error.sqlstate in ("3F000", "42883"):
        return f"there is no claim_reminders() in schema {schema}; run sessionbook apply, or name another with --schema"
    if error.sqlstate == "42501":
        role = "sessionbook_courier" if schema == "tutoring" else f"{schema}_courier, or as --role-prefix called it"
        return f"{error.diag.message_primary}; the login role has to be in {role}"
    return str(error).strip()


def _positive(kind: Callable[[str], float], most: float = 1e6) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = kind(text)
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not a number above 0 and up to {most:g}")
        return value

    return number
