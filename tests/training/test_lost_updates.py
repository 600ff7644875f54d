"""Calls that change a session refuse one that somebody else has changed since the caller read it."""

from __future__ import annotations

import pytest

from support.department import Department
from support.errors import raises_key

CALLS = {
    "cancel_session(%s, ": "SCHEDULED",
    "complete_session(%s, ": "SCHEDULED",
    "delete_session(%s, ": "SCHEDULED",
    "schedule_session(%s, ": "DRAFT",
    'update_session(%s, \'{"end_time": "2027-01-04T11:00:00Z"}\', ': "SCHEDULED",
    "substitute_trainer(%s, '{other}', 'ill', ": "SCHEDULED",
}


@pytest.mark.parametrize(("call", "status"), CALLS.items())
def test_lost_update_is_refused(training: Department, call: str, status: str) -> None:
    other = training.new_trainer("Mona", "Said", teaches=training.course)
    session = training.planned(status=status)
    training.attend(session, training.person(), status="ATTENDED")
    training.at("2027-01-04 10:00+00")
    seen = training.row("select * from sessions")
    training.conn.execute("set role sessionbook_app")
    query = f"select from {call.replace('{other}', other)}p_expected_updated_at => %s)"
    with raises_key("PT409", "changed_meanwhile"):
        training.conn.execute(query, [session, "2020-01-01"])
    assert training.row("select * from sessions") == seen
    training.conn.execute(query, [session, seen["updated_at"]])
    assert training.row("select * from sessions") != seen
    training.conn.commit()
