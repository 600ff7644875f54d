"""One row that cannot move does not hold up the rest, and is not forgotten."""

from __future__ import annotations

import pytest

from support.connect import Connect
from support.errors import raises_key
from support.school import School

START = "2027-01-04 10:30+00"
OPEN = "select id, step, subject_id, sqlstate, attempts, next_attempt_at from failed_steps"
GIVE_UP = "update failed_steps set attempts = 5, next_attempt_at = null"


def poison(school: School, session: int) -> None:
    """A trigger of the application's own that lets one session not start."""
    school.conn.execute(
        f"""
        create function public.refuse() returns trigger language plpgsql as $$
        begin
            raise exception 'not on my watch' using errcode = 'P0042';
        end
        $$;
        create trigger zz_refuse before update on sessions for each row
        when (new.id = {session} and new.status = 'in_progress') execute function public.refuse();
        """
    )


def test_one_poisoned_row_of_1000_does_not_hold_up_999(school: School) -> None:
    school.many(1000)
    bad = school.one("select id from sessions order by id offset 500 limit 1")
    poison(school, bad)
    school.advance("2027-01-04 09:30+00")
    moved = school.advance(START)
    assert (moved["start_sessions"], moved["failed"]) == (999, 1)
    assert school.one("select count(*) from sessions where status = 'in_progress'") == 999
    assert school.one("select count(*) from status_changes") == 999
    row = school.row(OPEN)
    assert (row["step"], row["subject_id"], row["sqlstate"], row["attempts"]) == (
        "start_sessions",
        str(bad),
        "P0042",
        1,
    )


def test_a_check_of_the_applications_own(school: School) -> None:
    good, bad = school.session(), school.session(location="nowhere")
    school.conn.execute(
        "alter table sessions add constraint placed"
        " check (status <> 'in_progress' or location is distinct from 'nowhere')"
    )
    assert school.advance(START) == {"start_sessions": 1, "failed": 1}
    assert (school.status(good), school.status(bad)) == ("in_progress", "scheduled")
    assert school.row(OPEN)["sqlstate"] == "23514"


def test_reminder_that_cannot_be_written_holds_up_nobody(school: School) -> None:
    sessions = [school.session() for _ in range(3)]
    school.conn.execute(f"alter table reminders add constraint no check (session_id <> {sessions[1]})")
    assert school.advance("2027-01-04 09:00+00") == {"queue_reminders": 2, "failed": 1}
    assert school.row(OPEN)["step"] == "queue_reminders"


def test_it_is_left_alone_until_its_next_try_and_given_up_after_five(school: School) -> None:
    session = school.session()
    poison(school, session)
    now, delays = school.one("select %s::timestamptz", START), []
    for attempts in range(1, 6):
        assert school.advance(now.isoformat()) == {"failed": 1}
        assert school.advance(now.isoformat()) == {}
        row = school.row(OPEN)
        assert row["attempts"] == attempts
        if row["next_attempt_at"] is not None:
            delays.append((row["next_attempt_at"] - now).total_seconds())
            now = row["next_attempt_at"]
    assert delays == [60, 240, 960, 3840]
    assert row["next_attempt_at"] is None
    assert school.advance("2027-02-01 00:00+00") == {}
    school.at("2027-02-01 00:00+00")
    workflow = school.row("select overdue, given_up, failed_message, failed_attempts from session_workflows")
    assert workflow == {"overdue": True, "given_up": True, "failed_message": "not on my watch", "failed_attempts": 5}


def test_a_single_try_is_all_where_the_setting_says_so(school: School) -> None:
    session = school.session()
    poison(school, session)
    school.conn.execute("update lifecycle.settings set value = '1' where key = 'max_attempts'")
    school.advance(START)
    assert (school.row(OPEN)["attempts"], school.row(OPEN)["next_attempt_at"]) == (1, None)


@pytest.mark.parametrize(
    "change",
    [
        "select reschedule_session(id, '2027-01-11', '10:00', '12:00') from sessions",
        "select cancel_session(id) from sessions",
        "select delete_session(id) from sessions",
        "delete from sessions",
        "update sessions set status = 'no_show'",
    ],
)
def test_given_up_step_that_is_no_longer_due_is_forgotten(school: School, change: str) -> None:
    session = school.session()
    poison(school, session)
    school.advance(START)
    school.conn.execute(GIVE_UP)
    assert school.advance("2027-01-04 10:31+00") == {}
    assert school.rows(OPEN) != []
    school.conn.execute(change)
    assert "failed" not in school.advance("2027-01-04 10:32+00")
    assert school.rows(OPEN) == []
    assert school.one("select given_up from clock_health") == 0


