"""What is soft-deleted beneath a session in the calendar stops no call that is not about it, and is an alert."""

from __future__ import annotations

import pytest

from support.connect import Connect
from support.department import Department

CALLS = {
    "update_session": "select update_session(%(session)s, '{}')",
    "schedule_session": "select schedule_session(%(session)s)",
    "substitute_trainer": "select substitute_trainer(%(session)s, %(substitute)s, 'ill')",
    "add_attendees": "select add_attendees(%(session)s, array[%(other)s])",
    "add_attendees again": "select add_attendees(%(session)s, array[%(person)s])",
    "remove_attendees": "select remove_attendees(%(session)s, array[%(person)s])",
    "attendee_suggestions": "select attendee_suggestions(%(session)s)",
    "mark_attendance": "select mark_attendance(%(session)s, jsonb_build_array("
    "jsonb_build_object('personnel_id', %(person)s::text, 'status', 'REGISTERED')))",
    "calendar_feed": "select calendar_feed('session', %(session)s)",
    "cancel_session": "select cancel_session(%(session)s)",
    "delete_session": "select delete_session(%(session)s)",
}


@pytest.mark.parametrize("gone", ["courses", "trainers", "venues", "personnel"])
def test_calls_about_something_else_go_on(training: Department, connect: Connect, gone: str) -> None:
    app = connect(role="sessionbook_app", autocommit=False)
    app.execute("set search_path = training")
    substitute = training.new_trainer(teaches=training.course)
    keys = {"courses": training.course, "trainers": training.trainer, "venues": training.venue}
    for place, (name, call) in enumerate(CALLS.items()):
        training.conn.execute(f"update {gone} set deleted_at = null")
        person, other = training.person(), training.person()
        day = f"2027-02-{place + 1:02}"
        session = training.scheduled(start_time=f"{day} 09:00+00", end_time=f"{day} 12:00+00")
        training.attend(session, person)
        training.conn.execute(
            f"update {gone} set deleted_at = now() where id = %s", [{**keys, "personnel": person}[gone]]
        )
        alert = f"{'attendees' if gone == 'personnel' else gone.removesuffix('s')}_deleted"
        alerts = "select count(*) from session_alerts where session_id = %s and alert = %s"
        assert training.one(alerts, session, alert) == 1, name
        app.execute(call, {"session": session, "person": person, "other": other, "substitute": substitute})
        app.commit()


def test_a_session_is_completed_all_the_same(training: Department) -> None:
    session, person = training.scheduled(), training.person()
    training.attend(session, person, status="ATTENDED")
    for table in ("courses", "trainers", "venues", "personnel"):
        training.conn.execute(f"update {table} set deleted_at = now()")
    training.at("2027-01-05 00:00+00")
    assert training.row("select * from complete_session(%s)", session)["status"] == "COMPLETED"
    assert training.one("select status from compliance_items where personnel_id = %s", person) == "COMPLIANT"
