"""Databases as frameworks and people leave them: taken over with the same answers, or refused in the plan."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import psycopg
import pytest
from sessionbook.adopt import release
from sessionbook.deploy.verify import verify

from support.adoption import DATABASES, UNITS, Application, need_icu
from support.own_cluster import binaries
from support.server import Server

SHOP = (DATABASES / "marketplace.sql").read_text(encoding="utf-8")
LESSONS = (DATABASES / "lessons.sql").read_text(encoding="utf-8")
PLANNER = (DATABASES / "planner.sql").read_text(encoding="utf-8")

OTHER_TABLES = """
create table settings (key text primary key, value text);
create table payments (id serial primary key, amount integer, order_ref text);
create table sessions (id varchar primary key, data text);
"""
OWN_COLUMNS = """
alter table workshop_sessions add column left_over int generated always as (max_attendees - current_attendees) stored,
    add column "order" int not null default 1, add column "User" text;
create index "Mixed Case" on workshop_sessions ("User") where is_completed;
create table extras (id serial primary key, session_id uuid references workshop_sessions on delete cascade);
insert into extras (session_id) select id from workshop_sessions limit 4;
alter table order_items drop constraint order_items_pkey;
alter table order_items add column number bigserial primary key;
create constraint trigger late after insert or update on orders deferrable initially deferred
for each row execute function set_updated_at();
create trigger when_ before update on workshop_sessions
for each row when (old.status is distinct from new.status) execute function set_updated_at();
create function all_of_them() returns setof workshop_sessions
language sql begin atomic select * from workshop_sessions; end;
"""
# Of views, rules, policies and triggers that name a column that gets a time zone.
ON_INSTANTS = """
create view today as select id, start_time, end_time from sessions where deleted_at is null;
create view days as select t.id, t.start_time::date as d from today t;
grant select on days to reporting with grant option;
grant select (id) on today to reporting;
comment on column today.id is 'theirs';
create rule into_today as on insert to today do instead
insert into sessions (id, course_id, created_by_id, updated_at, start_time)
values (new.id, (select min(id) from courses), 'x', now(), new.start_time);
create materialized view hours as select sum(end_time - start_time) as h from sessions;
create unique index on hours (h);
create function nothing() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger moved after update of start_time on sessions
for each row when (old.start_time is distinct from new.start_time) execute function nothing();
comment on trigger moved on sessions is 'theirs';
alter table sessions enable row level security;
create policy future on sessions to reporting using (start_time > now()) with check (end_time is not null);
create index on sessions (start_time) where end_time is not null;
"""

TAKEN = {
    "tables of other things under our names": ("marketplace", OTHER_TABLES + SHOP),
    "columns, keys and triggers of its own": ("marketplace", SHOP + OWN_COLUMNS),
    "money in floating point": ("marketplace", SHOP.replace("numeric(10,3)", "double precision")),
    "domains": (
        "marketplace",
        "create domain money3 as numeric(10,3) check (value >= 0);"
        + SHOP.replace("total_amount numeric(10,3)", "total_amount money3"),
    ),
    "keys that are checked at commit": (
        "marketplace",
        re.sub(
            r"references (orders) on delete cascade",
            r"references \1 on delete cascade deferrable initially deferred",
            SHOP,
        ),
    ),
    "some sessions without a zone": (
        "marketplace",
        SHOP
        + "alter table workshop_sessions add column timezone text;"
        + "update workshop_sessions set timezone = 'Asia/Kuwait' where max_attendees = 5;",
    ),
    "wider keys": ("lessons", LESSONS.replace("id serial", "id bigserial").replace("_id integer", "_id bigint")),
    "what names an instant": ("planner", PLANNER + ON_INSTANTS),
    "statuses as text": (
        "planner",
        PLANNER.replace("create type \"SessionStatus\" as enum ('DRAFT', 'SCHEDULED', 'COMPLETED', 'CANCELLED')",
                        'create domain "SessionStatus" as text'),
    ),
    "a link table with a key of its own": (
        "planner",
        PLANNER.replace(
            "constraint trainer_qualifications_pkey primary key (trainer_id, course_id)", "id serial primary key"
        ),
    ),
}  # fmt: skip


HELD = """
select c.relname, c.relkind, a.grantee::regrole, a.privilege_type
from pg_class as c
left join aclexplode(c.relacl) as a on a.grantee <> c.relowner
where c.relnamespace = 'public'::regnamespace
order by 1, 2, 3, 4
"""


def _dump(found: Application) -> str:
    """What the application has, without what pg_dump says of itself."""
    said = subprocess.run([binaries() / "pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.findall(r"\d+", said)[0]) < found.server.version:
        pytest.skip(f"{said.strip()} is older than the server")
    done = subprocess.run(
        [binaries() / "pg_dump", "--schema=public", f"--dbname={found.dsn}"], capture_output=True, text=True, check=True
    )
    return re.sub(r"(?m)^(--.*|\\(un)?restrict.*|SET .*)?\n", "", done.stdout)


@pytest.mark.parametrize("what", TAKEN)
def test_statements_give_the_same_and_releasing_gives_all_back(
    application_of: Callable[..., Application], what: str
) -> None:
    kind, script = TAKEN[what]
    alone = application_of(kind, script=script)
    adopted = application_of(kind, template=alone.name)
    before = adopted.rows(HELD)

    adopted.adopt(instants_in="UTC")
    release(adopted.dsn, UNITS[kind])

    assert adopted.rows(HELD) == before

    adopted.adopt(instants_in="UTC")

    assert verify(adopted.dsn).exit_code == 0
    assert adopted.answers() == alone.answers()


@pytest.mark.every_server
@pytest.mark.parametrize("kind", UNITS)
def test_a_dump_after_releasing_differs_in_values_that_the_plan_names(
    application_of: Callable[..., Application], kind: str
) -> None:
    found = application_of(kind)
    if kind == "marketplace":
        # Without what the plan says is filled: nulls, runs.
        found.run("update workshop_sessions set metadata = '{}' where metadata is null")
    before = _dump(found)

    plan = found.adopt(instants_in="UTC").plan
    release(found.dsn, UNITS[kind])

    after = _dump(found)
    lines = set(before.splitlines()) ^ set(after.splitlines())
    # Rows of the default runs, and sessions that point to them.
    assert not {line for line in lines if "\t" not in line}
    assert (kind == "marketplace") == bool(lines)
    assert (kind == "marketplace") == any(step.what.startswith("one run") for step in plan.steps)


REFUSED = {
    "column order_items.id is integer, and not uuid": (
        "marketplace",
        SHOP.replace("order_items (id uuid primary key default gen_random_uuid()", "order_items (id serial"),
    ),
    "column workshop_sessions.session_date is timestamp without time zone, and not date": (
        "marketplace", SHOP.replace("session_date date not null", "session_date timestamp not null"),
    ),
    "column workshop_sessions.duration is computed": (
        "marketplace",
        SHOP + "alter table workshop_sessions drop column duration, add column duration numeric"
        " generated always as (extract(epoch from end_time - start_time) / 3600) stored",
    ),
    "column creators.username is not there": (
        "marketplace", SHOP + "alter table creators drop column username",
    ),
    "table public.orders forces row security on its owner": (
        "marketplace", SHOP + "alter table orders enable row level security, force row level security",
    ),
    "workshop_sessions.timezone holds zones that this server does not know: 'Mars/Base'": (
        "marketplace", SHOP + "alter table workshop_sessions add column timezone text default 'Mars/Base'",
    ),
    "column workshop_sessions.status is character varying(8), shorter than ours": (
        "marketplace", SHOP + "alter table workshop_sessions alter column status type varchar(8)",
    ),
    "column creators.email has collation tr-x-icu": (
        "marketplace", SHOP + 'alter table creators alter column email type varchar(255) collate "tr-x-icu"',
    ),
    "table public.sessions has partitions, or children": (
        "lessons", LESSONS + "create table old_sessions () inherits (sessions)",
    ),
    "column sessions.start_time is character varying(8), and not time without time zone": (
        "lessons", LESSONS + "alter table sessions alter column start_time type varchar(8)",
    ),
    "sessions cannot get a time zone: functions in index expression must be marked IMMUTABLE (42P17)": (
        "planner", PLANNER + "create index on sessions ((start_time::date))",
    ),
    "function public.counted() names sessions.start_time": (
        "planner",
        PLANNER + "create function counted() returns bigint language sql"
        " begin atomic select count(*) from sessions where start_time is not null; end",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=pytest.mark.every_server if "icu" in what else ()) for what in REFUSED]
)
def test_what_would_go_wrong_is_in_the_plan(
    application_of: Callable[..., Application], server: Server, what: str
) -> None:
    kind, script = REFUSED[what]
    if "icu" in what:
        need_icu(server)
    found = application_of(kind, script=script)

    plan = found.plan(instants_in="UTC")

    assert [step.what for step in plan.steps if step.kind == "stop"] == [what]


def test_values_that_rules_do_not_know_are_named(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.run("update orders set status = upper(status)")

    plan = market.plan()

    (found,) = (step.what for step in plan.steps if step.what.startswith("orders.status holds"))
    assert sorted(re.findall(r"'\w+' \(\d+ rows\)", found)) == [
        f"'{label}' (6 rows)" for label in ("CANCELLED", "PAID", "PENDING")
    ]


def test_a_check_lets_pass_what_the_clock_writes(application_of: Callable[..., Application]) -> None:
    market = application_of("marketplace")
    market.run("alter table workshop_sessions add constraint known check (status in ('upcoming', 'active', 'full'))")
    market.adopt()

    market.run("update workshop_sessions set status = 'completed' where session_date < current_date")
    with pytest.raises(psycopg.errors.CheckViolation):
        market.run("update workshop_sessions set status = 'odd'")
    release(market.dsn, "workshop")
    with pytest.raises(psycopg.errors.CheckViolation):
        market.run("update workshop_sessions set status = 'completed'")


def test_a_label_that_no_column_has_is_refused(application_of: Callable[..., Application]) -> None:
    lessons = application_of("lessons")

    plan = lessons.plan(maps=["sessions.state:x=y"])

    assert [step.what for step in plan.steps if step.kind == "stop"] == ["--map sessions.state:x=y"]


@pytest.mark.parametrize("kind", UNITS)
def test_a_role_that_writes_goes_on(application_of: Callable[..., Application], kind: str) -> None:
    alone = application_of(kind)
    alone.run(
        "grant usage on schema public to reporting; grant all on all tables in schema public to reporting;"
        " grant all on all sequences in schema public to reporting; grant all on fill_rates to reporting"
        if kind == "marketplace"
        else "grant all on all tables in schema public to reporting; grant all on all sequences in schema public"
        " to reporting"
    )
    adopted = application_of(kind, template=alone.name)

    adopted.adopt(instants_in="UTC")

    statements = [line for line in alone.statements() if not line.startswith("refresh")]
    as_role = "set role reporting"
    assert adopted.answers([as_role, *statements]) == alone.answers([as_role, *statements])
    release(adopted.dsn, UNITS[kind])
    assert not adopted.one("select to_regnamespace('lifecycle') is not null"
                           " and has_schema_privilege('reporting', 'lifecycle', 'usage')")  # fmt: skip