def test_given_up_step_that_somebody_holds_is_forgotten_by_the_next_tick(school: School, connect: Connect) -> None:
    session = school.session()
    poison(school, session)
    school.advance(START)
    school.conn.execute(GIVE_UP)
    school.conn.execute("select cancel_session(%s)", [session])
    holder = connect(autocommit=False)
    holder.execute("select from tutoring.failed_steps for update")
    school.conn.execute("set statement_timeout = '10s'")
    school.advance("2027-01-04 10:32+00")
    assert school.rows(OPEN) != []
    holder.rollback()
    school.advance("2027-01-04 10:33+00")
    assert school.rows(OPEN) == []


def test_session_that_moved_after_its_start_was_given_up_starts_at_its_new_time(school: School) -> None:
    session = school.session()
    poison(school, session)
    school.advance(START)
    school.conn.execute(GIVE_UP)
    school.conn.execute("drop trigger zz_refuse on sessions")
    school.conn.execute("select reschedule_session(%s, '2027-01-11', '10:00', '12:00')", [session])
    assert school.advance("2027-01-11 10:00+00")["start_sessions"] == 1


def test_reminder_that_was_given_up_is_queued_for_the_new_time(school: School) -> None:
    session = school.session()
    school.conn.execute("alter table reminders add constraint no check (for_starts_at > '2027-01-05')")
    assert school.advance("2027-01-04 09:00+00") == {"failed": 1}
    school.conn.execute(GIVE_UP)
    assert school.advance("2027-01-04 09:30+00") == {}
    school.conn.execute("select reschedule_session(%s, '2027-01-11', '10:00', '12:00')", [session])
    assert school.advance("2027-01-11 09:00+00") == {"queue_reminders": 1}


def test_mended_row_moves_by_itself_at_its_next_try(school: School) -> None:
    session = school.session()
    poison(school, session)
    school.advance(START)
    school.conn.execute("drop trigger zz_refuse on sessions")
    assert school.advance("2027-01-04 10:31+00") == {"start_sessions": 1}
    assert school.status(session) == "in_progress"
    assert school.rows(OPEN) == []


def test_retry_failed_step_moves_it_once_mended(school: School) -> None:
    session = school.session()
    poison(school, session)
    school.advance(START)
    school.at(START)
    step = school.row(OPEN)["id"]
    assert school.one("select retry_failed_step(%s)", step) is False
    school.conn.execute("drop trigger zz_refuse on sessions")
    assert school.one("select retry_failed_step(%s)", step) is True
    assert school.moves(session) == [("scheduled", "in_progress", "clock")]
    with raises_key("PT404", "failed_step_not_found"):
        school.conn.execute("select retry_failed_step(%s)", [step])


def test_given_up_step_gets_five_tries_again(school: School) -> None:
    session = school.session()
    poison(school, session)
    school.advance(START)
    school.conn.execute(GIVE_UP)
    school.at(START)
    school.one("select retry_failed_step(id) from failed_steps")
    row = school.row(OPEN)
    assert (row["attempts"], row["next_attempt_at"] is not None) == (1, True)


def test_no_longer_due_is_forgotten(school: School) -> None:
    session = school.session()
    poison(school, session)
    school.advance(START)
    school.conn.execute("select cancel_session(%s)", [session])
    assert school.advance("2027-01-04 11:00+00") == {}
    assert school.rows(OPEN) == []


def test_retry_of_a_session_that_somebody_holds_is_not_done_and_counts_nothing(
    school: School, connect: Connect
) -> None:
    """Asked by an application, whose transaction goes on."""
    session = school.session("2026-01-05")
    step = school.insert(
        "failed_steps", step="start_sessions", subject_id=str(session), sqlstate="23514", message="bad", attempts=5,
        first_failed_at="2026-01-06", failed_at="2026-01-06",
    )  # fmt: skip
    holder, app = connect(autocommit=False), connect(role="sessionbook_app", autocommit=False)
    holder.execute("select from tutoring.sessions for update")
    retry = "select tutoring.retry_failed_step(%s)"
    assert app.execute(retry, [step]).fetchone() == (False,)
    assert app.execute("select is_done from tutoring.retry_failed_steps()").fetchall() == [(False,)]
    app.commit()
    assert school.rows("select id, attempts from failed_steps") == [{"id": step, "attempts": 0}]
    holder.rollback()
    assert app.execute(retry, [step]).fetchone() == (True,)
    app.commit()
    assert school.status(session) == "in_progress"


def test_no_such_step(school: School) -> None:
    with raises_key("PT404", "failed_step_not_found"):
        school.conn.execute("select retry_failed_step(-1)")
