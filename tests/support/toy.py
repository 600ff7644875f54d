"""A unit of the smallest kind, made by hand: what the engine of steps needs, and nothing of Sessionbook's own units."""

from __future__ import annotations

import psycopg

UNIT = """
create schema toy;
set search_path = toy, pg_temp;
create table things (
    id integer primary key,
    status text not null default 'waiting',
    due_at timestamptz not null default '2020-01-01 00:00+00'
);
create table status_changes (
    id bigint generated always as identity primary key,
    machine text not null, subject_id text not null, from_status text, to_status text, cause text not null,
    changed_by text not null, actor text not null, changed_at timestamptz not null
);
create table failed_steps (
    id bigint generated always as identity primary key,
    step text not null, subject_id text not null, sqlstate text not null, message text not null,
    attempts integer not null, first_failed_at timestamptz not null, failed_at timestamptz not null,
    next_attempt_at timestamptz,
    constraint failed_steps_step_subject_id_key unique (step, subject_id)
);
create view status_rules as
select 'toy.thing' as machine, 'waiting' as from_status, 'done' as to_status, 'clock' as cause;
create function steps() returns text[] language sql immutable return array['finish'];
create function due_steps(p_now timestamptz)
returns table (step text, subject_id text, due_at timestamptz, locked_by xid)
language sql stable
begin atomic
    select 'finish', t.id::text, t.due_at, t.xmax
    from things as t
    where t.status = 'waiting' and t.due_at <= p_now;
end;
create function has_work(p_now timestamptz) returns boolean
language sql stable set search_path from current set row_security = off
return exists (select from failed_steps)
    or exists (select from things as t where t.status = 'waiting' and t.due_at <= p_now);
create function due_rows(p_step text, p_now timestamptz, p_limit integer) returns text[]
language sql volatile set search_path from current
return array(
    select t.id::text
    from things as t
    where t.status = 'waiting' and t.due_at <= p_now
        and not exists (
            select
            from failed_steps as f
            where f.step = p_step and f.subject_id = t.id::text and coalesce(f.next_attempt_at > p_now, true)
        )
    order by t.due_at, t.id
    limit p_limit
    for no key update of t skip locked
);
create function apply_step(p_step text, p_ids text[], p_now timestamptz) returns bigint
language plpgsql volatile set search_path from current
as $$
declare
    v_moved bigint;
begin
    update things as t
    set status = 'done'
    where t.id = any(p_ids::integer[]) and t.status = 'waiting' and t.due_at <= p_now;
    get diagnostics v_moved = row_count;
    return v_moved;
end
$$;
reset search_path;
select lifecycle.register_clock('toy', 'toy');
"""


def make_toy(conn: psycopg.Connection, things: int = 0) -> None:
    """Makes the unit in schema toy, with things that are due, and leaves it the only one that the clock moves."""
    conn.execute("delete from lifecycle.clocks")
    conn.execute(UNIT)
    conn.execute("grant usage on schema toy to public; grant select on all tables in schema toy to public")
    conn.execute("insert into toy.things (id) select g from generate_series(1, %s) as g", [things])
