"""add_attendees() and remove_attendees(): the class list, and a venue that may be too small for it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import IsolationLevel
from psycopg.errors import SerializationFailure

from support.concurrency import race, results, until_blocked
from support.connect import Connect
from support.department import Department
from support.errors import raises_key


def add(training: Department, session: str, *people: str | None) -> dict[str, Any]:
    return training.row("select * from add_attendees(%s, %s::text[])", session, list(people))


def remove(training: Department, session: str, *people: str) -> tuple[int, int]:
    row = training.row("select * from remove_attendees(%s, %s)", session, list(people))
    return row["removed"], row["attendee_count"]


def attendees(training: Department, session: str) -> set[str]:
    rows = training.rows("select personnel_id from session_attendees where session_id = %s", session)
    return {row["personnel_id"] for row in rows}


def people(training: Department, count: int) -> list[str]:
    return [training.person(str(n)) for n in range(count)]


@pytest.fixture(params=["DRAFT", "SCHEDULED"])
def session(request: pytest.FixtureRequest, training: Department) -> str:
    """A session that people can be added to, with a venue for two."""
    venue = training.new_venue(capacity=2)
    return training.planned(status=request.param, venue_id=venue)


def test_many_at_once_are_registered(training: Department, session: str) -> None:
    everybody = people(training, 2)
    assert add(training, session, *everybody) == {
        "added": 2,
        "already_registered": 0,
        "attendee_count": 2,
        "venue_capacity": 2,
        "capacity_exceeded": False,
        "warning": None,
        "warning_ar": None,
        "conflicts": [],
    }
    assert attendees(training, session) == set(everybody)
    assert training.rows("select distinct status, remarks from session_attendees") == [
        {"status": "REGISTERED", "remarks": None}
    ]


def test_more_than_the_venue_holds_are_warned_of_and_added(training: Department, session: str) -> None:
    row = add(training, session, *people(training, 3))
    assert (row["added"], row["capacity_exceeded"]) == (3, True)
    assert (row["warning"], row["warning_ar"]) == ("Venue Capacity Exceeded (3/2)", "تجاوز سعة القاعة (3/2)")


def test_warning_of_the_source_document(training: Department) -> None:
    session = training.planned(venue_id=training.new_venue())
    assert add(training, session, *people(training, 25))["warning"] == "Venue Capacity Exceeded (25/20)"


def test_without_a_venue_nothing_is_exceeded(training: Department) -> None:
    row = add(training, training.draft(), *people(training, 3))
    assert (row["venue_capacity"], row["capacity_exceeded"], row["warning"]) == (None, False, None)


def test_duplicates_in_the_list_count_once(training: Department, session: str) -> None:
    (one,) = people(training, 1)
    row = add(training, session, one, one)
    assert (row["added"], row["already_registered"], row["attendee_count"]) == (1, 0, 1)


def test_who_is_on_the_list_stays_as_marked(training: Department, session: str) -> None:
    first, second = people(training, 2)
    training.attend(session, first, status="NO_SHOW")
    row = add(training, session, first, second, second)
    assert (row["added"], row["already_registered"], row["attendee_count"]) == (1, 1, 2)
    assert training.one("select status from session_attendees where personnel_id = %s", first) == "NO_SHOW"


def test_empty_list_adds_nobody_and_says_how_many_there_are(training: Department, session: str) -> None:
    training.attend(session, *people(training, 3))
    row = add(training, session)
    assert (row["added"], row["already_registered"], row["warning"]) == (0, 0, "Venue Capacity Exceeded (3/2)")


def test_unknown_people_are_named_and_none_is_added(training: Department, session: str) -> None:
    with raises_key("PT404", "personnel_not_found") as error:
        add(training, session, *people(training, 1), "cnotthere1", "cnotthere2")
    assert "cnotthere1" in error.message
    assert "cnotthere2" in error.message
    assert attendees(training, session) == set()


def test_of_many_unknown_people_ten_are_named(training: Department, session: str) -> None:
    with raises_key("PT404", "personnel_not_found") as error:
        add(training, session, *(f"cnotthere{n:02}" for n in range(1000)))
    assert [f"cnotthere{n:02}" in error.message for n in range(11)] == [True] * 10 + [False]
    assert "990 more" in error.message


@pytest.mark.parametrize("call", ["add_attendees", "remove_attendees"])
def test_long_list_is_refused_at_once(training: Department, session: str, call: str) -> None:
    started = time.monotonic()
    with raises_key("PT400", "too_many"):
        training.conn.execute(
            f"select {call}(%s, array(select 'cnotthere' || n from generate_series(1, 100000) as n))", [session]
        )
    assert time.monotonic() - started < 1


def test_a_thousand_at_once_are_registered(training: Department, session: str) -> None:
    training.conn.execute("insert into personnel (first_name, last_name) select 'P', n from generate_series(1, 1000) n")
    row = training.row("select * from add_attendees(%s, array(select id from personnel))", session)
    assert row["added"] == 1000
    row = training.row("select * from remove_attendees(%s, array(select id from personnel))", session)
    assert row["removed"] == 1000


def test_long_id_is_cut_in_what_is_said(training: Department, session: str) -> None:
    with raises_key("PT404", "personnel_not_found") as error:
        add(training, session, "c" * 1_000_000)
    assert len(error.message) < 300


def test_adding_twice_changes_nothing_more(training: Department, session: str) -> None:
    everybody = people(training, 2)
    add(training, session, *everybody)
    row = add(training, session, *everybody)
    assert (row["added"], row["already_registered"], row["attendee_count"]) == (0, 2, 2)


def test_removing_twice_changes_nothing_more(training: Department, session: str) -> None:
    first, second = people(training, 2)
    add(training, session, first, second)
    assert [remove(training, session, first) for _ in range(2)] == [(1, 1), (0, 1)]


def test_null_in_the_list_is_nobody(training: Department, session: str) -> None:
    with raises_key("PT404", "personnel_not_found"):
        add(training, session, None)


def test_who_left_cannot_be_added(training: Department, session: str) -> None:
    with raises_key("PT404", "personnel_not_found"):
        add(training, session, training.person(deleted_at="2026-01-01"))


def test_removed_people_are_off_the_list(training: Department, session: str) -> None:
    first, second, stranger = people(training, 3)
    add(training, session, first, second)
    assert remove(training, session, first, stranger, "cnotthere1") == (1, 1)
    assert attendees(training, session) == {second}


def test_other_lists_stay_as_they_are(training: Department, session: str) -> None:
    other = training.draft()
    (person,) = people(training, 1)
    training.attend(other, person)
    training.attend(session, person)
    assert remove(training, session, person) == (1, 0)
    assert attendees(training, other) == {person}


@pytest.mark.parametrize("call", ["add_attendees", "remove_attendees"])
@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_lists_of_closed_sessions_stay(training: Department, call: str, status: str) -> None:
    session = training.planned(status=status)
    with raises_key("PT409", "session_closed"):
        training.conn.execute(f"select {call}(%s, %s)", [session, people(training, 1)])


@pytest.mark.parametrize("call", ["add_attendees", "remove_attendees"])
def test_list_of_a_deleted_session(training: Department, session: str, call: str) -> None:
    training.conn.execute("update sessions set deleted_at = now()")
    with raises_key("PT409", "session_deleted"):
        training.conn.execute(f"select {call}(%s, %s)", [session, people(training, 1)])


@pytest.mark.parametrize("call", ["add_attendees", "remove_attendees"])
def test_list_of_an_unknown_session(training: Department, call: str) -> None:
    with raises_key("PT404", "session_not_found"):
        training.conn.execute(f"select {call}('cnotthere1', %s)", [people(training, 1)])


def test_two_who_add_at_once_see_each_others_count(training: Department, session: str, database: str) -> None:
    """One of them at least has to see that together they are too many."""
    for _ in range(20):
        training.conn.execute("delete from session_attendees")
        halves = [people(training, 2), people(training, 2)]

        def add_half(conn: psycopg.Connection, i: int, halves: list[list[str]] = halves) -> Any:
            return conn.execute(
                "select attendee_count, warning from training.add_attendees(%s, %s)", [session, halves[i]]
            ).fetchone()

        assert sorted(results(race(database, 2, add_half)), key=str) == [
            (2, None),
            (4, "Venue Capacity Exceeded (4/2)"),
        ]


def test_transaction_that_began_before_others_were_added_counts_nothing_old(
    training: Department, session: str, connect: Connect
) -> None:
    first, second, third = people(training, 3)
    old = connect(autocommit=False, isolation=IsolationLevel.REPEATABLE_READ)
    old.execute("select count(*) from training.session_attendees")
    add(training, session, first, second)
    with pytest.raises(SerializationFailure):
        old.execute("select training.add_attendees(%s, %s)", [session, [third]])


def test_adding_leaves_the_session_as_it_was(training: Department, session: str) -> None:
    before = training.row("select * from sessions")
    training.at("2030-01-01 00:00+00")
    add(training, session, *people(training, 1))
    assert training.row("select * from sessions") == before


def test_same_people_added_by_many_at_once_are_added_once(training: Department, session: str, database: str) -> None:
    everybody = people(training, 20)

    def add_all(conn: psycopg.Connection, i: int) -> Any:
        order = everybody if i % 2 else everybody[::-1]
        return conn.execute(
            "select added, attendee_count from training.add_attendees(%s, %s)", [session, order]
        ).fetchone()

    outcome = race(database, 8, add_all)
    assert sorted(results(outcome)) == [(0, 20)] * 7 + [(20, 20)]


def test_adding_waits_for_whoever_cancels_and_is_refused_then(
    training: Department, session: str, connect: Connect
) -> None:
    (person,) = people(training, 1)
    cancelling, adding = connect(autocommit=False), connect()
    cancelling.execute("select training.cancel_session(%s)", [session])
    with ThreadPoolExecutor(1) as pool:
        added = pool.submit(adding.execute, "select training.add_attendees(%s, %s)", [session, [person]])
        until_blocked(training.conn, adding)
        cancelling.commit()
        with raises_key("PT409", "session_closed"):
            added.result(30)
    assert attendees(training, session) == set()


def test_who_is_on_the_list_already_may_have_left(training: Department) -> None:
    session, person = training.draft(), training.person()
    training.attend(session, person)
    training.conn.execute("update personnel set deleted_at = now()")
    row = training.row("select * from add_attendees(%s, %s)", session, [person])
    assert (row["added"], row["already_registered"]) == (0, 1)
