"""Moves of a session's status by people: the rules, the functions and the history."""

from __future__ import annotations

import pytest

from support.connect import Connect
from support.errors import raises_key
from support.school import School

MOVES = {
    "start_session": ("scheduled", "in_progress"),
    "complete_session": ("in_progress", "completed"),
    "cancel_session": ("scheduled", "cancelled"),
    "mark_no_show": ("in_progress", "no_show"),
    "restore_session": ("cancelled", "scheduled"),
}


@pytest.mark.parametrize("function", MOVES)
def test_a_function_makes_one_move(school: School, function: str) -> None:
    before, after = MOVES[function]
    session = school.session(status=before)
    assert school.row(f"select * from {function}(%s)", session)["status"] == after
    assert school.moves(session) == [(before, after, "person")]


@pytest.mark.parametrize("function", ["start_session", "complete_session", "cancel_session", "mark_no_show"])
def test_where_it_is_already_nothing_changes(school: School, function: str) -> None:
    session = school.session(status=MOVES[function][1])
    school.conn.execute(f"select {function}(%s)", [session])
    assert school.moves(session) == []


@pytest.mark.parametrize(
    ("status", "function"),
    [
        ("completed", "start_session"),
        ("completed", "cancel_session"),
        ("scheduled", "complete_session"),
        ("cancelled", "start_session"),
        ("cancelled", "mark_no_show"),
        ("no_show", "cancel_session"),
    ],
)
def test_move_outside_the_rules(school: School, status: str, function: str) -> None:
    session = school.session(status=status)
    with raises_key("PT409", "illegal_transition"):
        school.conn.execute(f"select {function}(%s)", [session])
    assert school.status(session) == status


def test_no_show_may_be_noted_after_the_clock_completed_it(school: School) -> None:
    session = school.session()
    school.advance("2027-01-04 12:00+00")
    school.conn.execute("select mark_no_show(%s)", [session])
    assert school.moves(session)[-1] == ("completed", "no_show", "person")


def test_every_move_is_as_the_rules_say_whoever_looks(school: School) -> None:
    """Also the two that the trigger does not look up."""
    statuses = ["scheduled", "in_progress", "completed", "cancelled", "no_show"]
    allowed = {
        (row["from_status"], row["to_status"])
        for row in school.rows(
            "select from_status, to_status from status_rules where machine = 'tutoring.session' and cause = 'person'"
        )
    }
    for before in statuses:
        for after in statuses:
            session = school.session(status=before)
            if before == after or (before, after) in allowed:
                school.conn.execute("update sessions set status = %s where id = %s", [after, session])
            else:
                with raises_key("PT409", "illegal_transition"):
                    school.conn.execute("update sessions set status = %s where id = %s", [after, session])


def test_moves_that_the_trigger_passes_over_are_free_to_clock_and_person(school: School) -> None:
    rows = school.rows(
        "select from_status, to_status, array_agg(cause order by cause) as causes from status_rules"
        " where machine = 'tutoring.session' group by 1, 2 having count(*) > 1 order by from_status desc"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("scheduled", "in_progress", ["clock", "person"]),
        ("in_progress", "completed", ["clock", "person"]),
    ]


def test_session_without_a_status_is_given_one_and_the_history_says_so(school: School) -> None:
    session = school.session(status=None)
    school.conn.execute("update sessions set status = 'scheduled'")
    assert school.moves(session) == [(None, "scheduled", "person")]


def test_unknown_status(school: School) -> None:
    with raises_key("PT400", "unknown_status"):
        school.session(status="SCHEDULED")
    session = school.session()
    with raises_key("PT400", "unknown_status"):
        school.conn.execute("update sessions set status = 'postponed' where id = %s", [session])


@pytest.mark.parametrize(
    "function",
    [
        "start_session",
        "complete_session",
        "cancel_session",
        "mark_no_show",
        "delete_session",
        "restore_session",
        "generate_recurring_sessions",
    ],
)
@pytest.mark.parametrize("session", [-1, None])
def test_no_such_session(school: School, function: str, session: int | None) -> None:
    with raises_key("PT404", "session_not_found"):
        school.conn.execute(f"select {function}(%s::int)", [session])


@pytest.mark.parametrize("function", ["start_session", "cancel_session", "mark_no_show"])
def test_deleted_session_does_not_move(school: School, function: str) -> None:
    session = school.session()
    school.conn.execute("select delete_session(%s)", [session])
    with raises_key("PT409", "session_deleted"):
        school.conn.execute(f"select {function}(%s)", [session])


def test_restored_session_goes_on_where_it_was(school: School) -> None:
    session = school.session()
    school.conn.execute("select delete_session(%s)", [session])
    assert school.row("select * from restore_session(%s)", session)["deleted_at"] is None
    assert school.advance("2027-01-04 10:00+00") == {"start_sessions": 1}


def test_deleted_and_cancelled_session_comes_back_in_two_moves(school: School) -> None:
    session = school.session(status="cancelled")
    school.conn.execute("select delete_session(%s)", [session])
    statuses = [school.row("select * from restore_session(%s)", session)["status"] for _ in range(2)]
    assert statuses == ["cancelled", "scheduled"]


