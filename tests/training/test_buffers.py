"""Buffers before and after the sessions of a trainer or a venue: kept free wherever something is booked."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from support.concurrency import Crowd, errors, results
from support.connect import Connect
from support.department import END, Department
from support.errors import raises_key
from support.together import Waiting

BUFFERS = "update {}s set buffer_before = %s, buffer_after = %s where id = %s"
both = pytest.mark.parametrize("shared", ["trainer", "venue"])


def set_buffers(training: Department, shared: str, before: str, after: str) -> None:
    training.conn.execute(BUFFERS.format(shared), [before, after, getattr(training, shared)])


def rival(training: Department, shared: str, start: str, end: str) -> str:
    """A draft that shares trainer or venue with the others, and nothing else."""
    other = (
        {"venue_id": training.new_venue()}
        if shared == "trainer"
        else {"trainer_id": training.new_trainer(teaches=training.course)}
    )
    return training.planned(start_time=start, end_time=end, **other)


@both
@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        ("2027-01-04 12:45+00", "2027-01-04 13:00+00", True),
        ("2027-01-04 12:44:59+00", "2027-01-04 13:00+00", False),
        ("2027-01-04 08:00+00", "2027-01-04 08:15+00", True),
        ("2027-01-04 08:00+00", "2027-01-04 08:15:01+00", False),
    ],
)
def test_gap_is_what_comes_after_one_and_before_the_other(
    training: Department, shared: str, start: str, end: str, fits: bool
) -> None:
    set_buffers(training, shared, "30 minutes", "15 minutes")
    session, draft = training.scheduled(), rival(training, shared, start, end)
    check = training.row(
        "select * from availability_check(%s, %s, %s, %s)", start, end, training.trainer, training.venue
    )
    assert check[f"{shared}_available"] is fits
    assert [one["resource"] for one in check["conflicts"]] == ([] if fits else [shared])
    if fits:
        training.conn.execute("select schedule_session(%s)", [draft])
        assert training.status(draft) == "SCHEDULED"
    else:
        with raises_key("PT409", f"{shared}_busy") as error:
            training.conn.execute("select schedule_session(%s)", [draft])
        assert session in error.detail
        with raises_key("23P01", f"sessions_{shared}_id_excl"):
            training.conn.execute("update sessions set status = 'SCHEDULED' where id = %s", [draft])


def test_neighbours_have_buffers_of_their_own(training: Department) -> None:
    """A session keeps the buffers of the trainer that it had where it was given to another one."""
    set_buffers(training, "trainer", "0", "1 hour")
    session, other = training.scheduled(), training.new_trainer(teaches=training.course)
    training.conn.execute("select update_session(%s, %s)", [session, Jsonb({"trainer_id": other})])
    row = training.row("select trainer_buffer_before::text, trainer_buffer_after::text from sessions")
    assert tuple(row.values()) == ("00:00:00", "00:00:00")
    training.conn.execute("select schedule_session(%s)", [rival(training, "trainer", END, "2027-01-04 13:00+00")])


@both
def test_new_buffer_reaches_what_is_to_come_and_not_what_is_over(training: Department, shared: str) -> None:
    training.at("2027-01-05 00:00+00")
    over = training.scheduled()
    coming = training.scheduled(start_time="2027-01-06 09:00+00", end_time="2027-01-06 10:00+00")
    draft = training.draft(**{f"{shared}_id": getattr(training, shared)})
    set_buffers(training, shared, "10 minutes", "20 minutes")
    rows = training.rows(f"select id, {shared}_buffer_before::text, {shared}_buffer_after::text from sessions")
    kept = {row.pop("id"): tuple(row.values()) for row in rows}
    assert kept == {
        over: ("00:00:00", "00:00:00"),
        coming: ("00:10:00", "00:20:00"),
        draft: ("00:10:00", "00:20:00"),
    }


@both
def test_buffer_that_does_not_fit_is_refused_with_what_is_in_the_way(training: Department, shared: str) -> None:
    first = training.scheduled()
    second = training.scheduled(start_time="2027-01-04 12:30+00", end_time="2027-01-04 13:00+00")
    third = training.scheduled(start_time="2027-01-04 15:00+00", end_time="2027-01-04 16:00+00")
    with raises_key("PT409", "buffer_in_the_way") as error:
        set_buffers(training, shared, "16 minutes", "15 minutes")
    assert [one in error.detail for one in (first, second, third)] == [True, True, False]
    set_buffers(training, shared, "15 minutes", "15 minutes")


def test_what_a_statement_says_of_a_sessions_buffers_is_ignored(training: Department) -> None:
    set_buffers(training, "venue", "1 hour", "0")
    session = training.scheduled(venue_buffer_before="2 hours")
    training.conn.execute("update sessions set venue_buffer_before = '0', trainer_buffer_after = '3 hours'")
    row = training.row(
        "select venue_buffer_before::text, trainer_buffer_after::text from sessions where id = %s", session
    )
    assert tuple(row.values()) == ("01:00:00", "00:00:00")


@both
def test_buffers_are_from_nothing_to_a_day(training: Department, shared: str) -> None:
    set_buffers(training, shared, "24 hours", "1 day")
    for wrong in ("-1 second", "24:00:01"):
        with raises_key("23514", f"{shared}s_buffer_before_check"):
            set_buffers(training, shared, wrong, "0")


def test_buffers_across_a_change_of_time_are_true_hours(training: Department) -> None:
    """Clocks go back in Berlin in the night of 2027-10-31."""
    training.conn.execute("set timezone = 'Europe/Berlin'")
    set_buffers(training, "trainer", "0", "1 day")
    training.scheduled(start_time="2027-10-30 11:00+00", end_time="2027-10-30 12:00+00")
    with raises_key("PT409", "trainer_busy"):
        training.conn.execute(
            "select schedule_session(%s)",
            [rival(training, "trainer", "2027-10-31 11:59+00", "2027-10-31 13:00+00")],
        )
    training.conn.execute(
        "select schedule_session(%s)", [rival(training, "trainer", "2027-10-31 12:00+00", "2027-10-31 13:00+00")]
    )


@both
def test_booking_waits_for_a_buffer_that_changes_and_keeps_it(
    training: Department, connect: Connect, shared: str
) -> None:
    training.scheduled()
    draft = rival(training, shared, END, "2027-01-04 13:00+00")
    holder = connect(autocommit=False)
    holder.execute(BUFFERS.format(f"training.{shared}"), ["0", "1 hour", getattr(training, shared)])
    booking = Waiting(connect(), lambda conn: conn.execute("select training.schedule_session(%s)", [draft]))
    holder.commit()
    with raises_key("PT409", f"{shared}_busy"):
        booking.result()


@both
def test_of_two_publishers_within_the_buffers_exactly_one_wins(
    training: Department, database: str, shared: str
) -> None:
    """200 rounds: back to back, with a buffer between."""
    set_buffers(training, shared, "5 minutes", "10 minutes")
    with Crowd(database, 2) as crowd:
        for n in range(200):
            day = f"2027-{n // 28 + 1:02}-{n % 28 + 1:02}"
            pair = [
                rival(training, shared, f"{day} 09:00+00", f"{day} 10:00+00"),
                rival(training, shared, f"{day} 10:14+00", f"{day} 11:00+00"),
            ]

            def publish(connection: psycopg.Connection, i: int, pair: list[str] = pair) -> str:
                connection.execute("select training.schedule_session(%s)", [pair[i]])
                return pair[i]

            outcome = crowd.race(publish)
            (winner,), (error,) = results(outcome), errors(outcome)
            assert (error.sqlstate, error.diag.constraint_name) == ("PT409", f"{shared}_busy")
            assert winner in (error.diag.message_detail or "")
