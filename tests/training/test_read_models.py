"""What the planning board reads."""

from __future__ import annotations

from decimal import Decimal

from support.connect import Connect
from support.department import Department


def test_board_words_the_worst_alert(training: Department) -> None:
    training.at("2027-01-01 00:00+00")
    small = training.new_venue("Cabin", capacity=1)
    session = training.scheduled(venue_id=small)
    training.attend(session, training.person("A", "B"), training.person("C", "D"))
    row = training.row("select * from session_board where session_id = %s", session)
    assert (row["severity"], row["alert_text"]) == ("warning", "Venue Capacity Exceeded (2/1).")
    assert row["alert_text_ar"] == "تجاوز سعة القاعة (2/1)."
    assert (row["attendee_count"], row["venue_capacity"], row["trainer_name"]) == (2, 1, "John Smith")
    training.conn.execute("update venues set deleted_at = now() where id = %s", [small])
    row = training.row("select * from session_board where session_id = %s", session)
    assert (row["severity"], row["alerts"]) == ("error", ["venue_deleted", "over_capacity"])


def test_board_without_alerts(training: Department) -> None:
    training.at("2027-01-01 00:00+00")
    session = training.scheduled()
    row = training.row("select * from session_board where session_id = %s", session)
    assert (row["severity"], row["alert_text"], row["alert_text_ar"], row["alerts"]) == (None, None, None, [])
    assert (row["status"], row["status_ar"]) == ("SCHEDULED", "مجدولة")


def test_every_alert_has_words_in_both_languages(training: Department) -> None:
    training.at("2027-01-01 00:00+00")
    session = training.planned()
    training.conn.execute("update trainers set deleted_at = now()")
    training.conn.execute("update courses set deleted_at = now()")
    training.conn.execute("update venues set deleted_at = now()")
    rows = training.rows(
        "select alert, (select b.alert_text from session_board as b where b.session_id = a.session_id) as words"
        " from session_alerts as a where session_id = %s", session,
    )  # fmt: skip
    assert len(rows) >= 4
    assert all(row["words"] == "The course was deleted." for row in rows)


def test_no_show_rate(training: Department) -> None:
    session = training.scheduled()
    came, missed = training.person("A", "B"), training.person("C", "D")
    training.attend(session, came, status="ATTENDED")
    training.attend(session, missed, status="NO_SHOW")
    training.conn.execute("update sessions set status = 'COMPLETED' where id = %s", [session])
    row = training.row("select * from no_show_rates where course_id = %s", training.course)
    assert (row["attendees"], row["no_shows"], row["no_show_percent"]) == (2, 1, Decimal("50.0"))


def test_the_application_reads_them(connect: Connect, training: Department) -> None:
    app = connect(role="sessionbook_app")
    app.execute("select * from training.session_board")
    app.execute("select * from training.no_show_rates")
    rows = app.execute("select schema_name, state from lifecycle.overview order by schema_name").fetchall()
    assert rows == [("training", "ok"), ("tutoring", "ok"), ("workshop", "ok")]
