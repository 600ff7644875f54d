"""What time does to training: compliance lapses, and nothing else moves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from support.concurrency import race, results, until_blocked
from support.connect import Connect
from support.department import END, Department
from support.errors import raises_key

NOON = "2027-01-04 12:00+00"
HEALTH = "select overdue, oldest_overdue_at::text, retrying, given_up, reminders_waiting, oldest_reminder_at"


def advance(training: Department, now: str = NOON, limit: int = 5000) -> tuple[int, int]:
    row = training.row("select * from lifecycle.advance('training', %s, %s)", now, limit)
    assert row["step"] == "lapse_compliance", training.one("select last_error from lifecycle.clocks")
    return row["moved"], row["failed"]


def of(training: Department, item: str) -> tuple[str, str | None]:
    row = training.row("select status, expiry_date::text from compliance_items where id = %s", item)
    return row["status"], row["expiry_date"]


def expired(training: Department, day: str = "2027-01-01", name: str = "Noor") -> str:
    return training.item(training.person(name), "COMPLIANT", day)


def failures(training: Department) -> list[dict[str, Any]]:
    return training.rows("select * from failed_steps order by id")


@pytest.fixture
def poison(training: Department) -> str:
    """An item that the application does not let lapse, among due ones: Bad's."""
    bad = expired(training, name="Bad")
    training.conn.execute(
        f"alter table compliance_items add constraint no_poison check (id <> '{bad}' or status = 'COMPLIANT')"
    )
    return bad


def mend(training: Department) -> None:
    training.conn.execute("alter table compliance_items drop constraint no_poison")


def test_what_expired_before_today_in_utc_lapses_and_nothing_else(training: Department) -> None:
    cases = {
        ("COMPLIANT", "2027-01-03"): "NON_COMPLIANT",
        ("COMPLIANT", "2027-01-04"): "COMPLIANT",
        ("COMPLIANT", None): "COMPLIANT",
        ("PENDING", "2020-01-01"): "PENDING",
        ("NON_COMPLIANT", "2020-01-01"): "NON_COMPLIANT",
    }
    items = {training.item(training.person(), *before): (after, before[1]) for before, after in cases.items()}
    training.conn.execute("set timezone = 'Pacific/Auckland'")
    assert advance(training, "2027-01-04 23:59:59+00") == (1, 0)
    assert {item: of(training, item) for item in items} == items


def test_midnight_in_utc_is_when_it_lapses(training: Department) -> None:
    expired(training, "2027-01-03")
    training.conn.execute("set timezone = 'Asia/Kuwait'")
    assert advance(training, "2027-01-03 23:59:59+00") == (0, 0)
    assert advance(training, "2027-01-04 00:00+00") == (1, 0)


def test_again_lapses_nothing(training: Department) -> None:
    expired(training)
    assert [advance(training) for _ in range(2)] == [(1, 0), (0, 0)]


def test_oldest_first_within_the_limit(training: Department) -> None:
    items = [expired(training, f"2027-01-0{day}") for day in (3, 1, 2)]
    assert advance(training, limit=2) == (2, 0)
    assert [of(training, item)[0] for item in items] == ["COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT"]


def test_time_completes_no_session(training: Department) -> None:
    sessions = [training.scheduled(), training.draft()]
    advance(training, "2030-01-01 00:00+00")
    assert [training.status(session) for session in sessions] == ["SCHEDULED", "DRAFT"]


def test_tick_lapses_what_is_due(training: Department) -> None:
    item = expired(training, "2020-01-01")
    training.conn.execute("call lifecycle.run_tick()")
    assert of(training, item)[0] == "NON_COMPLIANT"
    assert training.one("select moved -> 'training' ->> 'lapse_compliance' from lifecycle.ticks") == "1"


def test_item_that_somebody_holds_is_left_for_the_next_tick(training: Department, connect: Connect) -> None:
    item = expired(training)
    holder = connect(autocommit=False)
    holder.execute("select from training.compliance_items where id = %s for update", [item])
    assert advance(training) == (0, 0)
    holder.rollback()
    assert advance(training) == (1, 0)