@pytest.mark.parametrize(
    ("now", "status"),
    [
        ("2027-01-04 09:59+00", "scheduled"),
        ("2027-01-04 10:00+00", "in_progress"),
        ("2027-01-04 12:00+00", "completed"),
    ],
)
def test_no_show_is_taken_back_to_what_the_time_makes_of_it(school: School, now: str, status: str) -> None:
    session = school.session(status="no_show")
    school.at(now)
    assert school.row("select * from restore_session(%s)", session)["status"] == status
    assert school.moves(session) == [("no_show", status, "person")]


def test_nobody_stays_away_before_the_start(school: School) -> None:
    session = school.session()
    school.at("2027-01-04 09:59:59+00")
    with raises_key("PT409", "session_not_started"):
        school.conn.execute("select mark_no_show(%s)", [session])
    school.at("2027-01-04 10:00+00")
    assert school.row("select * from mark_no_show(%s)", session)["status"] == "no_show"


@pytest.mark.parametrize(
    "calls", [["start_session"], ["start_session", "complete_session"], ["start_session", "mark_no_show"]]
)
def test_what_is_held_a_month_too_early_is_taken_back(school: School, calls: list[str]) -> None:
    session = school.session()
    school.at("2026-12-04 10:00+00")
    for call in calls:
        school.conn.execute(f"select {call}(%s)", [session])
    assert school.row("select * from restore_session(%s)", session)["status"] == "scheduled"
    assert school.advance("2027-01-04 10:00+00") == {"start_sessions": 1}


@pytest.mark.parametrize("change", ["status = 'cancelled'", "deleted_at = now()"])
def test_session_that_is_over_comes_back_only_if_the_past_is_meant(school: School, change: str) -> None:
    """It would be held by the next tick."""
    session = school.session()
    school.conn.execute(f"update sessions set {change}")
    school.at("2027-02-04 10:00+00")
    with raises_key("PT400", "time_is_over"):
        school.conn.execute("select restore_session(%s)", [session])
    row = school.row("select * from restore_session(%s, p_allow_past => true)", session)
    assert (row["status"], row["deleted_at"]) == ("scheduled", None)


def test_deleted_session_that_was_held_comes_back_whenever(school: School) -> None:
    session = school.session(status="completed", deleted_at="2027-01-05")
    school.at("2027-02-04 10:00+00")
    assert school.row("select * from restore_session(%s)", session)["deleted_at"] is None


@pytest.mark.parametrize("status", ["in_progress", "completed", None])
def test_nothing_to_restore(school: School, status: str | None) -> None:
    session = school.session(status=status)
    school.at("2027-01-04 10:00+00")
    with raises_key("PT409", "nothing_to_restore"):
        school.conn.execute("select restore_session(%s)", [session])


def test_deleted_and_restored_twice_is_the_row_as_it_is(school: School) -> None:
    session = school.session()
    for function in ("delete_session", "restore_session"):
        first, second = (school.row(f"select * from {function}(%s)", session) for _ in range(2))
        assert first == second
    assert second["deleted_at"] is None


def test_history_names_role_and_time(school: School, connect: Connect) -> None:
    session = school.session()
    app = connect(role="sessionbook_app")
    app.execute("select tutoring.cancel_session(%s)", [session])
    assert school.row(
        "select machine, changed_by, now() - changed_at < '1 minute' as just_now from status_changes"
    ) == {
        "machine": "tutoring.session",
        "changed_by": "sessionbook_app",
        "just_now": True,
    }


def test_one_statement_over_many_sessions_is_recorded_row_by_row(school: School) -> None:
    school.many(300)
    school.session(status="completed")
    school.conn.execute("update sessions set status = 'cancelled' where status = 'scheduled'")
    school.conn.execute("update sessions set location = 'Room 2'")
    assert school.one("select count(distinct subject_id) from status_changes") == 300
    assert school.one("select count(*) from status_changes") == 300


def test_updated_at_follows_a_real_change_only(school: School) -> None:
    session = school.session()
    old = "update sessions set updated_at = '2000-01-01'"
    school.conn.execute(old)
    school.conn.execute("update sessions set status = status, topics = topics, location = location")
    assert school.one("select updated_at::text from sessions") == "2000-01-01 00:00:00"
    for change in ("location = 'Room 2'", "topics = '[\"x\"]'", "alarm_enabled = true", "status = 'cancelled'"):
        school.conn.execute(old)
        school.conn.execute(f"update sessions set {change} where id = {session}")
        assert school.one("select updated_at > '2026-01-01' from sessions") is True


def test_updated_at_watches_every_column(school: School) -> None:
    rows = school.rows(
        """
        select a.attname
        from pg_attribute as a
        where a.attrelid = 'sessions'::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            and a.attname not in ('id', 'created_at', 'updated_at', 'starts_at', 'ends_at', 'alarm_at')
            and not exists (
                select from pg_trigger as t
                where t.tgrelid = a.attrelid and t.tgname = 'zz_900_touch_updated_at' and a.attnum = any(t.tgattr)
                    and pg_get_triggerdef(t.oid) ~ ('old\\.' || a.attname || '\\M')
                    and pg_get_triggerdef(t.oid) ~ ('new\\.' || a.attname || '\\M')
            )
        """
    )
    assert rows == []
