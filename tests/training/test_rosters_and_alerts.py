"""session_roster and session_alerts: who is in a class, and which sessions need a person."""

from __future__ import annotations

from typing import Any

import pytest

from support.department import END, START, Department

LONG_BEFORE = "2026-12-01 00:00+00"


def roster(training: Department, where: str, *params: Any) -> list[dict[str, Any]]:
    return training.rows(f"select * from session_roster where {where} order by last_name", *params)


def alerts(training: Department, session: str) -> dict[str, dict[str, Any]]:
    rows = training.rows("select * from session_alerts where session_id = %s", session)
    assert len({row["alert"] for row in rows}) == len(rows)
    return {row["alert"]: row for row in rows}


def test_roster_has_a_row_an_attendee_with_everything_about_the_class(training: Department) -> None:
    session = training.scheduled()
    first, second = training.person("Ann", "Abel"), training.person("Noor", "Haddad")
    training.attend(session, first, second)
    training.conn.execute(
        "update session_attendees set status = 'ATTENDED', remarks = 'early' where personnel_id = %s", [first]
    )
    rows = roster(training, "session_id = %s", session)
    assert [(row["personnel_id"], row["first_name"], row["status"], row["remarks"]) for row in rows] == [
        (first, "Ann", "ATTENDED", "early"),
        (second, "Noor", "REGISTERED", None),
    ]
    assert [row["status_ar"] for row in rows] == ["حضر", "مسجّل"]
    shared = {
        "session_status": "SCHEDULED",
        "session_status_ar": "مجدولة",
        "course_id": training.course,
        "course_title": "First aid",
        "trainer_id": training.trainer,
        "trainer_first_name": "John",
        "trainer_last_name": "Smith",
        "venue_id": training.venue,
        "venue_name": "Room 1",
        "venue_capacity": 20,
        "attendee_count": 2,
    }
    assert all(row[name] == value for row in rows for name, value in shared.items())


def test_roster_of_one_person_counts_the_whole_class(training: Department) -> None:
    session, person = training.draft(), training.person()
    training.attend(session, person, training.person(), training.person())
    (row,) = roster(training, "personnel_id = %s", person)
    assert (row["attendee_count"], row["venue_capacity"], row["trainer_id"]) == (3, None, None)


def test_roster_leaves_out_deleted_sessions(training: Department) -> None:
    session = training.draft(deleted_at=START)
    training.attend(session, training.person())
    assert roster(training, "true") == []


def test_nothing_to_do_for_a_sound_session(training: Department) -> None:
    training.at(LONG_BEFORE)
    session = training.scheduled()
    training.attend(session, training.person())
    assert alerts(training, session) == {}


@pytest.mark.parametrize(("people", "found"), [(2, set()), (3, {"over_capacity"})])
def test_over_capacity(training: Department, people: int, found: set[str]) -> None:
    training.at(LONG_BEFORE)
    session = training.scheduled(venue_id=training.new_venue(capacity=2))
    training.attend(session, *[training.person() for _ in range(people)])
    assert alerts(training, session).keys() == found
    for row in alerts(training, session).values():
        assert (row["since"], row["details"]) == (None, {"attendee_count": 3, "venue_capacity": 2})


@pytest.mark.parametrize(("now", "found"), [("2027-01-04 11:59:59+00", set()), (END, {"not_completed"})])
def test_not_completed_past_its_end(training: Department, now: str, found: set[str]) -> None:
    training.at(now)
    session = training.scheduled()
    assert alerts(training, session).keys() == found
    assert training.one("select coalesce(bool_and(since = %s), true) from session_alerts", END)


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ("2026-12-28 08:59:59+00", set()),
        ("2026-12-28 09:00+00", {"draft_due"}),
        (START, {"draft_due"}),
        ("2027-02-01 00:00+00", {"draft_due"}),
    ],
)
def test_draft_inside_its_last_week_or_past_its_start(training: Department, now: str, found: set[str]) -> None:
    training.at(now)
    draft = training.planned()
    assert alerts(training, draft).keys() == found
    assert training.one("select coalesce(bool_and(since = '2026-12-28 09:00+00'), true) from session_alerts")


def test_week_before_a_draft_has_168_hours_also_over_a_change_of_time(training: Department) -> None:
    training.conn.execute("set timezone = 'Europe/Berlin'")
    training.planned(start_time="2027-03-29 10:00+00", end_time="2027-03-29 12:00+00")
    training.at("2027-03-22 09:30+00")
    assert training.rows("select 1 from session_alerts") == []
    training.at("2027-03-22 10:00+00")
    assert training.one("select since = '2027-03-22 10:00+00' from session_alerts")


def test_draft_without_a_start_is_not_due(training: Department) -> None:
    training.at("2030-01-01 00:00+00")
    assert alerts(training, training.draft()) == {}


@pytest.mark.parametrize("status", ["DRAFT", "SCHEDULED"])
def test_assigned_trainer_who_may_not_teach_the_course(training: Department, status: str) -> None:
    training.at(LONG_BEFORE)
    stranger = training.new_trainer()
    session = training.planned(status=status, trainer_id=stranger)
    assert alerts(training, session)["no_qualified_trainer"]["details"] == {
        "trainer_id": stranger,
        "course_has_qualified": True,
    }


