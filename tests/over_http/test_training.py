"""Every endpoint of the planning of training, over HTTP: what is called, and how it refuses."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from support.department import END, START, Department
from support.graphql import GraphQL, Refused, refused

SESSION = "session { id status courseId trainerId venueId startTime endTime }"
CHANGED = "results { added alreadyRegistered attendeeCount venueCapacity capacityExceeded warning }"
EVENING = "2027-01-04 19:00+00"


def publish(api: GraphQL, training: Department, draft: str, **instead: Any) -> dict[str, Any]:
    arguments = {
        "p_trainer_id": training.trainer,
        "p_venue_id": training.venue,
        "p_start_time": START,
        "p_end_time": END,
        **instead,
    }
    return api.change("schedule_session", SESSION, p_session_id=draft, **arguments)


def test_draft_needs_a_course_only(api: GraphQL, training: Department) -> None:
    draft = api.change("create_draft", SESSION, p_course_id=training.course, p_created_by_id="frank")
    assert draft == {
        "id": training.one("select id from sessions"),
        "status": "DRAFT",
        "courseId": training.course,
        "trainerId": None,
        "venueId": None,
        "startTime": None,
        "endTime": None,
    }


def test_draft_of_a_course_that_is_not_there(api: GraphQL, training: Department) -> None:
    with refused("PT404", "course_not_found"):
        api.change("create_draft", SESSION, p_course_id="c00000000nowhere", p_created_by_id="frank")


def test_patch_changes_what_it_names(api: GraphQL, training: Department) -> None:
    draft = training.planned()
    changes = {"venue_id": None, "end_time": EVENING}
    patched = api.change("update_session", SESSION, p_session_id=draft, p_changes=changes)
    assert (patched["venueId"], patched["trainerId"]) == (None, training.trainer)
    assert datetime.fromisoformat(patched["startTime"]) == datetime.fromisoformat("2027-01-04T09:00:00+00:00")
    assert datetime.fromisoformat(patched["endTime"]) == datetime.fromisoformat("2027-01-04T19:00:00+00:00")


def test_patch_with_a_field_that_sessions_do_not_have(api: GraphQL, training: Department) -> None:
    with refused("PT400", "unknown_field"):
        api.change("update_session", SESSION, p_session_id=training.draft(), p_changes={"colour": "red"})


def test_patch_that_moves_a_session_onto_another(api: GraphQL, training: Department) -> None:
    session, other = training.scheduled(), training.scheduled(start_time=END, end_time=EVENING)
    with refused("PT409", "trainer_busy") as error:
        api.change("update_session", SESSION, p_session_id=other, p_changes={"start_time": START})
    assert session in error.value.detail


def test_draft_is_published(api: GraphQL, training: Department) -> None:
    published = publish(api, training, training.draft())
    assert (published["status"], published["trainerId"]) == ("SCHEDULED", training.trainer)


def test_publishing_without_a_venue(api: GraphQL, training: Department) -> None:
    with refused("PT400", "missing_field"):
        publish(api, training, training.draft(), p_venue_id=None)


def test_publishing_with_the_end_before_the_start(api: GraphQL, training: Department) -> None:
    with refused("PT400", "end_before_start"):
        publish(api, training, training.draft(), p_start_time=END, p_end_time=START)


def test_publishing_with_a_trainer_who_is_busy(api: GraphQL, training: Department) -> None:
    session, draft = training.scheduled(), training.draft()
    with refused("PT409", "trainer_busy") as error:
        publish(api, training, draft, p_venue_id=training.new_venue())
    assert session in error.value.detail
    assert training.status(draft) == "DRAFT"


def test_publishing_in_a_venue_that_is_busy(api: GraphQL, training: Department) -> None:
    training.scheduled()
    with refused("PT409", "venue_busy"):
        publish(api, training, training.draft(), p_trainer_id=training.new_trainer(teaches=training.course))


def test_publishing_with_a_trainer_who_is_not_qualified(api: GraphQL, training: Department) -> None:
    with refused("PT400", "trainer_not_qualified"):
        publish(api, training, training.draft(), p_trainer_id=training.new_trainer())


def test_one_of_many_publishers_at_once_wins(api: GraphQL, training: Department) -> None:
    def try_to(draft: str) -> tuple[str | None, str | None] | None:
        try:
            publish(api, training, draft)
        except Refused as error:
            return error.code, error.key
        return None

    drafts = [training.draft() for _ in range(8)]
    with ThreadPoolExecutor(len(drafts)) as pool:
        outcome = list(pool.map(try_to, drafts))
    assert Counter(outcome) == {None: 1, ("PT409", "trainer_busy"): 7}
    assert training.one("select count(*) from sessions where status = 'SCHEDULED'") == 1


def picked(api: GraphQL, draft: str, **arguments: Any) -> list[tuple[int, str]]:
    rows = api.read("attendee_suggestions", "suggestionGroup lastName", p_session_id=draft, **arguments)
    return [(row["suggestionGroup"], row["lastName"]) for row in rows]


@pytest.fixture
def crowd(training: Department) -> list[str]:
    """People of all four groups, made in another order than they are shown in."""
    people = [training.person("A", name) for name in ("Zoë", "Yáñez", "Xu", "Weiß", "Vega", "Ueda")]
    zoe, yanez, xu, weiss, vega, _ = people
    soon, sooner = (training.one("select ((now() at time zone 'UTC')::date + %s)::text", days) for days in (20, 10))
    training.item(xu, "COMPLIANT", soon)
    training.item(weiss, "COMPLIANT", sooner)
    training.item(vega, "COMPLIANT", "2199-01-01")
    training.item(yanez, "PENDING")
    training.item(zoe, "NON_COMPLIANT")
    return people


def test_picker_shows_four_groups_in_order(api: GraphQL, training: Department, crowd: list[str]) -> None:
    assert picked(api, training.draft()) == [
        (1, "Zoë"),
        (2, "Yáñez"),
        (3, "Weiß"),
        (3, "Xu"),
        (4, "Ueda"),
        (4, "Vega"),
    ]


def test_picker_leaves_out_who_is_on_the_list(api: GraphQL, training: Department, crowd: list[str]) -> None:
    draft = training.draft()
    training.attend(draft, *crowd[:4])
    assert picked(api, draft) == [(4, "Ueda"), (4, "Vega")]


def test_picker_searches_and_stops(api: GraphQL, training: Department, crowd: list[str]) -> None:
    draft = training.draft()
    assert picked(api, draft, p_search="zoe") == [(1, "Zoë")]
    assert picked(api, draft, p_limit=2) == [(1, "Zoë"), (2, "Yáñez")]


def test_people_are_added_in_bulk(api: GraphQL, training: Department, crowd: list[str]) -> None:
    draft = training.draft()
    training.attend(draft, crowd[0])
    (done,) = api.change("add_attendees", CHANGED, p_session_id=draft, p_personnel_ids=crowd)
    assert done == {
        "added": 5,
        "alreadyRegistered": 1,
        "attendeeCount": 6,
        "venueCapacity": None,
        "capacityExceeded": False,
        "warning": None,
    }


def test_stranger_stops_the_whole_bulk(api: GraphQL, training: Department, crowd: list[str]) -> None:
    draft, stranger = training.draft(), "c00000000nobody"
    with refused("PT404", "personnel_not_found") as error:
        api.change("add_attendees", CHANGED, p_session_id=draft, p_personnel_ids=[*crowd, stranger])
    assert stranger in f"{error.value} {error.value.detail}"
    assert training.one("select count(*) from session_attendees") == 0


def test_full_venue_is_warned_of_and_not_refused(api: GraphQL, training: Department, crowd: list[str]) -> None:
    draft = training.draft(venue_id=training.new_venue(capacity=5))
    (done,) = api.change("add_attendees", CHANGED, p_session_id=draft, p_personnel_ids=crowd)
    assert (done["added"], done["capacityExceeded"], done["warning"]) == (6, True, "Venue Capacity Exceeded (6/5)")


def test_people_are_taken_off(api: GraphQL, training: Department, crowd: list[str]) -> None:
    draft = training.draft()
    training.attend(draft, *crowd)
    wanted = "results { removed attendeeCount }"
    (done,) = api.change("remove_attendees", wanted, p_session_id=draft, p_personnel_ids=crowd[:2])
    assert done == {"removed": 2, "attendeeCount": 4}


def test_attendance_is_marked_and_the_session_completed(api: GraphQL, training: Department) -> None:
    session = training.scheduled(start_time="2026-01-05 09:00+00", end_time="2026-01-05 12:00+00")
    came, missed = training.person(), training.person()
    training.attend(session, came, missed)
    with refused("PT409", "attendance_unmarked"):
        api.change("complete_session", SESSION, p_session_id=session)
    marks = [
        {"personnel_id": came, "status": "ATTENDED", "remarks": "Left early"},
        {"personnel_id": missed, "status": "NO_SHOW"},
    ]
    wanted = "results { marked attended noShow takenBack }"
    (done,) = api.change("mark_attendance", wanted, p_session_id=session, p_marks=marks)
    assert done == {"marked": 2, "attended": 1, "noShow": 1, "takenBack": []}
    assert api.change("complete_session", SESSION, p_session_id=session)["status"] == "COMPLETED"
    items = api.read("all_compliance_items", "personnelId status expiryDate")
    assert items == [{"personnelId": came, "status": "COMPLIANT", "expiryDate": "2027-01-05"}]


def test_availability_is_asked_for(api: GraphQL, training: Department) -> None:
    session, draft = training.scheduled(), training.planned(venue_id=None)
    (found,) = api.read(
        "availability_check",
        "trainerAvailable venueAvailable conflicts softConflicts",
        p_start_time="2027-01-04T11:59:00Z",
        p_end_time="2027-01-04T13:00:00Z",
        p_trainer_id=training.trainer,
    )
    assert (found["trainerAvailable"], found["venueAvailable"]) == (False, None)
    assert [(one["session_id"], one["resource"]) for one in found["conflicts"]] == [(session, "trainer")]
    assert [one["session_id"] for one in found["softConflicts"]] == [draft]


@pytest.mark.parametrize(("function", "after"), [("cancel_session", "CANCELLED"), ("delete_session", "SCHEDULED")])
def test_slot_is_free_again(api: GraphQL, training: Department, function: str, after: str) -> None:
    session = training.scheduled()
    assert api.change(function, SESSION, p_session_id=session)["status"] == after
    assert publish(api, training, training.draft())["status"] == "SCHEDULED"


def test_trainers_are_listed_by_course(api: GraphQL, training: Department) -> None:
    training.new_trainer("Noor", "Haddad")
    rows = api.read("list_trainers", "trainerId", p_course_id=training.course)
    assert [row["trainerId"] for row in rows] == [training.trainer]


def test_trainer_is_shown_with_hours_of_the_week(api: GraphQL, training: Department) -> None:
    training.scheduled()
    training.scheduled(start_time="2027-01-05 08:00+00", end_time="2027-01-05 17:00+00")
    (row,) = api.read("trainer_load", "isoYear isoWeek label", p_week="2027-01-10")
    assert row == {"isoYear": 2027, "isoWeek": 1, "label": "John Smith (12h booked this week)"}


def test_tables_are_read_with_what_they_refer_to(api: GraphQL, training: Department) -> None:
    session = training.scheduled()
    rows = api.read("all_sessions", "id courseByCourseId { title } trainerByTrainerId { lastName }")
    assert rows == [
        {"id": session, "courseByCourseId": {"title": "First aid"}, "trainerByTrainerId": {"lastName": "Smith"}}
    ]


def test_class_list_and_alerts_are_read(api: GraphQL, training: Department) -> None:
    draft, person = training.draft(venue_id=training.new_venue(capacity=1)), training.person()
    training.attend(draft, person, training.person("Sara", "Ali"))
    roster = api.read("all_session_rosters", "lastName status attendeeCount", condition={"personnelId": person})
    assert roster == [{"lastName": "Haddad", "status": "REGISTERED", "attendeeCount": 2}]
    alerts = api.read("all_session_alerts", "sessionId details", condition={"alert": "over_capacity"})
    assert alerts == [{"sessionId": draft, "details": {"attendee_count": 2, "venue_capacity": 1}}]


def test_request_without_a_token_gets_nowhere(api: GraphQL, training: Department) -> None:
    with refused("42501", None):
        api.change("create_draft", SESSION, role=None, p_course_id=training.course, p_created_by_id="frank")
    with refused("42501", None):
        api.read("all_sessions", "id", role=None)


def test_reader_reads_and_calls_nothing(api: GraphQL, training: Department) -> None:
    session = training.scheduled()
    assert api.read("all_sessions", "id", role="sessionbook_reader") == [{"id": session}]
    with refused("42501", None):
        api.change("cancel_session", SESSION, role="sessionbook_reader", p_session_id=session)


def test_reader_sees_no_personal_columns(api: GraphQL, training: Department) -> None:
    assert api.read("all_trainers", "lastName", role="sessionbook_reader") == [{"lastName": "Smith"}]
    with refused("42501", None):
        api.read("all_trainers", "lastName email", role="sessionbook_reader")
