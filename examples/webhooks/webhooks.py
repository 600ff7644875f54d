"""Delivers the events of an installation to a web address: signed, in order, again until each is accepted."""

import argparse
import base64
import datetime
import fcntl
import hashlib
import hmac
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

log = logging.getLogger("webhooks")

BATCH = 100
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0


class Refused(Exception):
    """The receiver wants no more events (410)."""


class Place:
    """How far one address has come, kept in a file that one process at a time may hold.

    Args:
        path: of the file; it is made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Beside the file, which is replaced as a whole.
        self._lock = os.open(path.with_suffix(path.suffix + ".lock"), os.O_WRONLY | os.O_CREAT)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def read(self) -> int:
        try:
            return int(self._path.read_text())
        except FileNotFoundError:
            return 0

    def write(self, position: int) -> None:
        """On the disk before it returns, old or new but never half."""
        new = self._path.with_suffix(self._path.suffix + ".new")
        with open(new, "w") as file:
            file.write(f"{position}\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Events:
    """read_events() of one installation, over a connection that may break."""

    def __init__(self, dsn: str, schema: str) -> None:
        self._dsn = dsn
        self._statement = sql.SQL("select * from {}.read_events(%s, %s)").format(sql.Identifier(schema))
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def after(self, position: int) -> list[dict[str, Any]]:
        """Committed before it returns: what is delivered has its position for good."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._dsn, autocommit=True, row_factory=dict_row, application_name="sessionbook webhooks"
            )
        return self._connection.execute(self._statement, [position, BATCH]).fetchall()


class Deliverer:
    """Takes events one after the other; the next one waits until this one was accepted.

    Args:
        events: where they come from.
        place: how far one has come.
        name: of the installation; with the position it names an event.
        url: where they go.
        secret: what they are signed with.
        every: seconds between two looks if there is nothing.
        answer_seconds: how long to wait for an answer.
    """

    def __init__(
        self,
        events: Events,
        place: Place,
        *,
        name: str,
        url: str,
        secret: bytes,
        every: float,
        answer_seconds: float = 10.0,
    ) -> None:
        self._events = events
        self._place = place
        self._name = name
        self._url = url
        self._secret = secret
        self._every = every
        self._client = httpx.Client(timeout=answer_seconds, follow_redirects=False)
        self._stopped = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: the event on its way is finished."""
        self._stopped = True

    def run(self, *, once: bool) -> None:
        position = self._place.read()
        pause = FIRST_PAUSE
        while not self._stopped:
            try:
                batch = self._events.after(position)
            except psycopg.OperationalError as error:
                log.warning("the database is away, trying again: %s", str(error).strip())
                self._sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause = FIRST_PAUSE
            for event in batch:
                if not self._deliver(event):
                    return
                position = event["position"]
                self._place.write(position)
            if not batch:
                if once:
                    return
                self._sleep(self._every)

    def _deliver(self, event: dict[str, Any]) -> bool:
        """Until it is accepted; false: told to end before."""
        pause = FIRST_PAUSE
        while not self._stopped:
            problem = self._post(event)
            if problem is None:
                log.info("event %s: delivered", event["position"])
                return True
            log.warning("event %s: %s; again in %.0f seconds", event["position"], problem, pause)
            self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        return False

    def _post(self, event: dict[str, Any]) -> str | None:
        """Sends it once; what went wrong, or None."""
        mark = f"{self._name}:{event['position']}"
        body = json.dumps(
            {
                "id": mark,
                "type": event["kind"],
                "timestamp": event["occurred_at"].astimezone(datetime.UTC).isoformat(),
                "data": {"subject_id": event["subject_id"], "actor": event["actor"], **event["payload"]},
            },
            ensure_ascii=False,
        ).encode()
        at = str(int(time.time()))
        signed = hmac.new(self._secret, f"{mark}.{at}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": mark,
            "webhook-timestamp": at,
            "webhook-signature": "v1," + base64.b64encode(signed).decode(),
        }
        try:
            response = self._client.post(self._url, content=body, headers=headers)
        except httpx.RequestError as error:
            return f"no answer ({type(error).__name__})"
        if response.status_code == 410:
            raise Refused(f"{self._url} wants no more events (410)")
        return None if response.is_success else f"answered {response.status_code}"

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopped and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Delivers the events of an installation to a web address.")
    parser.add_argument("url", help="where to POST them")
    parser.add_argument("--dsn", default=os.environ.get("DATABASE_URL", ""), help="else DATABASE_URL, else libpq's own")
    parser.add_argument("--schema", default="workshop", help="installation (default: workshop)")
    parser.add_argument("--place", type=Path, default=Path("webhooks.place"), help="file that keeps the position")
    parser.add_argument(
        "--every", type=float, default=1.0, help="seconds between looks if there is nothing (default: 1)"
    )
    parser.add_argument("--once", action="store_true", help="deliver what there is and end")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    # It would write a line a request.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    secret = os.environ.get("WEBHOOK_SECRET", "")
    if len(secret) < 24:
        sys.exit("webhooks: set WEBHOOK_SECRET to at least 24 characters that nobody can guess")
    try:
        place = Place(given.place)
    except BlockingIOError:
        sys.exit(f"webhooks: another process holds {given.place}")
    deliverer = Deliverer(
        Events(given.dsn, given.schema),
        place,
        name=given.schema,
        url=given.url,
        secret=secret.encode(),
        every=given.every,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, deliverer.stop)
    try:
        deliverer.run(once=given.once)
    except (Refused, psycopg.Error) as error:
        sys.exit(f"webhooks: {str(error).strip()}")


if __name__ == "__main__":
    main()
