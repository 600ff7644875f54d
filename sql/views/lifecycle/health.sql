-- requires: functions/clock_health, functions/now, functions/setting_interval
-- The heartbeat is wall-clock time, what is overdue goes by lifecycle.now(): a fake time moves no server.
create or replace view health
with (security_invoker = true)
as
with copies as (
    select
        c.schema_name,
        c.enabled,
        c.overdue,
        c.oldest_overdue_at,
        c.retrying,
        c.given_up,
        c.reminders_waiting,
        c.oldest_reminder_at,
        c.held_by,
        c.error
    from lifecycle.clock_health() as c
),

heartbeat as (
    -- A tick dated in the future (the server's clock was set back) tells nothing about the present.
    select max(t.finished_at) as last_tick_at
    from (
        select k.finished_at
        from ticks as k
        where k.finished_at <= clock_timestamp() + interval '5 seconds'
        order by k.id desc
        limit 1
    ) as t
),

totals as (
    select
        coalesce(sum(c.overdue), 0)::bigint as sessions_overdue,
        coalesce(jsonb_object_agg(c.schema_name, c.overdue) filter (where c.overdue > 0), '{}') as overdue_by_schema,
        coalesce(sum(c.retrying), 0)::bigint as steps_retrying,
        coalesce(sum(c.given_up), 0)::bigint as steps_given_up,
        coalesce(sum(c.reminders_waiting), 0)::bigint as reminders_waiting,
        min(c.oldest_reminder_at) as oldest_reminder_at,
        array_agg(format('%s: %s', c.schema_name, c.error) order by c.schema_name)
        filter (where c.enabled and c.error is not null) as errors,
        array_agg(
            format('%s: %s sessions overdue, the oldest since %s', c.schema_name, c.overdue, c.oldest_overdue_at)
            || coalesce(', held by ' || c.held_by, '')
            order by c.schema_name
        ) filter (
            where c.enabled and c.oldest_overdue_at < lifecycle.now() - setting_interval('overdue_after')
        ) as late,
        array_agg(format('%s: %s steps given up', c.schema_name, c.given_up) order by c.schema_name)
        filter (where c.given_up > 0) as lost,
        array_agg(
            format(
                '%s: %s reminders wait, the oldest since %s',
                c.schema_name, c.reminders_waiting, c.oldest_reminder_at
            )
            order by c.schema_name
        ) filter (
            where c.oldest_reminder_at < lifecycle.now() - setting_interval('reminder_late_after')
        ) as unsent,
        array_agg(format('%s: paused', c.schema_name) order by c.schema_name) filter (where not c.enabled) as paused
    from copies as c
),

judged as (
    select
        h.last_tick_at,
        -- A clock that was set back must not make it negative; greatest() alone would ignore a missing tick.
        case
            when h.last_tick_at is not null then greatest(clock_timestamp() - h.last_tick_at, interval '0')
        end as age,
        t.sessions_overdue,
        t.overdue_by_schema,
        t.steps_retrying,
        t.steps_given_up,
        t.reminders_waiting,
        t.oldest_reminder_at,
        t.paused,
        case
            when h.last_tick_at is null then array['no tick has ever completed']
            when clock_timestamp() - h.last_tick_at > setting_interval('tick_late_after')
                then array[format('no tick has completed since %s', h.last_tick_at)]
        end
        || t.errors || t.late || t.lost || t.unsent as reasons
    from heartbeat as h
    cross join totals as t
)

select
    j.last_tick_at,
    floor(extract(epoch from j.age))::bigint as seconds_since_tick,
    j.sessions_overdue,
    j.overdue_by_schema,
    j.steps_retrying,
    j.steps_given_up,
    j.reminders_waiting,
    floor(extract(epoch from lifecycle.now() - j.oldest_reminder_at))::bigint as oldest_reminder_seconds,
    coalesce(cardinality(j.reasons), 0) = 0 as healthy,
    coalesce(array_to_string(j.reasons || j.paused, '; '), '') as reason
from judged as j;

comment on view health is
'One row: whether the clock runs and nothing is overdue. Alert if healthy is false; docs/operations.md tells what to do.
It covers the installations whose failed_steps the reader may read; for sessionbook_monitor all.';
comment on column health.last_tick_at is 'When the newest completed tick was done, wall-clock time; null: never.';
comment on column health.seconds_since_tick is 'Seconds since then.';
comment on column health.sessions_overdue is
'Sessions that are due and have not moved, over all schemas; without those given up.';
comment on column health.overdue_by_schema is
'The same by schema, such as {"workshop": 3}; schemas without any are left out.';
comment on column health.steps_retrying is 'Failed steps that will be tried again.';
comment on column health.steps_given_up is
'Failed steps that were given up: remove the cause and call retry_failed_step().';
comment on column health.reminders_waiting is 'Reminders that are due and not sent.';
comment on column health.oldest_reminder_seconds is 'Seconds that the oldest of them has waited; null: there is none.';
comment on column health.healthy is 'False: something in reason needs a person.';
comment on column health.reason is 'What is wrong, and which schemas are paused; empty: nothing.';

revoke all on table health from public;
grant select on table health to sessionbook_common;
