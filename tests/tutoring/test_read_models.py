"""What screens of a tutoring school read beside the workflow."""

from __future__ import annotations

from decimal import Decimal

from support.connect import Connect
from support.school import School


def test_history_has_past_and_future_lessons(school: School) -> None:
    school.at("2027-01-05 00:00+00")
    board = school.insert("whiteboard_sessions", session_name="Proofs")
    past = school.session("2027-01-04", topics='["sets"]', whiteboard_id=board)
    ahead = school.session("2027-01-06")
    gone = school.session("2027-01-07")
    school.rows("select * from delete_session(%s)", gone)
    school.rows("select * from reschedule_session(%s, '2027-01-08', '10:00', '12:00')", ahead)
    rows = school.rows("select * from session_history where student_id = %s order by starts_at", school.student)
    assert [row["session_id"] for row in rows] == [past, ahead]
    assert [row["is_past"] for row in rows] == [True, False]
    assert [row["times_moved"] for row in rows] == [0, 1]
    assert (rows[0]["topics"], rows[0]["whiteboard_name"], rows[0]["tutor_name"]) == (["sets"], "Proofs", "Noor")
    assert rows[1]["status_ar"] == "مجدولة"


def test_every_status_has_an_arabic_word(school: School) -> None:
    for unit in ("workshop", "tutoring", "training"):
        missing = school.rows(
            f"select machine, status from (select machine, from_status as status from {unit}.status_rules"
            f" union select machine, to_status from {unit}.status_rules) as s"
            " where machine <> 'workshop.run' and status is not null"
            " and lifecycle.status_in_arabic(machine, status) is null"
        )
        assert missing == []


def test_every_word_about_an_attendee_has_an_arabic_one(school: School) -> None:
    missing = school.rows(
        "select kind, word from ("
        " select 'training.attendance' as kind, unnest(enum_range(null::training.attendance_status))::text as word"
        " union all select 'training.compliance', unnest(enum_range(null::training.compliance_status))::text"
        " union all select 'workshop.completion', unnest(array['enrolled', 'in_progress', 'completed', 'dropped'])"
        ") as w where lifecycle.status_in_arabic(kind, word) is null"
    )
    assert missing == []


def test_no_show_rate(school: School) -> None:
    school.at("2027-01-05 00:00+00")
    for status in ("completed", "completed", "no_show", "cancelled"):
        session = school.session("2027-01-04")
        school.conn.execute("update sessions set status = 'in_progress' where id = %s", [session])
        school.conn.execute("update sessions set status = %s where id = %s", [status, session])
    row = school.row("select * from no_show_rates where tutor_id = %s", school.tutor)
    assert (row["sessions"], row["no_shows"], row["no_show_percent"]) == (3, 1, Decimal("33.3"))


def test_the_application_reads_them(connect: Connect, school: School) -> None:
    app = connect(role="sessionbook_app")
    app.execute("select * from tutoring.session_history")
    app.execute("select * from tutoring.no_show_rates")