def test_two_ticks_at_once_lapse_each_item_once(training: Department, database: str) -> None:
    for n in range(200):
        expired(training, f"2026-01-{n % 28 + 1:02}")

    def tick(conn: psycopg.Connection, _: int) -> list[Any]:
        return conn.execute("select moved from lifecycle.advance('training', %s)", [NOON]).fetchall()

    outcome = results(race(database, 4, tick))
    assert len(outcome) == 4
    assert sum(moved for rows in outcome for (moved,) in rows) + advance(training)[0] == 200


def test_nothing_of_the_clock_leaks_into_the_rest_of_the_transaction(training: Department) -> None:
    session = training.planned()
    expired(training)
    with training.conn.transaction():
        advance(training)
        training.conn.execute("update sessions set status = 'CANCELLED'")
    assert training.moves(session) == [("DRAFT", "CANCELLED", "person")]


@pytest.fixture
def attended(training: Department) -> tuple[str, str]:
    """A session that can be completed, and the expired item of the person who was there."""
    person = training.person()
    session = training.scheduled()
    training.attend(session, person, status="ATTENDED")
    return session, training.item(person, "COMPLIANT", "2027-01-01")


def test_renewal_that_is_under_way_is_passed_over_and_stays(
    training: Department, attended: tuple[str, str], connect: Connect
) -> None:
    session, item = attended
    completing = connect(autocommit=False)
    completing.execute("select set_config('lifecycle.fake_now', %s, false)", [END])
    completing.execute("select training.complete_session(%s)", [session])
    assert advance(training) == (0, 0)
    completing.commit()
    assert advance(training) == (0, 0)
    assert of(training, item) == ("COMPLIANT", "2028-01-04")


def test_renewal_waits_for_a_lapse_and_comes_after_it(
    training: Department, attended: tuple[str, str], connect: Connect
) -> None:
    session, item = attended
    ticking, completing = connect(autocommit=False), connect()
    ticking.execute("select * from lifecycle.advance('training', %s)", [NOON])
    completing.execute("select set_config('lifecycle.fake_now', %s, false)", [END])
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(completing.execute, "select training.complete_session(%s)", [session])
        until_blocked(training.conn, completing)
        ticking.commit()
        done.result(30)
    assert of(training, item) == ("COMPLIANT", "2028-01-04")


def test_bad_row_is_recorded_and_holds_up_nobody(training: Department, poison: str) -> None:
    for n in range(9):
        expired(training, f"2026-12-{n + 1:02}")
    assert advance(training) == (9, 1)
    (failure,) = failures(training)
    assert (failure["step"], failure["subject_id"], failure["attempts"]) == ("lapse_compliance", poison, 1)
    assert failure["sqlstate"] == "23514"
    assert of(training, poison)[0] == "COMPLIANT"


def test_deferred_trigger_that_raises_is_its_own_rows_failure(training: Department) -> None:
    good, bad = expired(training), expired(training, name="Bad")
    training.conn.execute(
        f"""
        create function public.refuse_later() returns trigger language plpgsql as
        $$ begin raise exception using errcode = 'PT409', message = 'not this one'; end $$;
        create constraint trigger refuse_later after update on compliance_items deferrable initially deferred
        for each row when (new.id = '{bad}') execute function public.refuse_later();
        """
    )
    assert advance(training) == (1, 1)
    assert (of(training, good)[0], of(training, bad)[0]) == ("NON_COMPLIANT", "COMPLIANT")
    assert failures(training)[0]["sqlstate"] == "PT409"


def test_bad_row_is_tried_again_at_growing_distance_and_given_up(training: Department, poison: str) -> None:
    attempts = []
    for minute in range(0, 200):
        now = training.one("select (%s::timestamptz + %s * interval '1 minute')::text", NOON, minute)
        if advance(training, now)[1]:
            attempts.append(minute)
    assert attempts == [0, 1, 5, 21, 85]
    (failure,) = failures(training)
    assert (failure["attempts"], failure["next_attempt_at"]) == (5, None)


