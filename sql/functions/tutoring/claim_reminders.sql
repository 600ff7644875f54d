-- requires: views/session_messages, functions/_is_told, functions/reminder_lead, functions/lifecycle.now
-- requires: functions/lifecycle.shown
-- security: couriers claim without rights on the tables; the arguments are never executed as SQL, and name, limit and
-- lease have bounds, so that no courier keeps the outbox from the others.
-- Two clocks on purpose: what is due goes by lifecycle.now(), a lease by clock_timestamp(), because it is about a
-- process that lives now, and a transaction may be older than its claim.
-- Planning again for every claim would take most of its time; without sorts the plan that is kept walks the queue's
-- index.
-- Locks: reminders, those with a lease that ran out first, else by next attempt, skipping locked ones, so that it never
-- waits.
create or replace function claim_reminders(
    p_worker text,
    p_limit integer default 10,
    p_lease interval default '1 minute'
)
returns setof reminders
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_sort = off
set jit = off
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    -- Read once: no index can be asked for a volatile function.
    v_clock constant timestamptz := clock_timestamp();
    v_ids bigint[];
    v_reminder reminders;
    v_lead constant interval := reminder_lead();
    v_left integer := p_limit;
begin
    if coalesce(char_length(p_worker), 0) not between 1 and 200
        or coalesce(p_limit, 0) not between 1 and 1000
        or p_lease is null
        or p_lease <= interval '0'
        or p_lease > interval '1 hour'
    then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_claim',
            message = format(
                'cannot claim %s reminders for worker %s and %s',
                coalesce(p_limit::text, 'null'), lifecycle.shown(p_worker), coalesce(p_lease::text, 'null')
            ),
            detail = e'key: invalid_claim\n'
                || 'A claim needs a name of 1 to 200 characters, a limit of 1 to 1000 and a lease of at most an hour.',
            hint = 'p_worker names the worker, such as host and process id; leave the others out.';
    end if;
    while v_left > 0 loop
        v_ids := array(
            select r.id
            from reminders as r
            where r.state = 'claimed' and r.lease_until <= v_clock
            order by r.lease_until, r.id
            limit v_left
            for no key update skip locked
        );
        v_ids := v_ids || array(
            select r.id
            from reminders as r
            where r.state = 'queued' and r.next_attempt_at <= v_now
            order by r.next_attempt_at, r.id
            limit v_left - cardinality(v_ids)
            for no key update skip locked
        );
        exit when cardinality(v_ids) = 0;
        for v_reminder in
            with checked as (
                select
                    x.id,
                    case
                        when x.reason = 'start_passed' then 'missed'
                        when x.reason is not null then 'prevented'
                        when x.attempts >= 5 then 'failed'
                        else 'claimed'
                    end as state,
                    x.reason,
                    x.student_id,
                    x.recipient,
                    x.message,
                    x.starts_at
                from (
                    select
                        r.id,
                        r.attempts,
                        case
                            when r.kind = 'cancelled'
                                then case
                                    when r.for_starts_at <= v_now then 'start_passed'
                                    when r.student_id = m.student_id
                                        and coalesce(m.obstacle, '') not in ('session_cancelled', 'session_deleted')
                                        then 'session_restored'
                                end
                            when m.is_off then m.obstacle
                            when m.starts_at <> r.for_starts_at then 'session_moved'
                            when r.for_starts_at <= v_now then 'start_passed'
                            when m.obstacle is not null then m.obstacle
                            when r.kind = 'alarm' then case when m.alarm_at is null then 'alarm_off' end
                            when r.kind = 'changed' and r.student_id <> m.student_id then 'student_changed'
                            -- Also checked for reminders claimed here: of a reminder and a change only the change is
                            -- sent.
                            when exists (
                                    select
                                    from reminders as n
                                    where n.session_id = r.session_id and n.student_id = m.student_id and n.id <> r.id
                                )
                                and _is_told(
                                    m.session_id, m.student_id, r.kind, m.starts_at, m.recipient, m.message
                                )
                                then 'told_already'
                        end as reason,
                        case r.kind when 'cancelled' then r.student_id else m.student_id end as student_id,
                        case r.kind when 'cancelled' then r.recipient else m.recipient end as recipient,
                        case r.kind when 'cancelled' then r.message else m.message end as message,
                        m.starts_at
                    from reminders as r
                    inner join session_messages as m on r.session_id = m.session_id
                    where r.id = any(v_ids)
                ) as x
            )
            update reminders as r
            set state = c.state,
                reason = c.reason,
                student_id = case c.state when 'claimed' then c.student_id else r.student_id end,
                is_reminder = r.is_reminder or c.state = 'claimed' and r.kind = 'changed' and c.starts_at <= v_now + v_lead,
                recipient = case c.state when 'claimed' then c.recipient else r.recipient end,
                message = case c.state when 'claimed' then c.message else r.message end,
                attempts = r.attempts + case c.state when 'claimed' then 1 else 0 end,
                worker = case c.state when 'claimed' then p_worker else r.worker end,
                lease_until = case c.state when 'claimed' then v_clock + p_lease else r.lease_until end,
                last_error = case
                    when r.state = 'claimed' then 'the lease of ' || r.worker || ' ran out'
                    else r.last_error
                end,
                next_attempt_at = null,
                settled_at = case when c.state <> 'claimed' then v_now end
            from checked as c
            where c.id = r.id
            returning r.*
        loop
            if v_reminder.state = 'claimed' then
                v_left := v_left - 1;
                return next v_reminder;
            end if;
        end loop;
    end loop;
end
$function$;

comment on function claim_reminders(text, integer, interval) is
'Claims reminders that the clock has queued, for a limited time (a lease). If a courier does not complete or fail a
reminder in time, the next courier gets it. Each session is checked again: its reminder is prevented if the session was
moved, cancelled or deleted, if its student has no phone number any more, or if an alarm is no longer wanted; it is
missed if the session has started. A student does not get the same message twice. Recipient and message are computed
now; a cancellation names the time that the student knows. p_worker: name of the courier, the same for
complete_reminder() and fail_reminder(), 200 characters at most; p_limit: most reminders (default 10, at most 1000);
p_lease: how long the claim is valid, by the server''s own clock (default 1 minute, at most 1 hour). Returns the rows
claimed; none if nothing is due. Raises PT400 invalid_claim.';

revoke all on function claim_reminders(text, integer, interval) from public;
grant execute on function claim_reminders(text, integer, interval) to sessionbook_app, sessionbook_courier;
