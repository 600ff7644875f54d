-- requires: functions/reminder_lead, functions/_due_corrections, functions/lifecycle.actor
-- requires: functions/lifecycle.changed_by
-- requires: views/session_messages
-- The condition of a step is asked again here, because a failed step is tried later on its own. The rows are found by
-- key, never by a bitmap that would read everything due for every batch.
-- Locks: the sessions or reminders that move, and nothing after them. due_rows() has locked them already; a retry waits
-- for the one row that it names. Reminders are written only for sessions that are locked here, so that neither their
-- foreign key nor a unique index waits for anybody, and what was looked up stays true until they are written.
create or replace function apply_step(
    p_step text,
    p_ids text[],
    p_now timestamptz
)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
set enable_bitmapscan = off
set jit = off
as $function$
declare
    v_ids constant bigint[] := p_ids::bigint[];
    v_changed_by constant text := lifecycle.changed_by();
    v_actor constant text := lifecycle.actor();
    v_clock constant timestamptz := clock_timestamp();
    v_lead interval;
    v_moved bigint;
begin
    if p_step = 'start_sessions' then
        v_lead := reminder_lead();
        with started as (
            update sessions as s
            set status = 'in_progress', updated_at = p_now
            where s.id = any(v_ids)
                and s.status = 'scheduled'
                and s.deleted_at is null
                and s.starts_at <= p_now
            returning s.id, s.starts_at, s.alarm_at
        ),
        recorded as (
            insert into status_changes (
                machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at
            )
            select
                'tutoring.session', t.id::text, 'scheduled', 'in_progress', 'clock', v_changed_by, v_actor, p_now
            from started as t
            order by t.id
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
                where r.is_reminder
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
                session_id, student_id, kind, is_reminder, due_at, for_starts_at, state, reason, queued_at, settled_at
            )
            select
                u.id,
                m.student_id,
                u.kind,
                u.kind <> 'alarm',
                case u.kind when 'alarm' then u.alarm_at else u.starts_at - v_lead end,
                u.starts_at,
                case when m.obstacle is null then 'missed' else 'skipped' end,
                coalesce(m.obstacle, 'start_passed'),
                p_now,
                p_now
            from unreminded as u
            inner join session_messages as m on u.id = m.session_id
        )
        select count(*) into v_moved from started as t;
        return v_moved;
    elsif p_step = 'complete_sessions' then
        with completed as (
            update sessions as s
            set status = 'completed', updated_at = p_now
            where s.id = any(v_ids)
                and s.status = 'in_progress'
                and s.deleted_at is null
                and s.ends_at <= p_now
            returning s.id
        )
        insert into status_changes (
            machine, subject_id, from_status, to_status, cause, changed_by, actor, changed_at
        )
        select
            'tutoring.session', t.id::text, 'in_progress', 'completed', 'clock', v_changed_by, v_actor, p_now
        from completed as t
        order by t.id;
    elsif p_step = 'correct_reminders' then
        -- Held already, unless it is a retry.
        perform
        from sessions as s
        where s.id = any(v_ids)
        for no key update;
        insert into reminders (
            session_id, student_id, kind, is_reminder, recipient, message, due_at, for_starts_at, state, next_attempt_at,
            queued_at
        )
        select
            c.session_id,
            c.student_id,
            c.kind,
            c.is_reminder,
            c.recipient,
            c.message,
            p_now,
            c.for_starts_at,
            'queued',
            p_now,
            p_now
        from _due_corrections(p_now) as c
        where c.session_id = any(v_ids)
        order by c.for_starts_at, c.session_id, c.kind
        on conflict (session_id, kind, student_id, for_starts_at) where state in ('queued', 'claimed') do nothing;
    elsif p_step in ('queue_reminders', 'queue_alarms') then
        v_lead := reminder_lead();
        -- Held already, unless it is a retry: of two writers of one reminder the second would wait for the first.
        perform
        from sessions as s
        where s.id = any(v_ids)
        for no key update;
        insert into reminders (
            session_id, student_id, kind, is_reminder, recipient, message, due_at, for_starts_at, state, reason,
            next_attempt_at, queued_at, settled_at
        )
        select
            m.session_id,
            m.student_id,
            case p_step when 'queue_alarms' then 'alarm' else 'starts_soon' end,
            p_step = 'queue_reminders',
            case when m.obstacle is null then m.recipient end,
            case when m.obstacle is null then m.message end,
            case p_step when 'queue_alarms' then m.alarm_at else m.starts_at - v_lead end,
            m.starts_at,
            case when m.obstacle is null then 'queued' else 'skipped' end,
            m.obstacle,
            case when m.obstacle is null then p_now end,
            p_now,
            case when m.obstacle is not null then p_now end
        from session_messages as m
        where m.session_id = any(v_ids)
            and m.starts_at > p_now
            and case p_step when 'queue_alarms' then m.alarm_at <= p_now else m.starts_at <= p_now + v_lead end
            and not exists (
                select
                from reminders as r
                where r.session_id = m.session_id
                    and r.for_starts_at = m.starts_at
                    and case p_step when 'queue_alarms' then r.kind = 'alarm' else r.is_reminder end
            )
        order by m.starts_at, m.session_id;
    elsif p_step = 'requeue_reminders' then
        update reminders as r
        set state = 'queued',
            reason = null,
            student_id = m.student_id,
            recipient = m.recipient,
            message = m.message,
            next_attempt_at = p_now,
            settled_at = null
        from session_messages as m
        where r.id = any(v_ids)
            and r.state in ('skipped', 'prevented')
            and r.for_starts_at > p_now
            and m.session_id = r.session_id
            and m.starts_at = r.for_starts_at
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
            );
    else
        update reminders as r
        set state = case
                when r.kind = 'cancelled' or m.starts_at = r.for_starts_at and not m.is_off then 'missed'
                else 'prevented'
            end,
            reason = case
                when r.kind = 'cancelled' then 'start_passed'
                when m.is_off then m.obstacle
                when m.starts_at = r.for_starts_at then 'start_passed'
                else 'session_moved'
            end,
            next_attempt_at = null,
            settled_at = p_now
        from session_messages as m
        where r.id = any(v_ids)
            and r.state in ('queued', 'claimed')
            and r.for_starts_at <= p_now
            and (r.state = 'queued' or r.lease_until <= v_clock)
            and m.session_id = r.session_id;
    end if;
    get diagnostics v_moved = row_count;
    return v_moved;
end
$function$;

comment on function apply_step(text, text[], timestamptz) is
'Does a step of the clock for those of the given rows that it is due for, and records status changes. p_step: one of
steps(); p_ids: keys of sessions, or of reminders in requeue_reminders and miss_reminders; p_now: time to judge by.
Returns how many sessions or reminders moved. Raises only what the application''s own constraints and triggers raise.';

revoke all on function apply_step(text, text[], timestamptz) from public;
