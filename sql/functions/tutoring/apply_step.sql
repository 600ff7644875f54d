-- requires: functions/reminder_lead, views/session_messages
-- The condition of a step is asked again here, because a failed step is tried later on its own. The rows are found by
-- key, never by a bitmap that would read everything due for every batch.
-- Locks: the sessions or reminders that move.
create or replace function apply_step(
    p_step text,
    p_ids integer[],
    p_now timestamptz
)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
set enable_bitmapscan = off
as $function$
declare
    v_lead interval;
    v_moved bigint;
begin
    if p_step = 'start_sessions' then
        v_lead := reminder_lead();
        with started as (
            update sessions as s
            set status = 'in_progress'
            where s.id = any(p_ids)
                and s.status = 'scheduled'
                and s.deleted_at is null
                and s.starts_at <= p_now
            returning s.id, s.starts_at, s.alarm_at
        ),
        -- Asked before the messages are joined: mostly there is none to write. A difference of sets reads the reminders
        -- of these hours once, in order; a look-up for each session would cost five times as much.
        unreminded as materialized (
            (
                select t.id, t.starts_at, 'starts_soon' as kind, null::timestamptz as alarm_at
                from started as t
                except
                select r.session_id, r.for_starts_at, 'starts_soon', null
                from reminders as r
                where r.kind = 'starts_soon'
                    and r.for_starts_at >= (select min(t.starts_at) from started as t)
                    and r.for_starts_at <= (select max(t.starts_at) from started as t)
            )
            union all
            select t.id, t.starts_at, 'alarm', t.alarm_at
            from started as t
            where t.alarm_at is not null
                and (
                    select r.id
                    from reminders as r
                    where r.session_id = t.id and r.kind = 'alarm' and r.for_starts_at = t.starts_at
                ) is null
        ),
        missed as (
            insert into reminders (
                session_id, kind, due_at, for_starts_at, state, reason, queued_at, settled_at
            )
            select
                u.id,
                u.kind,
                case u.kind when 'alarm' then u.alarm_at else u.starts_at - v_lead end,
                u.starts_at,
                case when m.obstacle is null then 'missed' else 'skipped' end,
                coalesce(m.obstacle, 'start_passed'),
                p_now,
                p_now
            from unreminded as u
            inner join session_messages as m on u.id = m.session_id
            on conflict (session_id, kind, for_starts_at) do nothing
        )
        select count(*) into v_moved from started as t;
        return v_moved;
    elsif p_step = 'complete_sessions' then
        update sessions as s
        set status = 'completed'
        where s.id = any(p_ids)
            and s.status = 'in_progress'
            and s.deleted_at is null
            and s.ends_at <= p_now;
    elsif p_step = 'queue_reminders' then
        v_lead := reminder_lead();
        insert into reminders (
            session_id, kind, recipient, message, due_at, for_starts_at, state, reason, next_attempt_at, queued_at,
            settled_at
        )
        select
            m.session_id,
            'starts_soon',
            case when m.obstacle is null then m.recipient end,
            case when m.obstacle is null then m.message end,
            m.starts_at - v_lead,
            m.starts_at,
            case when m.obstacle is null then 'queued' else 'skipped' end,
            m.obstacle,
            case when m.obstacle is null then p_now end,
            p_now,
            case when m.obstacle is not null then p_now end
        from session_messages as m
        where m.session_id = any(p_ids)
            and m.starts_at > p_now
            and m.starts_at <= p_now + v_lead
        order by m.starts_at, m.session_id
        on conflict (session_id, kind, for_starts_at) do nothing;
    elsif p_step = 'queue_alarms' then
        insert into reminders (
            session_id, kind, recipient, message, due_at, for_starts_at, state, reason, next_attempt_at, queued_at,
            settled_at
        )
        select
            m.session_id,
            'alarm',
            case when m.obstacle is null then m.recipient end,
            case when m.obstacle is null then m.message end,
            m.alarm_at,
            m.starts_at,
            case when m.obstacle is null then 'queued' else 'skipped' end,
            m.obstacle,
            case when m.obstacle is null then p_now end,
            p_now,
            case when m.obstacle is not null then p_now end
        from session_messages as m
        where m.session_id = any(p_ids)
            and m.starts_at > p_now
            and m.alarm_at <= p_now
        order by m.starts_at, m.session_id
        on conflict (session_id, kind, for_starts_at) do nothing;
    elsif p_step = 'requeue_reminders' then
        update reminders as r
        set state = 'queued',
            reason = null,
            recipient = m.recipient,
            message = m.message,
            next_attempt_at = p_now,
            settled_at = null
        from session_messages as m
        where r.session_id = any(p_ids)
            and r.state in ('skipped', 'prevented')
            and r.for_starts_at > p_now
            and m.session_id = r.session_id
            and m.starts_at = r.for_starts_at
            and m.obstacle is null
            and (r.kind <> 'alarm' or m.alarm_at is not null);
    else
        update reminders as r
        set state = case when m.starts_at = r.for_starts_at and not m.is_off then 'missed' else 'prevented' end,
            reason = case
                when m.is_off then m.obstacle
                when m.starts_at = r.for_starts_at then 'start_passed'
                else 'session_moved'
            end,
            next_attempt_at = null,
            settled_at = p_now
        from session_messages as m
        where r.session_id = any(p_ids)
            and r.state in ('queued', 'claimed')
            and r.for_starts_at <= p_now
            and (r.state = 'queued' or r.lease_until <= clock_timestamp())
            and m.session_id = r.session_id;
    end if;
    get diagnostics v_moved = row_count;
    return v_moved;
end
$function$;

comment on function apply_step(text, integer[], timestamptz) is
'Takes a step for given sessions, where it is due. p_step: step of advance_sessions(); p_ids: sessions; p_now: time to
judge by. Returns how many sessions or reminders moved. Raises nothing of its own; whatever the application''s own
constraints and triggers raise.';

revoke all on function apply_step(text, integer[], timestamptz) from public;