def test_trainer_who_left_is_no_longer_qualified(training: Department) -> None:
    training.at(LONG_BEFORE)
    session = training.scheduled()
    training.conn.execute("update trainers set deleted_at = now()")
    assert alerts(training, session)["no_qualified_trainer"]["details"]["course_has_qualified"] is False


def test_course_that_nobody_may_teach(training: Department) -> None:
    draft = training.draft(course_id=training.new_course("Diving"))
    assert alerts(training, draft)["no_qualified_trainer"]["details"] == {
        "trainer_id": None,
        "course_has_qualified": False,
    }


def test_draft_without_a_trainer_of_a_course_that_somebody_may_teach(training: Department) -> None:
    assert alerts(training, training.draft()) == {}


def test_several_reasons_are_several_rows(training: Department) -> None:
    training.at(END)
    session = training.scheduled(trainer_id=training.new_trainer(), venue_id=training.new_venue(capacity=1))
    training.attend(session, training.person(), training.person())
    assert alerts(training, session).keys() == {"over_capacity", "not_completed", "no_qualified_trainer"}


@pytest.mark.parametrize("columns", [{"status": "COMPLETED"}, {"status": "CANCELLED"}, {"deleted_at": START}])
def test_what_is_over_alerts_nobody(training: Department, columns: dict[str, str]) -> None:
    training.at("2030-01-01 00:00+00")
    columns = {"status": "SCHEDULED", **columns}
    session = training.planned(trainer_id=training.new_trainer(), venue_id=training.new_venue(capacity=1), **columns)
    training.attend(session, training.person(), training.person())
    assert alerts(training, session) == {}


@pytest.mark.parametrize("status", ["DRAFT", "SCHEDULED"])
@pytest.mark.parametrize("table", ["course", "trainer", "venue"])
def test_what_is_soft_deleted_under_a_session_to_come(training: Department, table: str, status: str) -> None:
    training.at(LONG_BEFORE)
    session, key = training.planned(status=status), getattr(training, table)
    training.conn.execute(f"update {table}s set deleted_at = '2026-11-30' where id = %s", [key])
    alert = alerts(training, session)[f"{table}_deleted"]
    assert (alert["details"], alert["since"].isoformat()[:10]) == ({f"{table}_id": key}, "2026-11-30")
    training.at(END)
    assert f"{table}_deleted" not in alerts(training, session)


def test_draft_without_times_is_to_come(training: Department) -> None:
    draft = training.draft()
    training.conn.execute("update courses set deleted_at = now()")
    assert alerts(training, draft).keys() == {"course_deleted"}


def test_people_on_the_list_who_left(training: Department) -> None:
    training.at(LONG_BEFORE)
    session = training.scheduled()
    first, second = (training.person(id=f"cperson00{i}", deleted_at=f"2026-11-0{i}") for i in (2, 1))
    training.attend(session, first, second, training.person())
    alert = alerts(training, session)["attendees_deleted"]
    assert alert["details"] == {"personnel_ids": [second, first]}
    assert alert["since"].isoformat()[:10] == "2026-11-01"
    training.conn.execute("select remove_attendees(%s, %s)", [session, [first, second]])
    assert alerts(training, session) == {}


def absence_alerts(training: Department, session: str) -> list[dict[str, Any]]:
    return training.rows("select details from session_alerts where session_id = %s and alert = 'absence'", session)


@pytest.mark.parametrize("column", ["trainer_id", "venue_id", None])
def test_absence_that_is_entered_after_a_session_was_scheduled(training: Department, column: str | None) -> None:
    session, other = training.scheduled(), training.draft()
    who = {column: getattr(training, column.removesuffix("_id"))} if column else {}
    training.insert("absences", starts_at=END, ends_at="2027-02-01", **who)
    training.insert("absences", starts_at="2026-12-01", ends_at=START, **who)
    assert absence_alerts(training, session) == []
    absence = training.insert("absences", starts_at="2026-12-01", ends_at="2027-02-01", **who)
    (row,) = absence_alerts(training, session)
    assert row["details"]["absence_ids"] == [absence]
    assert absence_alerts(training, other) == []
    training.at("2027-01-05 00:00+00")
    assert absence_alerts(training, session) == []


def test_absence_of_somebody_else_and_one_that_was_overridden(training: Department) -> None:
    training.insert("absences", starts_at=START, ends_at=END, trainer_id=training.new_trainer())
    away = training.insert("absences", starts_at=START, ends_at=END, trainer_id=training.trainer)
    session = training.planned()
    training.conn.execute(
        "select schedule_session(%s, p_override => true, p_reason => 'she comes all the same')", [session]
    )
    assert absence_alerts(training, session) == []
    # What changes afterwards was decided by nobody.
    training.at("2027-01-01 00:00+00")
    training.conn.execute("update absences set ends_at = ends_at + interval '1 day' where id = %s", [away])
    assert len(absence_alerts(training, session)) == 1
