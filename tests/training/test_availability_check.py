"""availability_check(): who and what is free, what is in the way, what might come."""

from __future__ import annotations

from typing import Any

import pytest

from support.department import END, START, Department
from support.errors import raises_key


def check(training: Department, start: str | None = START, end: str | None = END, **columns: Any) -> dict[str, Any]:
    arguments = {"trainer_id": training.trainer, "venue_id": training.venue, "exclude_session_id": None, **columns}
    names = ", ".join(f"p_{name} => %s" for name in arguments)
    return training.row(f"select * from availability_check(%s, %s, {names})", start, end, *arguments.values())


def test_free(training: Department) -> None:
    assert check(training) == {
        "trainer_available": True,
        "venue_available": True,
        "conflicts": [],
        "soft_conflicts": [],
        "trainer_absent": False,
        "venue_closed": False,
    }


def test_what_is_in_the_way_is_described(training: Department) -> None:
    training.conn.execute("set timezone = 'UTC'")
    session = training.scheduled()
    found = check(training)
    assert (found["trainer_available"], found["venue_available"], found["soft_conflicts"]) == (False, False, [])
    assert found["conflicts"] == [
        {
            "session_id": session,
            "course_id": training.course,
            "course_title": "First aid",
            "status": "SCHEDULED",
            "trainer_id": training.trainer,
            "venue_id": training.venue,
            "start_time": "2027-01-04T09:00:00+00:00",
            "end_time": "2027-01-04T12:00:00+00:00",
            "resource": "both",
        }
    ]


def test_trainer_and_venue_are_told_apart(training: Department) -> None:
    training.scheduled(trainer_id=training.new_trainer())
    found = check(training)
    assert (found["trainer_available"], found["venue_available"]) == (True, False)
    assert [one["resource"] for one in found["conflicts"]] == ["venue"]
    training.scheduled(venue_id=training.new_venue())
    found = check(training)
    assert (found["trainer_available"], found["venue_available"]) == (False, False)
    assert sorted(one["resource"] for one in found["conflicts"]) == ["trainer", "venue"]


def test_what_is_not_asked_for_is_null(training: Department) -> None:
    training.scheduled()
    found = check(training, venue_id=None)
    assert (found["trainer_available"], found["venue_available"]) == (False, None)
    assert [one["resource"] for one in found["conflicts"]] == ["trainer"]
    found = check(training, trainer_id=None, venue_id=None)
    assert (found["trainer_available"], found["venue_available"], found["conflicts"]) == (None, None, [])


def test_drafts_are_listed_apart_and_block_nothing(training: Department) -> None:
    draft = training.planned()
    training.planned(end_time=None)
    training.planned(start_time="2027-01-04 11:00+00", end_time="2027-01-04 10:00+00")
    found = check(training)
    assert (found["trainer_available"], found["conflicts"]) == (True, [])
    assert [(one["session_id"], one["status"]) for one in found["soft_conflicts"]] == [(draft, "DRAFT")]


def test_neighbours_and_other_days_are_not_in_the_way(training: Department) -> None:
    training.scheduled(start_time="2027-01-04 08:00+00", end_time=START)
    training.scheduled(start_time=END, end_time="2027-01-04 13:00+00")
    assert check(training)["conflicts"] == []
    found = check(training, "2027-01-04 08:30+00", "2027-01-04 12:30+00")
    assert [one["end_time"] > one["start_time"] for one in found["conflicts"]] == [True, True]


def test_completed_sessions_count_cancelled_and_deleted_do_not(training: Department) -> None:
    training.planned(status="CANCELLED")
    training.planned(status="SCHEDULED", deleted_at="2027-01-01")
    assert check(training)["trainer_available"]
    training.planned(status="COMPLETED")
    assert not check(training)["trainer_available"]


def test_session_that_is_edited_is_not_in_its_own_way(training: Department) -> None:
    session = training.scheduled()
    found = check(training, exclude_session_id=session)
    assert (found["trainer_available"], found["conflicts"]) == (True, [])


@pytest.mark.parametrize(
    ("start", "end", "key"),
    [(END, START, "end_before_start"), (START, START, "end_before_start"), (None, END, "missing_field")],
)
def test_time_must_be_one(training: Department, start: str | None, end: str | None, key: str) -> None:
    with raises_key("PT400", key):
        check(training, start, end)


def test_unknown_trainer_and_venue(training: Department) -> None:
    with raises_key("PT404", "trainer_not_found"):
        check(training, trainer_id="c12345678")
    with raises_key("PT404", "venue_not_found"):
        check(training, venue_id="c12345678")
