"""mark_attendance() and complete_session(): who came, and what they have from it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from psycopg import IsolationLevel
from psycopg.errors import SerializationFailure
from psycopg.types.json import Jsonb

from support.concurrency import until_blocked
from support.connect import Connect
from support.department import END, START, Department
from support.errors import raises_key

BEFORE = "2027-01-04 08:59:59+00"
MARK = "select * from training.mark_attendance(%s, %s)"
COMPLETE = "select training.complete_session(%s)"


def mark(training: Department, session: str, *marks: Any) -> dict[str, Any]:
    return training.row("select * from mark_attendance(%s, %s)", session, Jsonb(list(marks)))


def came(person: str, status: str = "ATTENDED", **more: Any) -> dict[str, Any]:
    return {"personnel_id": person, "status": status, **more}


def complete(training: Department, session: str) -> str:
    return training.one("select status from complete_session(%s)", session)


def attendance(training: Department, session: str) -> dict[str, tuple[str, str | None]]:
    rows = training.rows("select * from session_attendees where session_id = %s", session)
    return {row["personnel_id"]: (row["status"], row["remarks"]) for row in rows}


def compliance(training: Department, person: str) -> tuple[str, str | None] | None:
    """Status and expiry of a person's item for the department's course."""
    row = training.conn.execute(
        "select status, expiry_date::text from compliance_items where personnel_id = %s and course_id = %s",
        [person, training.course],
    ).fetchone()
    return row


@pytest.fixture
def noor(training: Department) -> str:
    return training.person("Noor")


@pytest.fixture
def sara(training: Department) -> str:
    return training.person("Sara")


@pytest.fixture
def session(training: Department, noor: str, sara: str) -> str:
    """A scheduled session that has just started, with Noor and Sara on its list."""
    session = training.scheduled()
    training.attend(session, noor, sara)
    training.at(START)
    return session


@pytest.fixture
def completed(training: Department, session: str, noor: str, sara: str) -> str:
    """The same, completed: Noor attended, Sara did not."""
    mark(training, session, came(noor), came(sara, "NO_SHOW"))
    complete(training, session)
    return session


def test_marks_and_remarks_are_kept_and_counted(training: Department, session: str, noor: str, sara: str) -> None:
    row = mark(training, session, came(noor, remarks="left early"), came(sara, "NO_SHOW"))
    assert row == {"marked": 2, "registered": 0, "attended": 1, "no_show": 1, "taken_back": []}
    assert attendance(training, session) == {noor: ("ATTENDED", "left early"), sara: ("NO_SHOW", None)}


def test_who_is_not_marked_stays_registered(training: Department, session: str, noor: str, sara: str) -> None:
    row = mark(training, session, came(noor))
    assert (row["marked"], row["registered"], row["attended"]) == (1, 1, 1)
    assert attendance(training, session)[sara] == ("REGISTERED", None)


def test_remarks_stay_where_none_are_given_and_go_by_null(training: Department, session: str, noor: str) -> None:
    mark(training, session, came(noor, remarks="left early"))
    mark(training, session, came(noor))
    assert attendance(training, session)[noor] == ("ATTENDED", "left early")
    mark(training, session, came(noor, remarks=None))
    assert attendance(training, session)[noor] == ("ATTENDED", None)


def test_mark_of_a_scheduled_session_is_taken_back_and_touches_no_compliance(
    training: Department, session: str, noor: str
) -> None:
    mark(training, session, came(noor))
    assert mark(training, session, came(noor, "REGISTERED"))["taken_back"] == []
    assert compliance(training, noor) is None


def test_no_marks_change_nothing(training: Department, session: str) -> None:
    assert mark(training, session)["marked"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        "noor",
        None,
        {},
        {"status": "ATTENDED"},
        {"personnel_id": None, "status": "ATTENDED"},
        {"personnel_id": 7, "status": "ATTENDED"},
        {"personnel_id": "cnotthere1"},
        {"personnel_id": "cnotthere1", "status": None},
        {"personnel_id": "cnotthere1", "status": "attended"},
        {"personnel_id": "cnotthere1", "status": "ATTENDED", "remarks": 7},
        {"personnel_id": "cnotthere1", "status": "ATTENDED", "note": "left early"},
    ],
)
def test_wrong_element_is_named_and_nobody_is_marked(training: Department, session: str, noor: str, wrong: Any) -> None:
    with raises_key("PT400", "invalid_mark") as error:
        mark(training, session, came(noor), wrong)
    assert "mark 2 of 2" in error.message
    assert attendance(training, session)[noor] == ("REGISTERED", None)


def test_long_list_of_marks_is_refused_at_once(training: Department, session: str) -> None:
    started = time.monotonic()
    with raises_key("PT400", "too_many"):
        training.conn.execute(
            "select mark_attendance(%s, (select jsonb_agg(n) from generate_series(1, 100000) as n))", [session]
        )
    assert time.monotonic() - started < 1


def test_a_thousand_marks_are_made(training: Department, session: str) -> None:
    training.conn.execute("insert into personnel (first_name, last_name) select 'P', n from generate_series(1, 998) n")
    training.conn.execute("select add_attendees(%s, array(select id from personnel))", [session])
    everybody = training.rows("select id from personnel")
    assert mark(training, session, *(came(person["id"]) for person in everybody))["attended"] == 1000


@pytest.mark.parametrize("field", ["personnel_id", "status", "remarks", "x"])
def test_long_values_are_cut_in_what_is_said(training: Department, session: str, field: str) -> None:
    with raises_key("PT400", "invalid_mark") as error:
        mark(training, session, {**came("cnotthere1"), field: ["x" * 1_000_000], "x" * 1_000_000: None})
    assert len(error.message + error.detail + error.hint) < 1000


def test_person_marked_twice_in_one_list(training: Department, session: str, noor: str) -> None:
    with raises_key("PT400", "invalid_mark"):
        mark(training, session, came(noor), came(noor, "NO_SHOW"))


@pytest.mark.parametrize("marks", [None, Jsonb(None), Jsonb({}), Jsonb("ATTENDED")])
def test_marks_that_are_no_array(training: Department, session: str, marks: Any) -> None:
    with raises_key("PT400", "invalid_marks"):
        training.conn.execute(MARK, [session, marks])


def test_person_not_on_the_list_is_named_and_nobody_is_marked(training: Department, session: str, noor: str) -> None:
    stranger = training.person("Stranger")
    with raises_key("PT404", "attendee_not_found") as error:
        mark(training, session, came(noor), came(stranger))
    assert stranger in error.message
    assert attendance(training, session)[noor] == ("REGISTERED", None)


@pytest.mark.parametrize("status", ["ATTENDED", "NO_SHOW"])
def test_nobody_came_or_stayed_away_before_the_start(
    training: Department, session: str, noor: str, status: str
) -> None:
    training.at(BEFORE)
    with raises_key("PT409", "session_not_started"):
        mark(training, session, came(noor, status))


def test_remark_may_be_made_before_the_start(training: Department, session: str, noor: str) -> None:
    training.at(BEFORE)
    mark(training, session, came(noor, "REGISTERED", remarks="needs a ramp"))
    assert attendance(training, session)[noor] == ("REGISTERED", "needs a ramp")


@pytest.mark.parametrize("status", ["DRAFT", "CANCELLED"])
def test_attendance_is_of_sessions_in_the_calendar(training: Department, noor: str, status: str) -> None:
    session = training.planned(status=status)
    training.attend(session, noor)
    with raises_key("PT409", "session_not_scheduled"):
        mark(training, session, came(noor))


def test_completing_needs_every_mark(training: Department, session: str, noor: str) -> None:
    mark(training, session, came(noor))
    with raises_key("PT409", "attendance_unmarked"):
        complete(training, session)
    assert (training.status(session), compliance(training, noor)) == ("SCHEDULED", None)


def test_completing_needs_somebody_on_the_list(training: Department) -> None:
    session = training.scheduled()
    training.at(END)
    with raises_key("PT409", "attendance_unmarked"):
        complete(training, session)


def test_session_is_completed_once_it_has_started(training: Department, session: str, noor: str, sara: str) -> None:
    mark(training, session, came(noor), came(sara))
    training.at(BEFORE)
    with raises_key("PT409", "session_not_started"):
        complete(training, session)
    training.at(START)
    assert complete(training, session) == "COMPLETED"
    assert training.moves(session) == [("SCHEDULED", "COMPLETED", "person")]


@pytest.mark.parametrize("status", ["DRAFT", "CANCELLED"])
def test_only_scheduled_sessions_are_completed(training: Department, status: str) -> None:
    session = training.planned(status=status)
    training.at(END)
    with raises_key("PT409", "session_not_scheduled"):
        complete(training, session)


def test_completing_twice_returns_the_row_and_renews_nobody_again(
    training: Department, completed: str, noor: str
) -> None:
    training.conn.execute("update compliance_items set status = 'NON_COMPLIANT', expiry_date = null")
    before = training.row("select * from sessions")
    training.at("2027-02-01 00:00+00")
    assert training.row("select * from complete_session(%s)", completed) == before
    assert compliance(training, noor) == ("NON_COMPLIANT", None)
    assert training.moves(completed) == [("SCHEDULED", "COMPLETED", "person")]


def test_marking_twice_changes_nothing_more(training: Department, session: str, noor: str) -> None:
    first = mark(training, session, came(noor, remarks="left early"))
    assert mark(training, session, came(noor, remarks="left early")) == first


@pytest.mark.parametrize("call", ["complete_session(%s)", "mark_attendance(%s, '[]')"])
def test_deleted_and_unknown_sessions(training: Department, session: str, call: str) -> None:
    training.conn.execute("update sessions set deleted_at = now()")
    with raises_key("PT409", "session_deleted"):
        training.conn.execute(f"select {call}", [session])
    with raises_key("PT404", "session_not_found"):
        training.conn.execute(f"select {call}", ["cnotthere1"])


def test_who_attended_is_compliant_and_who_did_not_is_as_before(
    training: Department, completed: str, noor: str, sara: str
) -> None:
    assert compliance(training, noor) == ("COMPLIANT", "2028-01-04")
    assert compliance(training, sara) is None


def test_session_to_which_nobody_came_is_completed_and_renews_nothing(
    training: Department, session: str, noor: str, sara: str
) -> None:
    mark(training, session, came(noor, "NO_SHOW"), came(sara, "NO_SHOW"))
    assert complete(training, session) == "COMPLETED"
    assert training.one("select count(*) from compliance_items") == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("NON_COMPLIANT", None), "2028-01-04"),
        (("NON_COMPLIANT", "2026-12-31"), "2028-01-04"),
        (("PENDING", None), "2028-01-04"),
        (("PENDING", "2027-02-01"), "2028-01-04"),
        (("COMPLIANT", "2027-02-01"), "2028-01-04"),
        (("COMPLIANT", "2029-05-01"), "2029-05-01"),
        (("COMPLIANT", None), None),
    ],
)
def test_expiry_is_renewed_and_never_gets_earlier(
    training: Department, session: str, noor: str, sara: str, before: tuple[str, str | None], after: str | None
) -> None:
    training.item(noor, *before)
    mark(training, session, came(noor), came(sara, "NO_SHOW"))
    complete(training, session)
    assert compliance(training, noor) == ("COMPLIANT", after)


@pytest.mark.parametrize("before", [None, "2027-02-01"])
def test_course_without_validity_never_expires(
    training: Department, session: str, noor: str, sara: str, before: str | None
) -> None:
    training.conn.execute("update courses set validity_months = null")
    training.item(noor, "COMPLIANT" if before else "NON_COMPLIANT", before)
    mark(training, session, came(noor), came(sara, "NO_SHOW"))
    complete(training, session)
    assert compliance(training, noor) == ("COMPLIANT", None)


@pytest.mark.parametrize(
    ("end", "months", "expires"),
    [
        ("2027-01-31 12:00+00", 1, "2027-02-28"),
        ("2028-02-29 12:00+00", 12, "2029-02-28"),
        ("2027-01-05 00:30+03", 12, "2028-01-04"),
        ("2027-01-04 22:00-05", 12, "2028-01-05"),
    ],
)
def test_validity_counts_in_months_from_the_day_of_the_end_in_utc(
    training: Department, noor: str, end: str, months: int, expires: str
) -> None:
    training.conn.execute("update courses set validity_months = %s", [months])
    training.conn.execute("set timezone = 'Asia/Kuwait'")
    session = training.scheduled(start_time="2027-01-04 10:00+00", end_time=end)
    training.attend(session, noor, status="ATTENDED")
    training.at("2030-01-01 00:00+00")
    complete(training, session)
    assert compliance(training, noor) == ("COMPLIANT", expires)


def test_other_courses_and_other_people_stay_as_they_are(
    training: Department, session: str, noor: str, sara: str
) -> None:
    other = training.item(noor, course_id=training.new_course("Fire safety"))
    stranger = training.item(training.person("Stranger"))
    mark(training, session, came(noor), came(sara))
    complete(training, session)
    rows = training.rows("select id from compliance_items where status = 'NON_COMPLIANT'")
    assert {row["id"] for row in rows} == {other, stranger}


def test_correction_afterwards_renews_whoever_attended_after_all(
    training: Department, completed: str, sara: str
) -> None:
    training.at("2027-01-10 00:00+00")
    row = mark(training, completed, came(sara))
    assert (row["attended"], row["taken_back"]) == (2, [])
    assert compliance(training, sara) == ("COMPLIANT", "2028-01-04")


def test_mark_taken_back_afterwards_leaves_compliance_to_a_person(
    training: Department, completed: str, noor: str
) -> None:
    assert mark(training, completed, came(noor, "NO_SHOW"))["taken_back"] == [noor]
    assert compliance(training, noor) == ("COMPLIANT", "2028-01-04")


def test_remark_afterwards_renews_nobody_again(training: Department, completed: str, noor: str) -> None:
    training.conn.execute("update compliance_items set status = 'NON_COMPLIANT', expiry_date = null")
    mark(training, completed, came(noor, remarks="certificate withdrawn"))
    assert compliance(training, noor) == ("NON_COMPLIANT", None)


def test_nobody_is_unmarked_on_a_completed_session(training: Department, completed: str, noor: str) -> None:
    with raises_key("PT409", "attendance_unmarked"):
        mark(training, completed, came(noor, "REGISTERED"))


def test_completing_waits_for_a_mark_and_sees_it(
    training: Department, session: str, noor: str, sara: str, connect: Connect
) -> None:
    mark(training, session, came(noor), came(sara))
    marking, completing = connect(autocommit=False), connect()
    for conn in (marking, completing):
        conn.execute("select set_config('lifecycle.fake_now', %s, false)", [START])
    marking.execute(MARK, [session, Jsonb([came(noor, "NO_SHOW")])])
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(completing.execute, COMPLETE, [session])
        until_blocked(training.conn, completing)
        marking.commit()
        done.result(30)
    assert training.status(session) == "COMPLETED"
    assert (compliance(training, noor), compliance(training, sara)) == (None, ("COMPLIANT", "2028-01-04"))


def test_mark_waits_for_completing_and_counts_as_a_correction(
    training: Department, session: str, noor: str, sara: str, connect: Connect
) -> None:
    mark(training, session, came(noor, "NO_SHOW"), came(sara))
    completing, marking = connect(autocommit=False), connect()
    for conn in (marking, completing):
        conn.execute("select set_config('lifecycle.fake_now', %s, false)", [START])
    completing.execute(COMPLETE, [session])
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(marking.execute, MARK, [session, Jsonb([came(noor)])])
        until_blocked(training.conn, marking)
        completing.commit()
        done.result(30)
    assert compliance(training, noor) == ("COMPLIANT", "2028-01-04")


def test_transaction_that_began_before_a_mark_does_not_complete_without_it(
    training: Department, session: str, noor: str, sara: str, connect: Connect
) -> None:
    mark(training, session, came(noor), came(sara))
    old = connect(autocommit=False, isolation=IsolationLevel.REPEATABLE_READ)
    old.execute("select set_config('lifecycle.fake_now', %s, false)", [START])
    old.execute("select count(*) from training.session_attendees")
    mark(training, session, came(noor, "NO_SHOW"))
    with pytest.raises(SerializationFailure):
        old.execute(COMPLETE, [session])


def test_transaction_that_began_before_somebody_was_added_does_not_complete_without_them(
    training: Department, session: str, noor: str, sara: str, connect: Connect
) -> None:
    mark(training, session, came(noor), came(sara))
    old = connect(autocommit=False, isolation=IsolationLevel.REPEATABLE_READ)
    old.execute("select set_config('lifecycle.fake_now', %s, false)", [START])
    old.execute("select count(*) from training.session_attendees")
    training.conn.execute("select add_attendees(%s, %s)", [session, [training.person("Late")]])
    with pytest.raises(SerializationFailure):
        old.execute(COMPLETE, [session])
    assert training.status(session) == "SCHEDULED"


def test_two_sessions_with_the_same_people_are_completed_at_once(
    training: Department, session: str, noor: str, sara: str, connect: Connect
) -> None:
    """Both renew the same items; the second waits, and neither takes years from the other."""
    later = training.scheduled(start_time="2027-01-05 09:00+00", end_time="2027-01-05 12:00+00")
    training.attend(later, sara, noor, status="ATTENDED")
    mark(training, session, came(noor), came(sara))
    first, second = connect(autocommit=False), connect()
    for conn in (first, second):
        conn.execute("select set_config('lifecycle.fake_now', %s, false)", ["2027-02-01 00:00+00"])
    first.execute(COMPLETE, [later])
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(second.execute, COMPLETE, [session])
        until_blocked(training.conn, second)
        first.commit()
        done.result(30)
    assert {compliance(training, person) for person in (noor, sara)} == {("COMPLIANT", "2028-01-05")}
