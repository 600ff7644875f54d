"""An installation moves while eight writers book: none is lost, none is there twice, also if the command is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sessionbook.fleet.move import move, take_back

pytestmark = pytest.mark.usefixtures("password")
WRITERS = 8
OPTIONS = "-c role=sessionbook_app -c search_path=workshop -c lock_timeout=700ms"


@dataclass
class Writers:
    """Eight applications that book, each a guest at a time, and follow the installation to where it went."""

    here: str
    there: str
    ended: threading.Event = field(default_factory=threading.Event)
    booked: set[str] = field(default_factory=set)
    refused: int = 0
    moved: set[int] = field(default_factory=set)
    failed: list[Exception] = field(default_factory=list)

    def run(self, number: int) -> None:
        try:
            guest = 0
            dsn = self.here
            while not self.ended.is_set():
                with psycopg.connect(make_conninfo(dsn, options=OPTIONS), autocommit=True) as conn:
                    (session,) = conn.execute(
                        "select session_id from session_availability where max_attendees > 2"
                    ).fetchone() or (None,)
                    while dsn == (self.there if number in self.moved else self.here) and not self.ended.is_set():
                        name = f"{number}-{guest}@example.org"
                        try:
                            conn.execute("select enroll(%s, 'Noor', %s)", [session, name])
                        except psycopg.errors.LockNotAvailable:
                            continue
                        except psycopg.Error as error:
                            if error.diag.constraint_name == "tenant_moved":
                                self.moved.add(number)
                            elif error.diag.constraint_name == "tenant_moving":
                                self.refused += 1
                                time.sleep(0.02)
                            else:
                                raise
                            continue
                        self.booked.add(name)
                        guest += 1
                dsn = self.there if number in self.moved else self.here
        except Exception as error:
            self.failed.append(error)

    def go_on(self) -> None:
        """Waits until as many as there are writers were booked from now on."""
        wanted = len(self.booked) + WRITERS
        deadline = time.monotonic() + 60
        while len(self.booked) < wanted and not self.failed:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@contextmanager
def writing(filled: str, other: str) -> Iterator[Writers]:
    with psycopg.connect(filled) as conn:
        conn.execute(
            "insert into workshop.workshop_sessions (workshop_id, session_date, start_time, end_time, max_attendees)"
            " select w.id, '2037-02-01', '10:00', '12:00', 1000000 from workshop.workshops as w"
        )
    writers = Writers(filled, other)
    threads = [threading.Thread(target=writers.run, args=[number]) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        writers.go_on()
        yield writers
    finally:
        writers.ended.set()
        for thread in threads:
            thread.join()


def assert_kept(dsn: str, writers: Writers) -> None:
    assert writers.failed == []
    with psycopg.connect(dsn) as conn:
        rows = conn.execute(
            "select student_email from workshop.enrollments where student_name = 'Noor' and status = 'successful'"
        ).fetchall()
        assert sorted(email for (email,) in rows) == sorted(writers.booked)
        assert conn.execute("select * from workshop.seat_audit").fetchall() == []


@pytest.mark.every_server
def test_nothing_is_lost_and_nothing_twice(filled: str, other: str) -> None:
    with writing(filled, other) as writers:
        move(filled, "workshop", other)
        while len(writers.moved) < WRITERS and not writers.failed:
            time.sleep(0.01)
        writers.go_on()
    assert writers.refused > 0
    assert_kept(other, writers)


@pytest.mark.parametrize("goes_on", [True, False])
@pytest.mark.parametrize("step", ["copying", "leaving"])
def test_command_that_is_killed(filled: str, other: str, step: str, goes_on: bool) -> None:
    with writing(filled, other) as writers:
        arguments = ["-m", "sessionbook", "move", "workshop", "--dsn", filled, "--to", other]
        with subprocess.Popen([sys.executable, *arguments], stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            said = next(line for line in process.stderr if line.startswith(step))
            process.send_signal(signal.SIGKILL)
        assert said
        assert process.returncode == -signal.SIGKILL
        # The server notices within a second that nobody is there, and frees the lock.
        if goes_on or _has_moved(filled):
            move(filled, "workshop", None)
            while len(writers.moved) < WRITERS and not writers.failed:
                time.sleep(0.01)
        else:
            take_back(filled, "workshop")
        writers.go_on()
    assert_kept(other if writers.moved else filled, writers)


def _has_moved(dsn: str) -> bool:
    """It may have got there before the signal did."""
    with psycopg.connect(dsn) as conn:
        return conn.execute("select step from sessionbook.moves").fetchone() == ("moved",)
