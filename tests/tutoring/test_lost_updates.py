"""Calls that change a session refuse one that somebody else has changed since the caller read it."""

from __future__ import annotations

import pytest

from support.errors import raises_key
from support.school import School

CALLS = {
    "cancel_session(%s, ": "scheduled",
    "mark_no_show(%s, ": "scheduled",
    "start_session(%s, ": "scheduled",
    "complete_session(%s, ": "in_progress",
    "delete_session(%s, ": "scheduled",
    "restore_session(%s, ": "cancelled",
    "reschedule_session(%s, '2027-01-05', '10:00', '12:00', ": "scheduled",
    "edit_series(%s, 'this', '{\"location\": \"Room 2\"}', ": "scheduled",
}


@pytest.mark.parametrize(("call", "status"), CALLS.items())
def test_lost_update_is_refused(school: School, call: str, status: str) -> None:
    session = school.session(status=status)
    school.at("2027-01-04 10:00+00" if "no_show" in call else "2027-01-03 12:00+00")
    seen = school.row("select * from sessions")
    school.conn.execute("set role sessionbook_app")
    query = f"select from {call}p_expected_updated_at => %s)"
    with raises_key("PT409", "changed_meanwhile"):
        school.conn.execute(query, [session, "2020-01-01"])
    assert school.row("select * from sessions") == seen
    school.conn.execute(query, [session, seen["updated_at"]])
    assert school.row("select * from sessions") != seen
    school.conn.commit()
