"""Two tickers at once: every move recorded once, every reminder queued once, none lost."""

from __future__ import annotations

import time

import psycopg

from support.concurrency import race, results
from support.school import School


def tick(conn: psycopg.Connection, now: str) -> int:
    conn.execute("set search_path = tutoring")
    moved = 0
    while True:
        row = conn.execute(
            "select sum(moved)::int, sum(failed)::int from lifecycle.advance('tutoring', %s, 50)", [now]
        ).fetchone()
        conn.commit()
        assert row is not None
        if row == (None, None):
            # The other has the clock just now.
            time.sleep(0.01)
            continue
        assert row[1] == 0
        if row[0] == 0:
            return moved
        moved += row[0]


def test_two_tickers_queue_every_reminder_once(school: School, database: str) -> None:
    school.many(1000)
    outcome = race(database, 2, lambda conn, _: tick(conn, "2027-01-04 09:30+00"))
    assert sum(results(outcome)) == 1000
    assert school.row("select count(*) as n, count(distinct session_id) as sessions from reminders") == {
        "n": 1000,
        "sessions": 1000,
    }


def test_two_tickers_record_every_move_once(school: School, database: str) -> None:
    school.many(1000)
    outcome = race(database, 2, lambda conn, _: tick(conn, "2027-01-04 14:00+00"))
    # One may have nothing left to do while the other still holds sessions: the last word is a tick's after both.
    tick(school.conn, "2027-01-04 14:00+00")
    assert len(results(outcome)) == 2
    assert school.rows(
        "select to_status, count(*) as n, count(distinct subject_id) as s from status_changes group by 1"
    ) == [
        {"to_status": "completed", "n": 1000, "s": 1000},
        {"to_status": "in_progress", "n": 1000, "s": 1000},
    ]
    assert school.one("select count(*) from reminders where state = 'missed'") == 1000


def test_cancel_and_tick_at_once_leave_one_truth(school: School, database: str) -> None:
    school.many(40)
    ids = [row["id"] for row in school.rows("select id from sessions order by id")]

    def work(conn: psycopg.Connection, me: int) -> int:
        if me == 0:
            return tick(conn, "2027-01-04 10:30+00")
        conn.execute("set search_path = tutoring")
        for session in ids:
            conn.execute("select cancel_session(%s)", [session])
            conn.commit()
        return 0

    assert len(results(race(database, 2, work))) == 2
    assert school.one("select count(*) from sessions where status = 'cancelled'") == 40
    tick(school.conn, "2027-01-04 14:00+00")
    assert school.one("select count(*) from sessions where status = 'cancelled'") == 40
