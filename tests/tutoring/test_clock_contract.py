"""What the shared clock asks of every unit: health, history past its retention, instants made anew."""

from __future__ import annotations

from typing import Any

import pytest

from support.school import School

HEALTH = "select overdue, oldest_overdue_at::text, retrying, given_up, reminders_waiting from clock_health"


def health(school: School) -> tuple[Any, ...]:
    school.conn.execute("set timezone = 'UTC'")
    return tuple(school.row(HEALTH).values())


def test_nothing_waits_before_its_time(school: School) -> None:
    school.session()
    school.at("2027-01-04 08:59+00")
    assert health(school) == (0, None, 0, 0, 0)


def test_sessions_that_should_have_moved_are_overdue(school: School) -> None:
    school.session()
    school.session(start_time="10:30")
    school.session(status="cancelled")
    school.session(deleted_at="2027-01-01 00:00+00")
    school.at("2027-01-04 11:00+00")
    assert health(school)[:2] == (2, "2027-01-04 10:00:00+00")
    school.advance("2027-01-04 11:00+00")
    assert health(school)[:2] == (0, None)
    school.at("2027-01-04 12:00+00")
    assert health(school)[:2] == (2, "2027-01-04 12:00:00+00")


def test_reminder_waits_until_a_courier_has_it(school: School) -> None:
    school.session()
    school.advance("2027-01-04 09:10+00")
    school.at("2027-01-04 09:10+00")
    assert health(school)[4] == 1
    (reminder,) = school.claim()
    assert health(school)[4] == 0
    school.conn.execute("update reminders set lease_until = clock_timestamp() - interval '1 second'")
    assert health(school)[4] == 1
    school.conn.execute("select complete_reminder(%s, 'courier')", [reminder["id"]])
    assert health(school)[4] == 0


def test_failed_steps_are_retrying_and_then_given_up_and_not_overdue_any_more(school: School) -> None:
    bad = school.session(location="nowhere")
    school.conn.execute(
        "alter table sessions add constraint placed"
        " check (status <> 'in_progress' or location is distinct from 'nowhere')"
    )
    school.advance("2027-01-04 10:01+00")
    school.at("2027-01-04 10:01+00")
    assert health(school) == (1, "2027-01-04 10:00:00+00", 1, 0, 0)
    school.conn.execute("update failed_steps set next_attempt_at = null")
    assert health(school) == (0, None, 0, 1, 0)
    assert "given up" in school.one("select reason from lifecycle.health")
    school.conn.execute("alter table sessions drop constraint placed")
    assert school.one("select retry_failed_step(id) from failed_steps") is True
    assert (school.status(bad), health(school)[2:4]) == ("in_progress", (0, 0))


def test_deferred_trigger_that_raises_is_its_own_rows_failure(school: School) -> None:
    """At the commit it would take the sound ones along."""
    good, bad = school.session(), school.session()
    school.conn.execute(
        f"""
        create function public.refuse_later() returns trigger language plpgsql as
        $$ begin raise exception using errcode = 'PT409', message = 'not this one'; end $$;
        create constraint trigger refuse_later after update on sessions deferrable initially deferred
        for each row when (new.id = {bad} and new.status = 'in_progress') execute function public.refuse_later();
        """
    )
    assert school.advance("2027-01-04 10:30+00") == {"start_sessions": 1, "failed": 1}
    assert (school.status(good), school.status(bad)) == ("in_progress", "scheduled")
    assert school.one("select sqlstate from failed_steps") == "PT409"


@pytest.fixture
def past(school: School) -> School:
    """A lesson long over, moved once and reminded of, and one to come that is reminded of already."""
    school.at("2027-01-01 00:00+00")
    over = school.session(day="2027-01-03")
    school.conn.execute("select reschedule_session(%s, '2027-01-04', '10:00', '12:00')", [over])
    for now in ("2027-01-04 09:30+00", "2027-01-04 10:30+00", "2027-01-04 12:30+00"):
        school.at(now)
        school.advance(now)
    return school


def purge(school: School, before: str, limit: int = 1000) -> int:
    return school.one("select lifecycle._purge_installation('tutoring', %s, %s)", before, limit)


def test_history_past_its_retention_goes(past: School) -> None:
    past.at("2027-02-01 00:00+00")
    assert purge(past, "2027-01-04 00:00+00") == 1
    assert past.one("select count(*) from reschedules") == 0
    assert past.one("select count(*) from status_changes") == 2
    assert purge(past, "2027-02-01 00:00+00", limit=1) == 1
    assert purge(past, "2027-02-01 00:00+00") == 1
    assert purge(past, "2027-02-01 00:00+00") == 0


def test_finished_reminders_go_by_a_retention_of_their_own(past: School) -> None:
    past.at("2027-04-04 00:00+00")
    assert purge(past, "2000-01-01 00:00+00") == 0
    assert past.one("select count(*) from reminders") == 1
    past.at("2027-04-06 00:00+00")
    assert purge(past, "2000-01-01 00:00+00") == 1
    assert past.one("select count(*) from reminders") == 0


def test_reminder_of_a_session_to_come_stays_whatever_its_age(school: School) -> None:
    school.session(day="2028-01-04")
    school.conn.execute("update settings set reminder_lead = '7 days'")
    school.advance("2028-01-01 00:00+00")
    school.at("2028-01-01 00:00+00")
    school.conn.execute("update reminders set state = 'sent', settled_at = '2027-01-01 00:00+00'")
    assert purge(school, "2000-01-01 00:00+00") == 0


def test_instants_are_made_anew_for_what_is_not_over_and_nothing_else(school: School) -> None:
    """Written rows are computed anew by PostgreSQL; a new place of the row shows that it was written."""
    school.at("2027-01-05 00:00+00")
    live = [school.session(day="2027-01-06"), school.session(day="2027-01-06", status="cancelled")]
    over = [school.session(status="completed"), school.session(status="no_show")]
    place = "select id, ctid::text as place from sessions where id = any(%s) order by id"
    before = {ids: school.rows(place, list(ids)) for ids in (tuple(live), tuple(over))}
    assert school.rows("select * from lifecycle.refresh_instants() where schema_name = 'tutoring'") == [
        {"schema_name": "tutoring", "changed": 0}
    ]
    after = {ids: school.rows(place, list(ids)) for ids in before}
    assert after[tuple(over)] == before[tuple(over)]
    assert all(new["place"] != old["place"] for new, old in zip(after[tuple(live)], before[tuple(live)], strict=True))
