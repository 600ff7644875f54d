"""A session's status: the moves by people, soft deletion, and the history."""

from __future__ import annotations

import pytest
from psycopg.errors import InvalidTextRepresentation

from support.department import Department
from support.errors import raises_key

ALLOWED = {("DRAFT", "SCHEDULED"), ("SCHEDULED", "COMPLETED"), ("DRAFT", "CANCELLED"), ("SCHEDULED", "CANCELLED")}
STATUSES = ("DRAFT", "SCHEDULED", "COMPLETED", "CANCELLED")


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_moves(training: Department, before: str, after: str) -> None:
    session = training.planned(status=before)
    move = "update sessions set status = %s where id = %s"
    if before == after:
        training.conn.execute(move, [after, session])
        assert training.moves(session) == []
    elif (before, after) in ALLOWED:
        training.conn.execute(move, [after, session])
        assert training.moves(session) == [(before, after, "person")]
    else:
        with raises_key("PT409", "illegal_transition"):
            training.conn.execute(move, [after, session])
        assert training.status(session) == before


def test_status_outside_the_type_is_refused(training: Department) -> None:
    with pytest.raises(InvalidTextRepresentation):
        training.planned(status="draft")


@pytest.mark.parametrize("status", ["DRAFT", "SCHEDULED"])
def test_cancel(training: Department, status: str) -> None:
    session = training.planned(status=status)
    assert training.row("select * from cancel_session(%s)", session)["status"] == "CANCELLED"
    assert training.moves(session) == [(status, "CANCELLED", "person")]


def test_cancelling_twice_changes_nothing(training: Department) -> None:
    session = training.planned(status="CANCELLED")
    training.conn.execute("select cancel_session(%s)", [session])
    assert training.moves(session) == []


def test_completed_session_is_not_cancelled(training: Department) -> None:
    with raises_key("PT409", "illegal_transition"):
        training.conn.execute("select cancel_session(%s)", [training.planned(status="COMPLETED")])


def test_delete_is_soft_and_keeps_the_class_list(training: Department) -> None:
    session, person = training.scheduled(), training.person()
    training.attend(session, person)
    training.at("2027-01-01 00:00+00")
    row = training.row("select * from delete_session(%s)", session)
    assert (row["deleted_at"].isoformat(), row["status"]) == ("2027-01-01T00:00:00+00:00", "SCHEDULED")
    assert training.one("select count(*) from session_attendees") == 1


def test_deleting_twice_returns_the_row(training: Department) -> None:
    session = training.scheduled()
    training.at("2027-01-01 00:00+00")
    row = training.row("select * from delete_session(%s)", session)
    training.at("2027-01-02 00:00+00")
    assert training.row("select * from delete_session(%s)", session) == row


def test_deleted_session_is_not_cancelled(training: Department) -> None:
    session = training.draft(deleted_at="2027-01-01")
    with raises_key("PT409", "session_deleted"):
        training.conn.execute("select cancel_session(%s)", [session])


@pytest.mark.parametrize("call", ["delete_session", "cancel_session"])
@pytest.mark.parametrize("session", ["c12345678", "c" * 1_000_000, None])
def test_unknown_sessions(training: Department, call: str, session: str | None) -> None:
    with raises_key("PT404", "session_not_found") as error:
        training.conn.execute(f"select {call}(%s)", [session])
    assert len(error.message) < 200


def test_history_says_who_and_when(training: Department) -> None:
    training.at("2027-01-01 10:00+00")
    session = training.planned()
    training.conn.execute("select schedule_session(%s)", [session])
    row = training.row("select * from status_changes")
    assert (row["machine"], row["subject_id"], row["cause"]) == ("training.session", session, "person")
    assert row["changed_by"] == training.one("select current_user")
    assert training.one("select changed_at = '2027-01-01 10:00+00' from status_changes")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("courses", "title = 'Crane'"),
        ("trainers", "phone_number = '+96555550000'"),
        ("venues", "capacity = 30"),
        ("personnel", "last_name = 'Saleh'"),
        ("compliance_items", "status = 'PENDING'"),
        ("sessions", "end_time = now()"),
    ],
)
def test_updated_at_is_the_last_real_change(training: Department, table: str, change: str) -> None:
    training.item(training.person())
    training.draft()
    for year in ("2030", "2031"):
        training.at(f"{year}-01-01 00:00+00")
        training.conn.execute(f"update {table} set {change}")
        change = change.replace("end_time = now()", "end_time = end_time")
    assert training.one(f"select updated_at = '2030-01-01 00:00+00' from {table}")