def test_more_bad_rows_than_a_batch_hold_up_nobody(training: Department) -> None:
    for day in range(1, 6):
        expired(training, f"2020-01-0{day}", name="Bad")
    training.conn.execute(
        "alter table compliance_items add constraint no_poison"
        " check (expiry_date >= '2021-01-01' or status = 'COMPLIANT')"
    )
    sound = expired(training, "2022-01-01")
    for _ in range(3):
        advance(training, limit=3)
    assert of(training, sound)[0] == "NON_COMPLIANT"
    assert len(failures(training)) == 5


def test_mended_in_time_it_lapses_by_itself(training: Department, poison: str) -> None:
    advance(training)
    mend(training)
    assert advance(training, "2027-01-04 12:01+00") == (1, 0)
    assert (of(training, poison)[0], failures(training)) == ("NON_COMPLIANT", [])


def test_tick_forgets_what_is_no_longer_due(training: Department, poison: str) -> None:
    advance(training)
    training.conn.execute("update compliance_items set expiry_date = '2030-01-01'")
    assert advance(training) == (0, 0)
    assert failures(training) == []


def test_retry_by_hand_goes_through_once_the_cause_is_mended(training: Department, poison: str) -> None:
    advance(training)
    training.conn.execute("update failed_steps set attempts = 5, next_attempt_at = null")
    (failure,) = failures(training)
    training.at(NOON)
    assert training.one("select retry_failed_step(%s)", failure["id"]) is False
    assert failures(training)[0]["attempts"] == 1
    mend(training)
    assert training.one("select retry_failed_step(%s)", failure["id"]) is True
    assert (of(training, poison)[0], failures(training)) == ("NON_COMPLIANT", [])


def test_many_are_retried_in_one_call(training: Department) -> None:
    items = {expired(training, name="Bad") for _ in range(3)}
    training.conn.execute("alter table compliance_items add constraint no_poison check (status = 'COMPLIANT')")
    training.at(NOON)
    advance(training)
    training.conn.execute("update failed_steps set next_attempt_at = null")
    assert advance(training) == (0, 0)
    mend(training)
    assert training.rows("select * from retry_failed_steps('no_such_step')") == []
    rows = training.rows("select step, subject_id, is_done from retry_failed_steps()")
    assert {(row["step"], row["subject_id"], row["is_done"]) for row in rows} == {
        ("lapse_compliance", item, True) for item in items
    }
    assert {of(training, item)[0] for item in items} == {"NON_COMPLIANT"}
    assert failures(training) == []


def test_fault_of_everybody_is_nobodys_and_after_the_mend_all_move(training: Department) -> None:
    for _ in range(3):
        expired(training)
    training.conn.execute(
        """
        create function public.audit() returns trigger language plpgsql as
        $$ begin perform public.is_not_there(); return new; end $$;
        create trigger audit before update on compliance_items for each row execute function public.audit();
        """
    )
    row = training.row("select * from lifecycle.advance('training', %s)", NOON)
    assert (row["step"], row["failed"], failures(training)) == ("advance", 1, [])
    assert "42883" in training.one("select last_error from lifecycle.clocks where schema_name = 'training'")
    training.conn.execute("drop trigger audit on compliance_items")
    assert advance(training) == (3, 0)


def test_retry_of_what_is_no_longer_due_forgets_it(training: Department, poison: str) -> None:
    advance(training)
    training.at(NOON)
    training.conn.execute("update compliance_items set expiry_date = null")
    assert training.one("select retry_failed_step(id) from failed_steps") is True
    assert failures(training) == []


def test_unknown_failed_step(training: Department) -> None:
    with raises_key("PT404", "failed_step_not_found"):
        training.conn.execute("select retry_failed_step(1)")


