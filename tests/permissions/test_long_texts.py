"""What a caller hands over is never echoed whole, whichever argument, key or element it stands in."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from support.connect import Connect
from support.school import School, open_school

LONG = "x" * 1_000_000
SLOT = {"session_date": "2027-01-04", "start_time": "10:00", "end_time": "11:00"}


@pytest.fixture
def school(db: psycopg.Connection) -> School:
    db.execute("set search_path = tutoring")
    school = open_school(db)
    school.session(recurring_pattern=json.dumps({"frequency": "weekly", "until": LONG}))
    return school


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("edit_series({session}, %s, '{{}}')", LONG),
        ("edit_series({session}, 'this', %s)", json.dumps({LONG: 1})),
        ("edit_series({session}, 'this', %s)", json.dumps(LONG)),
        ("edit_series({session}, 'this', %s)", json.dumps({"status": LONG})),
        ("edit_series({session}, 'this', %s)", json.dumps({"session_date": LONG})),
        ("create_sessions({course}, %s)", json.dumps([{LONG: 1}])),
        ("create_sessions({course}, %s)", json.dumps([{**SLOT, "session_mode": LONG}])),
        ("update_scheduled_sessions({course}, %s)", json.dumps([{**SLOT, "timezone": LONG}])),
        ("create_sessions({course}, '[]', %s)", LONG),
        ("generate_recurring_sessions({session}, nullif(%s, '')::date)", ""),
        ("session_rrule({session})", None),
        ("calendar_feed(%s, '1')", LONG),
        ("calendar_feed('session', %s)", LONG),
        ("calendar_feed_by_token(%s)", LONG),
        ("create_calendar_token('student', %s)", LONG),
        ("export_person(%s)", LONG),
        ("training.create_draft('c12345678', 'frank', p_idempotency_key => %s)", LONG),
        ("training.calendar_feed('trainer', %s)", LONG),
        ("training.free_slots(%s, '1 hour', now(), now() + interval '1 day')", LONG),
        ("workshop.calendar_feed(%s, '1')", LONG),
    ],
)
def test_an_error_is_short(school: School, connect: Connect, call: str, value: Any) -> None:
    session = school.one("select id from sessions")
    before = school.rows("select * from sessions")
    app = connect(role="sessionbook_app")
    app.execute("set search_path = tutoring")
    query = f"select {call.format(session=session, course=school.course)}"
    with pytest.raises(psycopg.Error) as raised:
        app.execute(query.encode(), None if value is None else [value])
    said = raised.value.diag
    assert (raised.value.sqlstate or "").startswith("PT")
    assert sum(len(text or "") for text in (said.message_primary, said.message_detail, said.message_hint)) < 1000
    assert school.rows("select * from sessions") == before
