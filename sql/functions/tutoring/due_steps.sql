-- requires: functions/reminder_lead, functions/_due_corrections, views/session_messages
-- What due_rows() finds, to count and to look up. One partial index an arm.
-- No search_path of its own: callers inline it, and a condition on step leaves the one arm.
create or replace function due_steps(p_now timestamptz)
returns table (step text, subject_id text, due_at timestamptz, locked_by xid)
language sql
stable
security invoker
parallel safe
begin atomic
    select 'requeue_reminders'::text, r.id::text, r.due_at, r.xmax
    from reminders as r
    inner join session_messages as m on r.session_id = m.session_id and r.for_starts_at = m.starts_at
    where r.state in ('skipped', 'prevented')
        and r.for_starts_at > p_now -- noqa: RF02
        and m.obstacle is null
        and case r.kind
            when 'alarm' then m.alarm_at is not null
            when 'starts_soon' then not exists (
                select
                from reminders as n
                where n.session_id = r.session_id
                    and n.student_id = m.student_id
                    and n.state = 'sent'
                    and n.is_reminder
                    and n.for_starts_at > p_now -- noqa: RF02, RF03
            )
            else false
        end
        and not exists (
            select
            from reminders as n
            where n.session_id = r.session_id
                and n.for_starts_at = r.for_starts_at
                and (
                    n.kind = r.kind and n.id > r.id
                    or n.kind in (r.kind, 'changed') and n.state in ('queued', 'claimed')
                )
        )
    union all
    select 'correct_reminders'::text, s.id::text, c.due_at, s.xmax
    from (
        select x.session_id, min(x.due_at) as due_at
        from _due_corrections(p_now) as x -- noqa: RF03
        group by x.session_id
    ) as c
    inner join sessions as s on c.session_id = s.id
    union all
    select 'queue_reminders'::text, s.id::text, s.starts_at - reminder_lead(), s.xmax
    from sessions as s
    where s.starts_at > p_now -- noqa: RF03
        and s.starts_at <= p_now + (select reminder_lead()) -- noqa: RF03
        and not exists (
            select
            from reminders as r
            where r.session_id = s.id and r.is_reminder and r.for_starts_at = s.starts_at
        )
    union all
    select 'queue_alarms'::text, s.id::text, s.alarm_at, s.xmax
    from sessions as s
    where s.status = 'scheduled'
        and s.deleted_at is null
        and s.alarm_at <= p_now -- noqa: RF03
        and s.starts_at > p_now -- noqa: RF03
        and not exists (
            select
            from reminders as r
            where r.session_id = s.id and r.kind = 'alarm' and r.for_starts_at = s.starts_at
        )
    union all
    -- Cancelled and deleted sessions are no longer among the alarms, but that they were skipped must be recorded.
    select 'queue_alarms'::text, s.id::text, s.alarm_at, s.xmax
    from sessions as s
    where (s.status is distinct from 'scheduled' or s.deleted_at is not null)
        and s.starts_at > p_now -- noqa: RF03
        and s.starts_at <= p_now + (select reminder_lead()) -- noqa: RF03
        and s.alarm_at <= p_now -- noqa: RF03
        and not exists (
            select
            from reminders as r
            where r.session_id = s.id and r.kind = 'alarm' and r.for_starts_at = s.starts_at
        )
    union all
    select 'start_sessions'::text, s.id::text, s.starts_at, s.xmax
    from sessions as s
    where s.status = 'scheduled' and s.deleted_at is null and s.starts_at <= p_now -- noqa: RF03
    union all
    select 'complete_sessions'::text, s.id::text, s.ends_at, s.xmax
    from sessions as s
    where s.status = 'in_progress' and s.deleted_at is null and s.ends_at <= p_now -- noqa: RF03
    union all
    select 'miss_reminders'::text, r.id::text, r.for_starts_at, r.xmax
    from reminders as r
    where r.state in ('queued', 'claimed')
        and r.for_starts_at <= p_now -- noqa: RF03
        and (r.state = 'queued' or r.lease_until <= clock_timestamp());
end;

comment on function due_steps(timestamptz) is
'What is due and the clock has not done yet. p_now: time to judge by. Returns step, one of steps(); subject_id, the key
of a session, or of a reminder in requeue_reminders and miss_reminders; due_at, since when; locked_by, the transaction
that has locked the row or changed it last. Raises nothing.';

revoke all on function due_steps(timestamptz) from public;