def health(training: Department) -> tuple[Any, ...]:
    training.conn.execute("set timezone = 'UTC'")
    return tuple(training.row(f"{HEALTH} from clock_health").values())


def test_what_has_not_lapsed_is_overdue_since_the_midnight_after_its_day(training: Department) -> None:
    expired(training, "2027-01-02")
    expired(training, "2027-01-03")
    expired(training, "2027-01-04")
    training.at("2027-01-04 00:00+00")
    assert health(training) == (2, "2027-01-03 00:00:00+00", 0, 0, 0, None)
    advance(training, "2027-01-04 00:00+00")
    assert health(training) == (0, None, 0, 0, 0, None)


def test_failed_steps_are_retrying_and_then_given_up_and_not_overdue_any_more(
    training: Department, poison: str
) -> None:
    advance(training)
    training.at(NOON)
    assert health(training)[0:4] == (1, "2027-01-02 00:00:00+00", 1, 0)
    training.conn.execute("update failed_steps set next_attempt_at = null")
    assert health(training)[0:4] == (0, None, 0, 1)
    assert "training: 1 steps given up" in training.one("select reason from lifecycle.health")


def test_history_past_its_retention_goes(training: Department) -> None:
    for day in ("2027-01-01", "2027-01-02", "2027-01-03"):
        session = training.draft()
        training.at(f"{day} 00:00+00")
        training.conn.execute("update sessions set status = 'CANCELLED' where id = %s", [session])
    purged = [
        training.one("select lifecycle._purge_installation('training', %s, %s)", before, limit)
        for before, limit in (("2027-01-01", 10), ("2027-01-03", 1), ("2027-01-03", 10), ("2027-01-03", 10))
    ]
    assert purged == [0, 1, 1, 0]
    assert training.one("select min(changed_at)::date::text from status_changes") == "2027-01-03"


def test_due_items_are_found_by_the_partial_index(training: Department) -> None:
    training.conn.execute("set enable_seqscan = off")
    plan = training.rows("explain select * from due_steps('2027-01-01 00:00+00')")
    assert any("compliance_items_to_lapse_idx" in str(row) for row in plan)


def test_nothing_due_costs_a_look_at_an_index(training: Department) -> None:
    training.conn.execute(
        "insert into personnel (first_name, last_name) select 'P', n from generate_series(1, 5000) as n"
    )
    training.conn.execute(
        "insert into compliance_items (personnel_id, course_id, status, expiry_date)"
        " select id, %s, 'COMPLIANT', '2099-01-01' from personnel",
        [training.course],
    )
    rows_read = (
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables"
        " where schemaname = 'training' and relname = 'compliance_items'"
    )
    with training.conn.transaction():
        before = training.one(rows_read)
        assert training.one("select due_rows('lapse_compliance', %s, 5000)", NOON) == []
        assert training.one(rows_read) == before


def test_steps_are_known(training: Department) -> None:
    assert training.one("select steps()") == ["lapse_compliance"]


def test_unknown_step_moves_nothing(training: Department) -> None:
    item = expired(training)
    assert training.one("select due_rows('complete_sessions', %s, 10)", NOON) == []
    assert training.one("select apply_step('complete_sessions', %s, %s)", [item], NOON) == 0


def test_step_asks_again_whether_a_row_is_due(training: Department) -> None:
    items = [expired(training, day) for day in ("2027-01-01", "2027-01-04")]
    assert training.one("select apply_step('lapse_compliance', %s, %s)", items, NOON) == 1
    assert [of(training, item)[0] for item in items] == ["NON_COMPLIANT", "COMPLIANT"]


def test_tick_leaves_the_calendars_constraints_as_they_are(training: Department) -> None:
    """A conflict in the same transaction is raised at once, not at the commit."""
    training.scheduled()
    draft = training.planned()
    expired(training)
    with training.conn.transaction():
        advance(training)
        with raises_key("PT409", "trainer_busy"), training.conn.transaction():
            training.conn.execute("select schedule_session(%s)", [draft])
