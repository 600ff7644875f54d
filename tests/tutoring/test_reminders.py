"""The outbox: what couriers claim, complete and fail."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest

from support.connect import Connect
from support.errors import raises_key
from support.school import School

BEFORE = "2027-01-04 09:00+00"
LEASE_OVER = "update reminders set lease_until = clock_timestamp() - interval '1 second' where state = 'claimed'"


@pytest.fixture
def queued(school: School) -> int:
    """A session whose reminder waits for a courier, an hour before the start."""
    session = school.session()
    school.at(BEFORE)
    school.advance(BEFORE)
    return session


def state(school: School) -> tuple[str, str | None]:
    row = school.row("select state, reason from reminders")
    return row["state"], row["reason"]


def test_claim_hands_out_what_is_to_be_sent(school: School, queued: int) -> None:
    (claimed,) = school.claim("one")
    assert (claimed["session_id"], claimed["recipient"], claimed["attempts"]) == (queued, "+96555550000", 1)
    assert claimed["message"] == {
        "student": "Sara",
        "tutor": "Noor",
        "course": "Physics",
        "session_date": "2027-01-04",
        "start_time": "10:00:00",
        "end_time": "12:00:00",
        "timezone": "UTC",
        "starts_at": "2027-01-04T10:00:00+00:00",
        "session_mode": "online",
        "location": None,
    }
    assert school.claim("two") == []


def test_complete(school: School, queued: int) -> None:
    (claimed,) = school.claim()
    school.conn.execute("select complete_reminder(%s, 'courier')", [claimed["id"]])
    assert state(school) == ("sent", None)
    assert school.claim() == []


def test_complete_once_more_changes_nothing(school: School, queued: int) -> None:
    (claimed,) = school.claim()
    for _ in range(2):
        school.conn.execute("select complete_reminder(%s, 'courier')", [claimed["id"]])
        school.at("2027-01-04 09:30+00")
    assert school.one("select settled_at = '2027-01-04 09:00+00' from reminders") is True


def test_limit_and_order(school: School) -> None:
    sessions = [school.session(start_time=f"10:0{minute}") for minute in (2, 0, 1)]
    school.at("2027-01-04 09:30+00")
    school.advance("2027-01-04 09:30+00")
    assert [row["session_id"] for row in school.claim(limit=2)] == [sessions[1], sessions[2]]


def test_failure_is_tried_again_after_growing_delays_and_given_up_after_five(school: School, queued: int) -> None:
    delays = []
    for _ in range(5):
        (claimed,) = school.claim()
        again = school.one("select fail_reminder(%s, 'courier', 'HTTP 500')", claimed["id"])
        if again is not None:
            delays.append(school.one("select extract(epoch from %s - lifecycle.now())::int", again))
            assert school.claim() == []
            school.at(again.isoformat())
    assert delays == [15, 30, 60, 120]
    assert school.row("select state, attempts, last_error from reminders") == {
        "state": "failed",
        "attempts": 5,
        "last_error": "HTTP 500",
    }


def test_failure_waits_as_long_as_the_other_side_asks(school: School, queued: int) -> None:
    (claimed,) = school.claim()
    again = school.one("select fail_reminder(%s, 'courier', 'HTTP 429', '10 minutes')", claimed["id"])
    assert school.one("select %s - lifecycle.now() = '10 minutes'", again) is True


def test_permanent_failure_is_given_up_at_once(school: School, queued: int) -> None:
    (claimed,) = school.claim()
    assert school.one("select fail_reminder(%s, 'courier', 'HTTP 400', null, true)", claimed["id"]) is None
    assert state(school) == ("failed", None)


def test_retry_brings_a_given_up_reminder_back(school: School, queued: int) -> None:
    (claimed,) = school.claim()
    school.conn.execute("select fail_reminder(%s, 'courier', 'HTTP 400', null, true)", [claimed["id"]])
    school.conn.execute("select retry_reminder(%s)", [claimed["id"]])
    assert [row["attempts"] for row in school.claim()] == [1]


def test_retry_of_one_that_did_not_fail(school: School, queued: int) -> None:
    (claimed,) = school.claim()
    with raises_key("PT409", "reminder_not_failed"):
        school.conn.execute("select retry_reminder(%s)", [claimed["id"]])


def test_retry_once_more_changes_nothing(school: School, queued: int) -> None:
    (claimed,) = school.claim()
    school.conn.execute("select fail_reminder(%s, 'courier', 'HTTP 400', null, true)", [claimed["id"]])
    first, second = (school.row("select * from retry_reminder(%s)", claimed["id"]) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("permanent", [False, True])
def test_fail_once_more_changes_nothing(school: School, queued: int, permanent: bool) -> None:
    (claimed,) = school.claim()
    call = "select fail_reminder(%s, 'courier', 'HTTP 500', null, %s)"
    first = school.one(call, claimed["id"], permanent)
    before = school.row("select * from reminders")
    school.at("2027-01-04 09:30+00")
    assert school.one(call, claimed["id"], permanent) == first
    assert school.row("select * from reminders") == before


@pytest.mark.parametrize(
    "change",
    [
        "select cancel_session({session})",
        "select delete_session({session})",
        "select reschedule_session({session}, '2027-01-05', '10:00', '12:00')",
        "update enrolled_students set phone = null",
    ],
)
def test_complete_once_more_after_its_session_changed(school: School, queued: int, change: str) -> None:
    (claimed,) = school.claim()
    call = "select complete_reminder(%s, 'courier')"
    school.conn.execute(call, [claimed["id"]])
    school.conn.execute(change.format(session=queued))
    for now in ("2027-01-04 09:30+00", "2027-01-04 12:30+00"):
        school.advance(now)
        before = school.rows("select * from reminders order by id")
        school.conn.execute(call, [claimed["id"]])
        assert school.rows("select * from reminders order by id") == before


def test_fail_by_another_after_it_failed(school: School, queued: int) -> None:
    (claimed,) = school.claim("one")
    school.conn.execute("select fail_reminder(%s, 'one', 'HTTP 500')", [claimed["id"]])
    with raises_key("PT409", "lease_lost"):
        school.conn.execute("select fail_reminder(%s, 'two', 'HTTP 500')", [claimed["id"]])


@pytest.mark.parametrize("call", ["retry_reminder(-1)", "complete_reminder(-1, 'x')", "fail_reminder(-1, 'x', 'no')"])
def test_no_such_reminder(school: School, call: str) -> None:
    with raises_key("PT404", "reminder_not_found"):
        school.conn.execute(f"select {call}")


@pytest.mark.parametrize(
    "arguments",
    [
        *("null", "''", "'x', 0", "'x', null", "'x', 1, '0'", "'x', 1, null", "'x', 1, '-1 s'"),
        *("'x', 1001", "'x', 2147483647", "'x', 1, '1000 years'", "'x', 1, '61 minutes'", "repeat('x', 201)"),
    ],
)
def test_claim_that_cannot_be_right(school: School, arguments: str) -> None:
    with raises_key("PT400", "invalid_claim"):
        school.conn.execute(f"select claim_reminders({arguments})")


def test_lease_that_ran_out_goes_to_the_next(school: School, queued: int) -> None:
    school.claim("dead")
    school.conn.execute(LEASE_OVER)
    (claimed,) = school.claim("alive")
    assert (claimed["attempts"], claimed["last_error"]) == (2, "the lease of dead ran out")


@pytest.mark.parametrize("call", ["complete_reminder(%s, 'slow')", "fail_reminder(%s, 'slow', 'late')"])
def test_late_word_from_a_worker_that_lost_its_lease(school: School, queued: int, call: str) -> None:
    (claimed,) = school.claim("slow")
    school.conn.execute(LEASE_OVER)
    school.claim("quick")
    with raises_key("PT409", "lease_lost") as error:
        school.conn.execute(f"select {call}", [claimed["id"]])
    assert "quick" in error.detail


def test_late_completion_counts_while_nobody_else_has_it(school: School, queued: int) -> None:
    (claimed,) = school.claim("slow")
    school.conn.execute(LEASE_OVER)
    school.conn.execute("select complete_reminder(%s, 'slow')", [claimed["id"]])
    assert state(school) == ("sent", None)


def test_completion_after_the_start_counts(school: School, queued: int) -> None:
    (claimed,) = school.claim("slow")
    school.conn.execute(LEASE_OVER)
    school.advance("2027-01-04 10:00+00")
    assert state(school) == ("missed", "start_passed")
    school.conn.execute("select complete_reminder(%s, 'slow')", [claimed["id"]])
    assert state(school) == ("sent", None)


def test_claims_that_always_die_are_given_up(school: School, queued: int) -> None:
    for _ in range(5):
        assert len(school.claim()) == 1
        school.conn.execute(LEASE_OVER)
    assert school.claim() == []
    assert state(school) == ("failed", None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("select reschedule_session(%s, '2027-01-05', '10:00', '12:00')", "session_moved"),
        ("select cancel_session(%s)", "session_cancelled"),
        ("select delete_session(%s)", "session_deleted"),
        ("update sessions set status = 'no_show' where id = %s", "session_no_show"),
        ("select start_session(%s)", "session_in_progress"),
        ("update enrolled_students set phone = null where %s > 0", "no_phone_number"),
    ],
)
def test_claim_looks_at_the_session_again(school: School, queued: int, change: str, reason: str) -> None:
    school.conn.execute(change, [queued])
    assert school.claim() == []
    assert state(school) == ("prevented", reason)


def test_prevented_ones_do_not_fill_a_claim(school: School) -> None:
    for minute in range(3):
        school.session(start_time=f"10:0{minute}")
    school.at("2027-01-04 09:30+00")
    school.advance("2027-01-04 09:30+00")
    school.conn.execute("update sessions set status = 'cancelled' where start_time < '10:02'")
    assert len(school.claim(limit=1)) == 1


def test_claim_after_the_start_misses(school: School, queued: int) -> None:
    school.at("2027-01-04 10:00+00")
    assert school.claim() == []
    assert state(school) == ("missed", "start_passed")


def test_claim_says_what_is_true_now(school: School, queued: int) -> None:
    school.conn.execute("update sessions set location = 'Room 2'")
    school.conn.execute("update enrolled_students set phone = '+9652'")
    (claimed,) = school.claim()
    assert (claimed["recipient"], claimed["message"]["location"]) == ("+9652", "Room 2")


def test_deleted_moved_and_merely_edited(school: School) -> None:
    """One of two is deleted: 1 sent, 1 prevented. One is moved: 2 sent, 1 prevented. Only the place changes: 2 sent."""
    outcome = {}
    for case, change in {
        "deleted": "select delete_session(%s)",
        "moved": "select reschedule_session(%s, '2027-01-04', '10:30', '12:00')",
        "edited": "update sessions set location = 'Room 2' where id = %s",
    }.items():
        school.conn.execute("delete from sessions")
        first, _ = school.session(), school.session(start_time="10:00")
        school.at(BEFORE)
        school.advance(BEFORE)
        school.conn.execute(change, [first])
        school.at("2027-01-04 09:40+00")
        school.advance("2027-01-04 09:40+00")
        for claimed in school.claim():
            school.conn.execute("select complete_reminder(%s, 'courier')", [claimed["id"]])
        rows = school.rows("select state, count(*) as n from reminders group by state order by state")
        outcome[case] = {row["state"]: row["n"] for row in rows}
    assert outcome == {
        "deleted": {"prevented": 1, "sent": 1},
        "moved": {"prevented": 1, "sent": 2},
        "edited": {"sent": 2},
    }


def test_eight_couriers_some_dying_send_every_reminder_once_or_visibly_again(school: School, connect: Connect) -> None:
    """A courier that dies has sent nothing; its lease, a short one, brings its reminders back."""
    day = school.one("select (now() at time zone 'UTC' + interval '30 minutes')::timestamp")
    school.conn.execute(
        "insert into sessions (enrolled_courses_id, session_date, start_time, end_time, timezone)"
        " select %s, %s, %s, time '12:00', 'UTC' from generate_series(1, 200)",
        [school.course, day.date(), day.time()],
    )
    school.conn.execute("select lifecycle.advance('tutoring', now())")
    sent: list[int] = []
    lock = threading.Lock()

    def work(conn: psycopg.Connection, me: int) -> None:
        conn.execute("set search_path = tutoring")
        worker, idle, dies = f"courier-{me}", 0, me % 2 == 0
        while idle < 8:
            lease = "300 ms" if dies else "1 minute"
            claimed = conn.execute("select id from claim_reminders(%s, 5, %s)", [worker, lease]).fetchall()
            idle = 0 if claimed else idle + 1
            for (reminder,) in claimed:
                if dies:
                    worker, dies = f"{worker}-again", len(worker) < 30
                    break
                with lock:
                    sent.append(reminder)
                conn.execute("select complete_reminder(%s, %s)", [reminder, worker])
            if not claimed:
                time.sleep(0.1)

    threads = [threading.Thread(target=work, args=[connect(role="sessionbook_courier"), me]) for me in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    rows: Any = school.rows("select id, state, attempts, worker, last_error from reminders")
    assert {row["state"] for row in rows} == {"sent"}
    assert len(rows) == 200
    assert sorted(sent) == sorted(row["id"] for row in rows)
    again = [row for row in rows if row["attempts"] > 1]
    assert again
    assert all("ran out" in row["last_error"] for row in again)
