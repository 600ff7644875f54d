-- requires: functions/reminder_lead, functions/_due_corrections, functions/_unreminded_sessions
-- requires: views/session_messages
-- Each branch reads one partial index from its oldest end. Whether a reminder is there is asked in a scalar subquery on
-- purpose: a join might read all reminders ever written. Without a known time the planner assumes many sent messages
-- about future sessions, and would read all of them many times.
-- Locks: sessions, or reminders in requeue_reminders and miss_reminders, skipping locked ones, so that it never waits.
-- Sessions are locked for their reminders too: the foreign key would otherwise wait for
-- a caller that holds a session.
create or replace function due_rows(
    p_step text,
    p_now timestamptz,
    p_limit integer
)
returns text[]
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
set plan_cache_mode = force_custom_plan
as $function$
declare
    v_postponed constant bigint[] := array(
        select f.subject_id::bigint
        from failed_steps as f
        where f.step = p_step and coalesce(f.next_attempt_at > p_now, true)
    );
    v_lead interval;
    v_ids text[];
begin
    if p_step = 'start_sessions' then
        v_ids := array(
            select s.id
            from sessions as s
            where s.status = 'scheduled'
                and s.deleted_at is null
                and s.starts_at <= p_now
                and s.id <> all(v_postponed)
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
                and s.id <> all(v_postponed)
            order by s.ends_at, s.id
            limit p_limit
            for no key update of s skip locked
        );
    elsif p_step = 'correct_reminders' then
        -- Checked first, so that a tick without any, which may be the only one of its connection, need not plan the
        -- joins.
        if not exists (
            select from reminders as r where r.state = 'sent' and r.for_starts_at > p_now
        ) then
            return array[]::text[];
        end if;
        v_ids := array(
            select s.id
            from sessions as s
            where s.id in (
                    select c.session_id
                    from _due_corrections(p_now) as c
                    where c.session_id <> all(v_postponed)
                )
            order by s.starts_at, s.id
            limit p_limit
            for no key update of s skip locked
        );
    elsif p_step = 'queue_reminders' then
        v_lead := reminder_lead();
        v_ids := _unreminded_sessions(p_now, v_lead, p_limit, v_postponed);
    elsif p_step = 'queue_alarms' then
        v_lead := reminder_lead();
        -- Checked first, as for requeue_reminders: most lessons have no alarm.
        if not exists (
                select
                from sessions as s
                where s.status = 'scheduled' and s.deleted_at is null and s.alarm_at <= p_now and s.starts_at > p_now
            )
            and not exists (
                select
                from sessions as s
                where s.starts_at > p_now and s.starts_at <= p_now + v_lead and s.alarm_at <= p_now
            )
        then
            return array[]::text[];
        end if;
        v_ids := array(
            select s.id
            from sessions as s
            where s.id in (
                    select x.id
                    from sessions as x
                    where x.status = 'scheduled'
                        and x.deleted_at is null
                        and x.alarm_at <= p_now
                        and x.starts_at > p_now
                    union
                    -- Cancelled and deleted sessions are no longer among the alarms, but that they were skipped must be
                    -- recorded.
                    select x.id
                    from sessions as x
                    where x.starts_at > p_now
                        and x.starts_at <= p_now + v_lead
                        and x.alarm_at <= p_now
                )
                and (
                    select r.id
                    from reminders as r
                    where r.session_id = s.id and r.kind = 'alarm' and r.for_starts_at = s.starts_at
                ) is null
                and s.id <> all(v_postponed)
            order by s.starts_at, s.id
            limit p_limit
            for no key update of s skip locked
        );
    elsif p_step = 'requeue_reminders' then
        -- Checked first, so that a tick without any, which may be the only one of its connection, need not plan the
        -- joins.
        if not exists (
            select from reminders as r where r.state in ('skipped', 'prevented') and r.for_starts_at > p_now
        ) then
            return array[]::text[];
        end if;
        v_ids := array(
            select r.id
            from reminders as r
            inner join session_messages as m on r.session_id = m.session_id and r.for_starts_at = m.starts_at
            where r.state in ('skipped', 'prevented')
                and r.for_starts_at > p_now
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
                            and n.for_starts_at > p_now
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
                and r.id <> all(v_postponed)
            order by r.due_at, r.id
            limit p_limit
            for no key update of r skip locked
        );
    else
        if not exists (
            select from reminders as r where r.state in ('queued', 'claimed') and r.for_starts_at <= p_now
        ) then
            return array[]::text[];
        end if;
        v_ids := array(
            select r.id
            from reminders as r
            where r.state in ('queued', 'claimed')
                and r.for_starts_at <= p_now
                and (r.state = 'queued' or r.lease_until <= clock_timestamp())
                and r.id <> all(v_postponed)
            order by r.for_starts_at, r.id
            limit p_limit
            for no key update of r skip locked
        );
    end if;
    if p_step <> 'complete_sessions' and cardinality(v_ids) > 0 then
        -- If a table is locked as a whole, this notices it once: in apply_step() each row would wait.
        perform
        from session_messages as m
        limit 0;
    end if;
    return v_ids;
end
$function$;

comment on function due_rows(text, timestamptz, integer) is
'Finds and locks the rows that a step of the clock is due for, oldest first, without locked rows and without rows that
failed and are not yet to be tried again. p_step: one of steps(); p_now: time to judge by; p_limit: most rows. Returns
keys of sessions, or of reminders in requeue_reminders and miss_reminders. Raises nothing.';

revoke all on function due_rows(text, timestamptz, integer) from public;
