"""Tables are adopted while the application works, and ours beside it from then on: nothing is lost or oversold."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import psycopg

from support.adoption import Application

WRITERS = 20
RETRYABLE = {"40001", "40P01", "55P03"}
# The old search_path: connect again.
MOVED = {"42P01"}
# Ours before there are any.
NOT_YET = {"42883"}
FULL = {"session_full"}

APPLICATION = """
update workshop_sessions set current_attendees = current_attendees + 1
where id = %s and (max_attendees = 0 or current_attendees < max_attendees)
"""
OURS = "select enroll(%s, 'Noor', %s)"


class Crowd:
    """Connections that take seats until they are told to stop."""

    def __init__(self, market: Application, sessions: list[UUID]) -> None:
        self.market = market
        self.sessions = sessions
        self.taken: Counter[UUID] = Counter()
        self.by: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.ended = threading.Event()
        self.lock = threading.Lock()

    def work(self, number: int, ours: bool) -> None:
        connection = psycopg.connect(self.market.dsn, autocommit=True)
        place = number
        while not self.ended.is_set():
            place += 1
            session = self.sessions[place % len(self.sessions)]
            try:
                if ours:
                    seats = connection.execute(OURS, [session, f"n{number}-{place}@example.org"]).rowcount
                else:
                    seats = connection.execute(APPLICATION, [session]).rowcount
                with self.lock:
                    self.taken[session] += seats
                    self.by["ours" if ours else "theirs"] += seats
            except psycopg.Error as error:
                if error.sqlstate in MOVED | NOT_YET:
                    connection.close()
                    connection = psycopg.connect(self.market.dsn, autocommit=True)
                elif error.sqlstate not in RETRYABLE and error.diag.constraint_name not in FULL:
                    with self.lock:
                        self.errors[f"{error.sqlstate} {error}"] += 1
            time.sleep(0.2)
        connection.close()


def test_forty_connections_lose_nothing(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    # Half of them are full before ours come, the others never.
    market.run(
        "update workshop_sessions set status = 'upcoming', current_attendees = 0,"
        " max_attendees = case when id::text < '8' then 60 else 100000 end"
    )
    sessions = [id for (id,) in market.rows("select id from workshop_sessions where session_date > current_date + 1")]
    crowd = Crowd(market, sessions)
    threads = [
        threading.Thread(target=crowd.work, args=(number, ours)) for number in range(WRITERS) for ours in (False, True)
    ]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        before = Counter(crowd.by)
        market.adopt()
        for _ in range(300):
            if crowd.by["ours"] > 50 and crowd.by["theirs"] > before["theirs"] + 50:
                break
            time.sleep(0.1)
    finally:
        crowd.ended.set()
        for thread in threads:
            thread.join()

    assert crowd.errors == Counter()
    assert before["theirs"] > 0
    assert crowd.by["ours"] > 0
    found = dict(market.rows("select id, current_attendees from workshop_sessions where id = any(%s)", crowd.sessions))
    assert found == {session: crowd.taken[session] for session in crowd.sessions}
    assert (
        market.rows("select from workshop_sessions where current_attendees > max_attendees and max_attendees > 0") == []
    )
