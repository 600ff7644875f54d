"""schedule_session(): from draft into the calendar, where trainer and venue are a session's alone."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from psycopg import IsolationLevel

from support.concurrency import Crowd, errors, race, results
from support.connect import Connect
from support.department import END, START, Department
from support.errors import raises_key

SCHEDULE = "select training.schedule_session(%s)"
PUBLISH = "update training.sessions set status = 'SCHEDULED' where id = %s"
DEFERRED = "set constraints sessions_trainer_id_excl, sessions_venue_id_excl deferred"
EXCLUSIONS = {"trainer": "sessions_trainer_id_excl", "venue": "sessions_venue_id_excl"}

both = pytest.mark.parametrize("shared", ["trainer", "venue"])


def key(error: psycopg.Error) -> tuple[str | None, str | None]:
    return error.sqlstate, error.diag.constraint_name


def rival(training: Department, shared: str, **columns: Any) -> str:
    """A draft that shares its hour and its trainer or venue with the others, and nothing else."""
    if shared == "trainer":
        return training.planned(venue_id=training.new_venue(), **columns)
    return training.planned(trainer_id=training.new_trainer(teaches=training.course), **columns)


def schedule(training: Department, session: str, *values: Any) -> dict[str, Any]:
    """Publishes: trainer, venue, start and end as given, the rest as the draft has it."""
    values = (*values, *[None] * (4 - len(values)))
    return training.row("select * from schedule_session(%s, %s, %s, %s, %s)", session, *values)


def test_draft_with_a_course_only_is_scheduled_with_all_the_rest(training: Department) -> None:
    draft = training.draft()
    row = schedule(training, draft, training.trainer, training.venue, START, END)
    assert (row["id"], row["status"], row["trainer_id"]) == (draft, "SCHEDULED", training.trainer)
    assert training.one("select (venue_id, end_time) = (%s, %s) from sessions", training.venue, END)
    assert training.moves(draft) == [("DRAFT", "SCHEDULED", "person")]


def test_what_is_left_out_is_as_the_draft_has_it(training: Department) -> None:
    draft, trainer = training.planned(), training.new_trainer(teaches=training.course)
    row = schedule(training, draft, trainer)
    assert (row["trainer_id"], row["venue_id"], row["status"]) == (trainer, training.venue, "SCHEDULED")


@pytest.mark.parametrize("field", ["trainer_id", "venue_id", "start_time", "end_time"])
def test_missing_field_is_named(training: Department, field: str) -> None:
    draft = training.planned(**{field: None})
    with raises_key("PT400", "missing_field") as error:
        schedule(training, draft)
    assert field in error.message
    assert training.status(draft) == "DRAFT"


@pytest.mark.parametrize("end", [START, "2027-01-04 08:59:59+00"])
def test_session_takes_some_time(training: Department, end: str) -> None:
    with raises_key("PT400", "end_before_start"):
        schedule(training, training.planned(end_time=end))


def test_session_is_not_scheduled_for_ever(training: Department) -> None:
    with raises_key("23514", "sessions_finite_check"):
        schedule(training, training.planned(), None, None, START, "infinity")


@both
def test_conflict_names_the_session_in_the_way(training: Department, shared: str) -> None:
    other, draft = training.scheduled(), rival(training, shared)
    with raises_key("PT409", f"{shared}_busy") as error:
        schedule(training, draft)
    for part in (other, "First aid", "2027-01-04 09:00:00", "2027-01-04 12:00:00"):
        assert part in error.detail
    assert training.status(draft) == "DRAFT"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2027-01-04 08:00+00", "2027-01-04 09:00:00.000001+00"),
        ("2027-01-04 11:59:59+00", "2027-01-04 13:00+00"),
        ("2027-01-04 10:00+00", "2027-01-04 11:00+00"),
        ("2027-01-03 22:00+00", "2027-01-05 02:00+00"),
        ("2027-01-04 10:00+01", "2027-01-04 11:00+01"),
    ],
    ids=["into its start", "into its end", "inside", "around it, across midnight", "in another zone"],
)
def test_any_overlap_is_a_conflict(training: Department, start: str, end: str) -> None:
    training.scheduled()
    with raises_key("PT409", "trainer_busy"):
        schedule(training, rival(training, "trainer"), None, None, start, end)


def test_back_to_back_is_no_conflict(training: Department) -> None:
    training.scheduled()
    schedule(training, training.planned(), None, None, "2027-01-04 07:00+00", START)
    schedule(training, training.planned(), None, None, END, "2027-01-04 13:00+00")


def test_session_across_midnight_is_in_the_way_on_both_days(training: Department) -> None:
    training.scheduled(start_time="2027-01-04 22:00+00", end_time="2027-01-05 02:00+00")
    for start, end in (("2027-01-04 23:00+00", "2027-01-04 23:30+00"), ("2027-01-05 01:00+00", "2027-01-05 03:00+00")):
        with raises_key("PT409", "trainer_busy"):
            schedule(training, training.planned(), None, None, start, end)


def test_the_same_local_hour_twice_in_autumn_is_two_hours(training: Department) -> None:
    """Clocks go back in Berlin on 2027-10-31: 02:30 comes twice."""
    training.scheduled(start_time="2027-10-31 02:00+02", end_time="2027-10-31 03:00+02")
    schedule(training, training.planned(), None, None, "2027-10-31 02:00+01", "2027-10-31 03:00+01")
    training.conn.execute("set timezone = 'Europe/Berlin'")
    with raises_key("PT409", "trainer_busy"):
        schedule(training, training.planned(), None, None, "2027-10-31 01:30", "2027-10-31 02:30+01")


def test_drafts_are_in_nobodys_way(training: Department) -> None:
    drafts = [training.planned(), training.planned()]
    schedule(training, drafts[0])
    assert [training.status(draft) for draft in drafts] == ["SCHEDULED", "DRAFT"]


def test_completed_session_keeps_its_hour(training: Department) -> None:
    training.planned(status="COMPLETED")
    with raises_key("PT409", "trainer_busy"):
        schedule(training, training.planned())


@pytest.mark.parametrize("call", ["cancel_session", "delete_session"])
def test_cancelled_or_deleted_session_frees_its_hour_at_once(training: Department, call: str) -> None:
    training.conn.execute(f"select {call}(%s)", [training.scheduled()])
    schedule(training, training.planned())


def test_trainer_must_be_qualified(training: Department) -> None:
    draft = training.planned(trainer_id=training.new_trainer(teaches=training.new_course("Crane")))
    with raises_key("PT400", "trainer_not_qualified"):
        schedule(training, draft)
    assert training.status(draft) == "DRAFT"


def test_conflict_comes_before_qualification(training: Department) -> None:
    training.scheduled()
    with raises_key("PT409", "trainer_busy"):
        schedule(training, training.planned(course_id=training.new_course("Crane")))


def test_missing_field_comes_before_conflict(training: Department) -> None:
    training.scheduled()
    with raises_key("PT400", "missing_field"):
        schedule(training, training.planned(venue_id=None))


def test_unknown_ids(training: Department) -> None:
    with raises_key("PT404", "session_not_found"):
        schedule(training, "c12345678")
    with raises_key("PT404", "session_not_found"):
        training.conn.execute("select schedule_session(null)")
    with raises_key("PT404", "trainer_not_found"):
        schedule(training, training.planned(), "c12345678")
    with raises_key("PT404", "venue_not_found"):
        schedule(training, training.planned(), None, "c12345678")


@pytest.mark.parametrize("shared", ["trainer", "venue"])
def test_who_is_soft_deleted_is_not_booked(training: Department, shared: str) -> None:
    training.conn.execute(f"update {shared}s set deleted_at = now()")
    with raises_key("PT404", f"{shared}_not_found"):
        schedule(training, training.planned())


@pytest.mark.parametrize("status", ["SCHEDULED", "COMPLETED", "CANCELLED"])
def test_only_a_draft_is_scheduled(training: Department, status: str) -> None:
    session = training.planned(status=status)
    with raises_key("PT409", "session_not_draft"):
        schedule(training, session, None, None, None, "2027-01-04 13:00+00")
    assert training.status(session) == status


def test_scheduling_twice_returns_the_row(training: Department) -> None:
    draft = training.draft()
    values = (training.trainer, training.venue, START, END)
    row = schedule(training, draft, *values)
    training.conn.execute("update trainers set deleted_at = now()")
    assert [schedule(training, draft, *values), schedule(training, draft)] == [row, row]
    assert training.moves(draft) == [("DRAFT", "SCHEDULED", "person")]


def test_deleted_draft_is_not_scheduled(training: Department) -> None:
    draft = training.planned()
    training.conn.execute("select delete_session(%s)", [draft])
    with raises_key("PT409", "session_deleted"):
        schedule(training, draft)


@both
def test_of_two_publishers_at_once_exactly_one_wins(training: Department, database: str, shared: str) -> None:
    """200 rounds; the loser learns who won."""
    pairs = []
    for n in range(200):
        day = f"2027-{n // 28 + 1:02}-{n % 28 + 1:02}"
        hour = {"start_time": f"{day} 09:00+00", "end_time": f"{day} 12:00+00"}
        pairs.append((rival(training, shared, **hour), rival(training, shared, **hour)))

    together = Barrier(2)

    def publish(connection: psycopg.Connection, i: int) -> dict[str, psycopg.Error]:
        """What was refused, of all rounds, each begun by both at once."""
        refused = {}
        for pair in pairs:
            together.wait(60)
            try:
                connection.execute(SCHEDULE, [pair[i]])
            except psycopg.Error as error:
                refused[pair[i]] = error
                connection.rollback()
            else:
                connection.commit()
        return refused

    first, second = results(race(database, 2, publish))
    refused = first | second
    for pair in pairs:
        loser, winner = sorted(pair, key=training.status)
        assert (training.status(loser), training.status(winner)) == ("DRAFT", "SCHEDULED")
        assert key(refused[loser]) == ("PT409", f"{shared}_busy")
        assert winner in (refused[loser].diag.message_detail or "")


def test_many_publishers_at_few_hours_never_deadlock(training: Department, database: str) -> None:
    """Three trainers and three venues, crossed, so that whoever locked them in the order they come would deadlock."""
    trainers = [training.new_trainer(teaches=training.course) for _ in range(3)]
    venues = [training.new_venue() for _ in range(3)]
    drafts = [
        [training.planned(trainer_id=trainers[(n + i) % 3], venue_id=venues[(n * i) % 3]) for n in range(40)]
        for i in range(8)
    ]

    def publish(connection: psycopg.Connection, i: int) -> list[str]:
        refused = []
        for draft in drafts[i]:
            try:
                connection.execute(SCHEDULE, [draft])
                connection.commit()
                connection.execute("select training.cancel_session(%s)", [draft])
                connection.commit()
            except psycopg.Error as error:
                connection.rollback()
                refused.append(error.sqlstate or "")
        return refused

    refused = [sqlstate for one in results(race(database, 8, publish)) for sqlstate in one]
    assert set(refused) <= {"PT409"}
    assert 0 < training.one("select count(*) from sessions where status = 'CANCELLED'") == 320 - len(refused)


@both
def test_of_two_who_write_the_status_themselves_exactly_one_wins(
    training: Department, database: str, shared: str
) -> None:
    """200 rounds, in each of which the constraint refuses the other one."""
    with Crowd(database, 2) as crowd:
        for n in range(200):
            day = f"2027-{n // 28 + 1:02}-{n % 28 + 1:02}"
            hour = {"start_time": f"{day} 09:00+00", "end_time": f"{day} 12:00+00"}
            pair = [rival(training, shared, **hour), rival(training, shared, **hour)]

            def publish(connection: psycopg.Connection, i: int, pair: list[str] = pair) -> int:
                return connection.execute(PUBLISH, [pair[i]]).rowcount

            outcome = crowd.race(publish)
            assert results(outcome) == [1]
            # Two that enter the index at the same moment wait for each other, until one of them is chosen to fail.
            (error,) = errors(outcome)
            assert key(error) in {("23P01", EXCLUSIONS[shared]), ("40P01", None)}
            assert sorted(map(training.status, pair)) == ["DRAFT", "SCHEDULED"]


@both
def test_writer_who_does_not_lock_is_waited_for_and_named(training: Department, connect: Connect, shared: str) -> None:
    """The look at the calendar cannot see what is not committed; the constraint waits for it, and says no."""
    winner, loser = rival(training, shared), rival(training, shared)
    other, publisher = connect(autocommit=False), connect()
    other.execute(PUBLISH, [winner])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(publisher.execute, SCHEDULE, [loser])
        for _ in range(200):
            if training.one(
                "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s", publisher.info.backend_pid
            ):
                break
            time.sleep(0.05)
        other.commit()
        with raises_key("PT409", f"{shared}_busy") as error:
            waiting.result(30)
    assert winner in error.detail


@both
def test_transaction_that_began_before_the_winner_is_refused_all_the_same(
    training: Department, connect: Connect, shared: str
) -> None:
    winner, loser = rival(training, shared), rival(training, shared)
    old = connect(autocommit=False, isolation=IsolationLevel.REPEATABLE_READ)
    old.execute("select count(*) from training.sessions")
    schedule(training, winner)
    with raises_key("PT409", f"{shared}_busy") as error:
        old.execute(SCHEDULE, [loser])
    assert error.detail
    old.rollback()
    old.execute("select count(*) from training.sessions")
    with raises_key("PT409", f"{shared}_busy") as error:
        old.execute(SCHEDULE, [loser])
    assert winner in error.detail


def test_series_of_sessions_shifts_by_an_hour_in_one_statement(training: Department) -> None:
    for hour in range(8, 18):
        training.scheduled(start_time=f"2027-01-04 {hour:02}:00+00", end_time=f"2027-01-04 {hour + 1:02}:00+00")
    for shift in ("1 hour", "-1 hour"):
        moved = training.conn.execute(
            "update sessions set start_time = start_time + %s::interval, end_time = end_time + %s::interval",
            [shift, shift],
        )
        assert moved.rowcount == 10


def test_two_sessions_swap_their_hours_where_the_constraints_are_deferred(training: Department) -> None:
    first = training.scheduled()
    second = training.scheduled(start_time=END, end_time="2027-01-04 15:00+00")
    with training.conn.transaction():
        training.conn.execute(DEFERRED)
        training.conn.execute(
            "update sessions set start_time = %s, end_time = '2027-01-04 15:00+00' where id = %s", [END, first]
        )
        training.conn.execute("update sessions set start_time = %s, end_time = %s where id = %s", [START, END, second])
    assert training.one("select id from sessions where start_time = %s", START) == second


def test_hour_that_is_freed_later_in_the_transaction_is_taken_where_the_constraints_are_deferred(
    training: Department,
) -> None:
    first, second = training.scheduled(), training.planned()
    with training.conn.transaction():
        training.conn.execute(DEFERRED)
        schedule(training, second)
        training.conn.execute("update sessions set status = 'CANCELLED' where id = %s", [first])
    assert training.one("select id from sessions where status = 'SCHEDULED'") == second


def test_deferred_conflict_is_refused_at_the_commit(training: Department) -> None:
    training.scheduled()
    second = training.planned()
    with raises_key("23P01", "sessions_trainer_id_excl"), training.conn.transaction():
        training.conn.execute(DEFERRED)
        schedule(training, second)
    assert training.one("select status from sessions where id = %s", second) == "DRAFT"


def test_trainer_in_the_calendar_cannot_be_deleted(training: Department) -> None:
    draft = training.planned()
    training.conn.execute("delete from trainer_qualifications")
    session = training.scheduled(start_time="2027-02-01 09:00+00", end_time="2027-02-01 10:00+00")
    with raises_key("23514", "sessions_complete_check"):
        training.conn.execute("delete from trainers")
    training.conn.execute("delete from sessions where id = %s", [session])
    training.conn.execute("delete from trainers")
    assert training.one("select trainer_id from sessions where id = %s", draft) is None
