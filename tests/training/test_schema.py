"""What the tables of training hold by themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.department import END, START, Department
from support.errors import raises_key
from support.sources import SQL


def test_ids_are_made_and_pass_for_cuids(training: Department) -> None:
    made = [row["id"] for row in training.rows("select cuid() as id from generate_series(1, 1000)")]
    assert len(set(made)) == 1000
    assert all(re.fullmatch(r"c[0-9a-z]{24}", one) for one in made)
    for table in ("courses", "trainers", "venues"):
        assert re.fullmatch(r"c[0-9a-z]{24}", training.one(f"select id from {table}"))


def test_ids_grow_with_time(training: Department) -> None:
    first, second = (training.row("select cuid() as id, pg_sleep(0.002)")["id"] for _ in range(2))
    assert first[:9] < second[:9]


@pytest.mark.parametrize("given", ["ckoe9k2x10000l8mf5b7h3q0a", "CABCDEFGH", "c12345678"])
def test_caller_may_bring_a_cuid(training: Department, given: str) -> None:
    assert training.new_course(id=given) == given


@pytest.mark.parametrize("given", ["", "c1234567", "x12345678", "c1234-5678", "c1234 5678", "c12345678\n"])
@pytest.mark.parametrize("table", ["courses", "trainers", "venues", "personnel", "compliance_items", "sessions"])
def test_what_is_no_cuid_is_no_id(training: Department, table: str, given: str) -> None:
    person = training.person()
    needed: dict[str, dict[str, Any]] = {
        "courses": {"title": "Crane"},
        "trainers": {"first_name": "Ann", "last_name": "Adams"},
        "venues": {"name": "Room 2"},
        "personnel": {"first_name": "Ann", "last_name": "Adams"},
        "compliance_items": {"personnel_id": person, "course_id": training.course},
        "sessions": {"course_id": training.course, "created_by_id": "frank"},
    }
    with raises_key("23514", f"{table}_id_check"):
        training.insert(table, id=given, **needed[table])


@pytest.mark.parametrize("company", [None, "", "  "])
def test_external_trainer_has_a_company(training: Department, company: str | None) -> None:
    training.new_trainer(type="EXTERNAL", company_name="Safe Ltd")
    training.new_trainer(company_name=company)
    with raises_key("23514", "trainers_company_name_check"):
        training.new_trainer(type="EXTERNAL", company_name=company)


def test_capacity_of_a_venue(training: Department) -> None:
    assert training.one("select capacity from venues") == 20
    for capacity in (1, 500):
        training.new_venue(capacity=capacity)
    for capacity in (0, 501):
        with raises_key("23514", "venues_capacity_check"):
            training.new_venue(capacity=capacity)


def test_course_is_valid_for_some_months_or_for_good(training: Department) -> None:
    training.new_course(validity_months=None)
    with raises_key("23514", "courses_validity_months_check"):
        training.new_course(validity_months=0)


def test_one_item_a_person_and_course(training: Department) -> None:
    person = training.person()
    training.item(person)
    with raises_key("23505", "compliance_items_personnel_id_course_id_key"):
        training.item(person)


@pytest.mark.parametrize("status", ["SCHEDULED", "COMPLETED"])
@pytest.mark.parametrize("field", ["trainer_id", "venue_id", "start_time", "end_time"])
def test_what_is_in_the_calendar_is_complete(training: Department, status: str, field: str) -> None:
    with raises_key("23514", "sessions_complete_check"):
        training.planned(status=status, **{field: None})


def test_what_is_in_the_calendar_ends_after_it_starts(training: Department) -> None:
    for end in (START, "2027-01-04 08:00+00"):
        with raises_key("23514", "sessions_end_after_start_check"):
            training.scheduled(end_time=end)
    with raises_key("23514", "sessions_finite_check"):
        training.scheduled(end_time="infinity")


@pytest.mark.parametrize("status", ["DRAFT", "CANCELLED"])
def test_what_is_not_may_be_anything(training: Department, status: str) -> None:
    training.planned(status=status, start_time=END, end_time=START)
    session = training.draft(status=status, end_time=START)
    training.conn.execute("update sessions set start_time = %s where id = %s", [END, session])


def test_deleting_a_session_takes_its_class_list(training: Department) -> None:
    session, person = training.draft(), training.person()
    training.attend(session, person)
    training.conn.execute("delete from sessions")
    assert training.one("select count(*) from session_attendees") == 0


def test_deleting_a_venue_leaves_drafts_without_one(training: Department) -> None:
    training.planned()
    training.conn.execute("delete from venues")
    assert training.one("select venue_id from sessions") is None


@pytest.mark.every_server
@pytest.mark.parametrize("table", ["courses", "personnel"])
def test_what_a_session_needs_is_not_deleted(training: Department, table: str) -> None:
    """PostgreSQL 18 has a code of its own for it."""
    training.attend(training.draft(), training.person())
    training.conn.execute("delete from trainer_qualifications")
    key = {"courses": "sessions_course_id_fkey", "personnel": "session_attendees_personnel_id_fkey"}[table]
    with raises_key("23001" if training.conn.info.server_version >= 180000 else "23503", key):
        training.conn.execute(f"delete from {table}")


TOUCHED = ("compliance_items", "courses", "personnel", "sessions", "trainers", "venues")


@pytest.mark.parametrize("table", TOUCHED)
def test_columns_of_an_application_are_its_own(training: Department, table: str) -> None:
    """One that knows no equality, and one that no before trigger may read."""
    training.item(training.person())
    training.draft()
    training.conn.execute(
        f"alter table {table} add column notes json, add column twice text generated always as (id || id) stored"
    )
    training.conn.execute((SQL / "triggers" / "training" / f"{table}.touch_updated_at.sql").read_bytes())
    training.at("2030-01-01 00:00+00")
    training.conn.execute(f"update {table} set notes = '{{}}'")
    assert not training.one(f"select updated_at = '2030-01-01 00:00+00' from {table}")
    training.conn.execute(f"update {table} set created_at = created_at - interval '1 day'")
    assert training.one(f"select updated_at = '2030-01-01 00:00+00' from {table}")


@pytest.mark.parametrize("table", TOUCHED)
def test_every_column_of_ours_touches_updated_at(training: Department, table: str) -> None:
    definition = training.one(
        "select pg_get_triggerdef(oid) from pg_trigger"
        " where tgrelid = %s::regclass and tgname = 'zz_900_touch_updated_at'",
        table,
    )
    columns = training.rows(
        "select attname::text as name from pg_attribute where attrelid = %s::regclass and attnum > 0", table
    )
    assert [column["name"] for column in columns if f"old.{column['name']}" not in definition] == []
