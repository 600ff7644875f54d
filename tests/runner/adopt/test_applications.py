"""Databases that applications left are adopted as they are, and their statements give what they gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sessionbook.adopt import release
from sessionbook.deploy import status
from sessionbook.deploy.verify import verify
from sessionbook.errors import SqlError
from sessionbook.package import read_package

from support.adoption import UNITS, Application

OPTIONS: dict[str, dict[str, Any]] = {"marketplace": {}, "lessons": {}, "planner": {"instants_in": "UTC"}}
KINDS = list(OPTIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_statements_of_the_application_give_the_same(application_of: Callable[..., Application], kind: str) -> None:
    alone = application_of(kind)
    adopted = application_of(kind, template=alone.name)

    adopted.adopt(**OPTIONS[kind])

    assert adopted.answers() == alone.answers()


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_as_applied_afterwards(application_of: Callable[..., Application], kind: str) -> None:
    found = application_of(kind)
    found.adopt(**OPTIONS[kind])

    assert status(found.dsn).exit_code == 0
    assert verify(found.dsn).exit_code == 0


THEIRS = """
select concat_ws(' ', 'constraint', k.conname, pg_get_constraintdef(k.oid), c.relname)
from pg_constraint as k inner join pg_class as c on c.oid = k.conrelid
where c.relnamespace in ('public'::regnamespace, coalesce(to_regnamespace(%s), 'public'::regnamespace))
union all
select concat_ws(' ', 'trigger', t.tgname, c.relname, t.tgenabled)
from pg_trigger as t inner join pg_class as c on c.oid = t.tgrelid where not t.tgisinternal
union all
select concat_ws(' ', 'grant', c.relname, c.relkind, a.grantee::regrole, a.privilege_type)
from pg_class as c cross join lateral aclexplode(c.relacl) as a where c.relnamespace = 'public'::regnamespace
union all
select concat_ws(' ', 'relation', c.relname, c.relkind)
from pg_class as c
where c.relkind in ('r', 'v', 'm') and c.relnamespace::regnamespace::text in ('public', %s)
"""


@pytest.mark.parametrize(("kind", "schema"), list(UNITS.items()))
def test_what_the_application_had_is_there(application_of: Callable[..., Application], kind: str, schema: str) -> None:
    found = application_of(kind)
    unqualified = THEIRS.replace(
        "pg_get_constraintdef(k.oid)", f"replace(pg_get_constraintdef(k.oid), '{schema}.', '')"
    )
    before = found.rows(unqualified, schema, schema)
    rows = {name: found.one(f'select count(*) from "{name}"') for (name,) in found.rows(
        "select c.relname from pg_class as c where c.relkind in ('r', 'm') and c.relnamespace = 'public'::regnamespace"
    )}  # fmt: skip

    found.adopt(**OPTIONS[kind])

    assert set(before) <= set(found.rows(unqualified, schema, schema))
    after = {name: found.one(f'select count(*) from "{name}"') for name in rows}
    # The sessions without a run of their workshop got one.
    assert {name: after[name] - rows[name] for name in rows if after[name] != rows[name]}.keys() <= {"workshop_runs"}


def test_each_creator_sells(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.adopt()

    sold = market.rows(
        "select o.order_number, o.status, o.total_amount from creators as c"
        " inner join workshops as w on w.creator_id = c.id and w.name = 'W1'"
        " cross join lateral create_order(c.id, 'Noor', '+965 5555 0100',"
        " jsonb_build_array(jsonb_build_object('workshop_id', w.id, 'quantity', 2))) as o"
    )

    assert sorted(sold) == [(f"00000{number}", "pending", 2) for number in (1, 2, 3)]
    assert market.rows(
        "select o.order_number, s.current_attendees >= 2, i.run_id = s.run_id from orders as o"
        " inner join order_items as i on i.order_id = o.id inner join workshop_sessions as s on s.id = i.session_id"
        " where o.order_number ~ '^0' order by 1"
    ) == [(f"00000{number}", True, True) for number in (1, 2, 3)]


def test_capacity_is_held_though_rules_are_observed(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.adopt()

    with pytest.raises(psycopg.errors.DatabaseError) as refused:
        market.run("update workshop_sessions set current_attendees = max_attendees + 1 where max_attendees > 0")

    assert (refused.value.sqlstate, refused.value.diag.constraint_name) == ("PT409", "session_full")


def test_what_rules_do_not_know_is_noted_and_then_refused(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.adopt()
    backwards = "update orders set status = 'pending' where status = 'paid'"

    market.run(backwards)

    assert market.rows("select rule, machine, from_value, to_value, times from rule_violations") == [
        ("illegal_transition", "workshop.order", "paid", "pending", 6)
    ]
    market.run("update settings set rules = 'enforce'; update orders set status = 'paid' where status = 'pending'")
    with pytest.raises(psycopg.errors.DatabaseError) as refused:
        market.run(backwards)
    assert (refused.value.sqlstate, refused.value.diag.constraint_name) == ("PT409", "illegal_transition")


def test_a_plan_changes_nothing_and_a_deed_does_what_it_says(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    relations = "select c.oid, c.relname, c.relnamespace from pg_class as c where c.oid >= 16384 order by 1"
    before = market.rows(relations)

    plan = market.plan()

    assert market.rows(relations) == before
    assert market.adopt().plan == plan


def test_a_conflict_in_the_planner_is_refused(application_of: Callable[..., Application]) -> None:
    planner = application_of("planner")
    planner.adopt(instants_in="UTC")
    draft = "insert into sessions (id, course_id, created_by_id) select 'draft', id, 'admin' from courses limit 1"
    planner.run(draft)
    taken = "select s.start_time, s.end_time from sessions as s where s.id = 'session-1'"

    with pytest.raises(psycopg.errors.DatabaseError) as refused:
        planner.rows(
            f"select schedule_session('draft', 'trainer-2', 'v2', t.start_time, t.end_time) from ({taken}) as t"
        )

    assert (refused.value.sqlstate, refused.value.diag.constraint_name) == ("PT409", "trainer_busy")


def test_sessions_that_overlap_already_are_let_be(application_of: Callable[..., Application]) -> None:
    planner = application_of("planner")
    planner.run(
        "insert into sessions (id, course_id, trainer_id, venue_id, start_time, end_time, status, created_by_id,"
        " updated_at) select 'twin', course_id, trainer_id, 'v1', start_time + interval '1 minute', end_time,"
        " 'SCHEDULED', 'admin', now() from sessions where id = 'session-1'"
    )

    plan = planner.adopt(instants_in="UTC").plan

    assert [step.what for step in plan.steps if "are marked" in step.what] == [
        "sessions that take a trainer or a venue twice are marked accepted_conflict (1 rows)"
    ]
    assert planner.rows("select id from sessions where accepted_conflict") == [("twin",)]
    with pytest.raises(psycopg.errors.ExclusionViolation):
        planner.run("update sessions set start_time = start_time + interval '2 minutes' where id = 'twin'")


def test_instants_are_read_in_the_zone_that_is_named(application_of: Callable[..., Application]) -> None:
    planner = application_of("planner")
    before = planner.rows("select id, start_time from sessions order by 1")

    planner.adopt(instants_in="Asia/Kuwait")

    assert planner.one("show timezone") == "Asia/Kuwait"
    assert planner.rows("select id, start_time at time zone 'Asia/Kuwait' from sessions order by 1") == before


def test_an_unknown_status_is_mapped_if_asked_for(application_of: Callable[..., Application]) -> None:
    lessons = application_of("lessons")
    known = lessons.one("select count(*) from sessions where status = 'in-progress'")

    lessons.adopt(maps=["sessions.status:in-progress=in_progress"])
    one = "select min(id) from sessions where status = 'scheduled'"
    lessons.run(f"update sessions set status = 'in-progress' where id = ({one})")

    assert lessons.rows("select status, count(*) from sessions where status ~ 'prog' group by 1") == [
        ("in_progress", known + 1)
    ]


def test_a_view_reads_ours_if_asked_for(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    columns = (
        "select a.attname, a.atttypid::regtype from pg_attribute as a"
        " where a.attrelid = 'public.session_availability'::regclass and a.attnum > 0"
    )
    before = market.rows(columns)

    market.adopt(replaced=["session_availability"])

    assert market.rows(columns) == before
    assert market.one("select has_table_privilege('reporting', 'public.session_availability', 'select')")
    assert market.one("select count(*) from public.session_availability") == market.one(
        "select count(*) from workshop.session_availability"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_released_tables_are_what_they_were(application_of: Callable[..., Application], kind: str) -> None:
    found = application_of(kind)
    found.run(read_package().engine())
    # An extension that our calendar needs stays.
    items = "select i.identity, i.definition from sessionbook.items('public') as i order by i.identity"
    before = found.rows(items)
    path = found.one("show search_path")

    found.adopt(**OPTIONS[kind])
    release(found.dsn, UNITS[kind])

    assert (sorted(found.rows(items)), found.one("show search_path")) == (sorted(before), path)
    assert found.rows("select from pg_namespace where nspname = %s", UNITS[kind]) == []
    found.adopt(**OPTIONS[kind])
    assert verify(found.dsn).exit_code == 0


def test_what_depends_on_ours_keeps_tables_from_being_released(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.adopt()
    market.run("create view public.theirs as select s.session_id from workshop.session_availability as s")

    with pytest.raises(SqlError) as refused:
        release(market.dsn, "workshop")

    assert refused.value.sqlstate == "2BP01"
    assert "theirs" in (refused.value.detail or "")
    assert verify(market.dsn).exit_code == 0


def test_what_was_added_may_be_kept(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.adopt()

    release(market.dsn, "workshop", keep=True)

    assert market.one("select count(starts_at) from public.workshop_sessions") == 96


def test_a_session_takes_the_zone_that_was_named(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")

    market.adopt(timezone="Europe/Berlin", currency="EUR")

    assert market.rows("select distinct timezone, starts_at at time zone 'Europe/Berlin' = session_date + start_time"
                       " from workshop_sessions") == [("Europe/Berlin", True)]  # fmt: skip
    assert market.rows("select distinct currency from orders") == [("KWD",)]
