"""Tables are adopted while the application works, and ours beside it from then on: nothing is lost or oversold."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from support.adoption import Application

WRITERS = 20
RETRYABLE = {"40001", "40P01", "55P03"}
# The old search_path: connect again.
MOVED = {"42P01"}
# Ours before there are any.
NOT_YET = {"42883"}


@dataclass(frozen=True)
class Traffic:
    """What the application's connections and ours write, and what tells afterwards that all of it is there, once.

    Attributes:
        before: makes room for it.
        theirs: by the application; worker and place make it one of its kind, target is one of targets.
        ours: the same by a function of ours.
        targets: what both write to.
        refused: keys of what a full target answers.
        found: rows written, by target.
        twice: finds what was given to two.
    """

    before: str
    theirs: str
    ours: str
    targets: str
    refused: set[str]
    found: str
    twice: str


TRAFFIC = {
    # Half of the sessions are full before ours come, the others never.
    "marketplace": Traffic(
        "update workshop_sessions set status = 'upcoming', current_attendees = 0,"
        " max_attendees = case when id::text < '8' then 60 else 100000 end",
        "update workshop_sessions set current_attendees = current_attendees + 1"
        " where id = %(target)s and (max_attendees = 0 or current_attendees < max_attendees)",
        "select enroll(%(target)s, 'Noor', 'n%(worker)s-%(place)s@example.org')",
        "select id from workshop_sessions where session_date > current_date + 1",
        {"session_full"},
        "select id, current_attendees from workshop_sessions where session_date > current_date + 1",
        "select from workshop_sessions where current_attendees > max_attendees and max_attendees > 0",
    ),
    "lessons": Traffic(
        "select",
        "insert into sessions (enrolled_courses_id, session_date, start_time, end_time) values (%(target)s,"
        " date '2031-01-06' + %(worker)s * 30 + %(place)s / 20, make_time(%(place)s %% 20, 0, 0),"
        " make_time(%(place)s %% 20, 30, 0))",
        "select create_sessions(%(target)s, jsonb_build_array(jsonb_build_object('session_date',"
        " date '2031-01-06' + %(worker)s * 30 + %(place)s / 20, 'start_time', make_time(%(place)s %% 20, 0, 0),"
        " 'end_time', make_time(%(place)s %% 20, 30, 0))))",
        "select id from enrolled_courses order by id",
        set(),
        "select enrolled_courses_id, count(*) from sessions where session_date > '2030-01-01' group by 1",
        "select from sessions where session_date > '2030-01-01' and starts_at is null",
    ),
    # Of ours, one gets the hour; the drafts of the application are nobody's.
    "planner": Traffic(
        "select",
        "insert into sessions (id, course_id, created_by_id, updated_at)"
        " values ('theirs-%(worker)s-%(place)s', %(target)s, 'crowd', now())",
        "select schedule_session(d.id, 'trainer-1', 'v2', h.hour, h.hour + interval '1 hour')"
        " from create_draft(%(target)s, 'crowd') as d,"
        " (select timestamptz '2031-01-06' + %(place)s * interval '1 hour') as h (hour)",
        "select id from courses where title in ('Course 1', 'Course 2')",
        {"trainer_busy", "venue_busy"},
        "select course_id, count(*) from sessions where created_by_id = 'crowd' group by 1",
        "select from sessions where created_by_id = 'crowd' and trainer_id is not null"
        " group by trainer_id, start_time having count(*) > 1",
    ),
}


class Crowd:
    """Connections that write until they are told to stop."""

    def __init__(self, found: Application, traffic: Traffic) -> None:
        self.found = found
        self.traffic = traffic
        self.targets = [target for (target,) in found.rows(traffic.targets)]
        self.taken: Counter[Any] = Counter()
        self.by: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.ended = threading.Event()
        self.lock = threading.Lock()

    def work(self, number: int, ours: bool) -> None:
        connection = psycopg.connect(self.found.dsn, autocommit=True, cursor_factory=psycopg.ClientCursor)
        place = number
        while not self.ended.is_set():
            place += 1
            target = self.targets[place % len(self.targets)]
            values = {"target": target, "worker": number + WRITERS * ours, "place": place}
            try:
                query = self.traffic.ours if ours else self.traffic.theirs
                rows = connection.execute(query.encode(), values).rowcount
                with self.lock:
                    self.taken[target] += rows
                    self.by["ours" if ours else "theirs"] += rows
            except psycopg.Error as error:
                if error.sqlstate in MOVED | NOT_YET:
                    connection.close()
                    connection = psycopg.connect(self.found.dsn, autocommit=True, cursor_factory=psycopg.ClientCursor)
                elif error.sqlstate not in RETRYABLE and error.diag.constraint_name not in self.traffic.refused:
                    with self.lock:
                        self.errors[f"{error.sqlstate} {error}"] += 1
            time.sleep(0.2)
        connection.close()


@pytest.mark.parametrize("kind", TRAFFIC)
def test_forty_connections_lose_nothing(application_of: Callable[..., Application], kind: str) -> None:
    found, traffic = application_of(kind), TRAFFIC[kind]
    found.run(traffic.before)
    crowd = Crowd(found, traffic)
    threads = [
        threading.Thread(target=crowd.work, args=(number, ours)) for number in range(WRITERS) for ours in (False, True)
    ]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        before = Counter(crowd.by)
        found.adopt(instants_in="UTC")
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
    assert dict(found.rows(traffic.found)) == {target: crowd.taken[target] for target in crowd.targets}
    assert found.rows(traffic.twice) == []
