-- requires: functions/reminder_lead, functions/_unreminded_sessions, views/session_messages
-- Each branch reads one partial index from its oldest end. Whether a reminder is there is asked in a scalar subquery on
-- purpose: a join might read all reminders ever written.
-- Locks: sessions to start or to complete, oldest first, passing over those that somebody holds; else none.
create or replace function due_sessions(
    p_step text,
    p_now timestamptz,
    p_limit integer
)
returns integer[]
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_lead interval;
    v_ids integer[];
begin
    if p_step = 'start_sessions' then
        v_ids := array(
            select s.id
            from sessions as s
            where s.status = 'scheduled'
                and s.deleted_at is null
                and s.starts_at <= p_now
                and not exists (
                    select from failed_steps as f
                    where f.step = p_step and f.subject_id = s.id and f.resolved_at is null
                )
            order by s.starts_at, s.id
            limit p_limit
            for no key update of s skip locked
        );
    elsif p_step = 'complete_sessions' then
        v_ids := array(
            select s.id
            from sessions as s
            where s.status = 'in_progress'
                and s.deleted_at is null
                and s.ends_at <= p_now
                and not exists (
                    select from failed_steps as f
                    where f.step = p_step and f.subject_id = s.id and f.resolved_at is null
                )
            order by s.ends_at, s.id
            limit p_limit
            for no key update of s skip locked
        );
    elsif p_step = 'queue_reminders' then
        v_lead := reminder_lead();
        v_ids := _unreminded_sessions(p_now, p_now + v_lead, p_limit);
    elsif p_step = 'queue_alarms' then
        v_lead := reminder_lead();
        v_ids := array(
            select s.id
            from (
                select x.id, x.starts_at
                from sessions as x
                where x.status = 'scheduled'
                    and x.deleted_at is null
                    and x.alarm_at <= p_now
                    and x.starts_at > p_now
                union
                -- What is cancelled or deleted is no longer among the alarms, but its skipping is to be seen.
                select x.id, x.starts_at
                from sessions as x
                where x.starts_at > p_now
                    and x.starts_at <= p_now + v_lead
                    and x.alarm_at <= p_now
            ) as s
            where (
                    select r.id
                    from reminders as r
                    where r.session_id = s.id and r.kind = 'alarm' and r.for_starts_at = s.starts_at
                ) is null
                and not exists (
                    select from failed_steps as f
                    where f.step = p_step and f.subject_id = s.id and f.resolved_at is null
                )
            order by s.starts_at, s.id
            limit p_limit
        );
    elsif p_step = 'requeue_reminders' then
        -- Asked first, so that a tick with none of them, which may be a connection's only one, need not plan the joins.
        if not exists (
            select from reminders as r where r.state in ('skipped', 'prevented') and r.for_starts_at > p_now
        ) then
            return array[]::integer[];
        end if;
        v_ids := array(
            select distinct r.session_id
            from reminders as r
            inner join session_messages as m on r.session_id = m.session_id and r.for_starts_at = m.starts_at
            where r.state in ('skipped', 'prevented')
                and r.for_starts_at > p_now
                and m.obstacle is null
                and (r.kind <> 'alarm' or m.alarm_at is not null)
                and not exists (
                    select from failed_steps as f
                    where f.step = p_step and f.subject_id = r.session_id and f.resolved_at is null
                )
            order by r.session_id
            limit p_limit
        );
    else
        v_ids := array(
            select distinct r.session_id
            from reminders as r
            where r.state in ('queued', 'claimed')
                and r.for_starts_at <= p_now
                and (r.state = 'queued' or r.lease_until <= clock_timestamp())
                and not exists (
                    select from failed_steps as f
                    where f.step = p_step and f.subject_id = r.session_id and f.resolved_at is null
                )
            order by r.session_id
            limit p_limit
        );
    end if;
    return v_ids;
end
$function$;

comment on function due_sessions(text, timestamptz, integer) is
'Sessions that a step is due for, without those that it failed on before. p_step: step of advance_sessions(); p_now:
time to judge by; p_limit: most sessions. Returns their keys; those to start or complete are locked, oldest first.
Raises nothing.';

revoke all on function due_sessions(text, timestamptz, integer) from public;
