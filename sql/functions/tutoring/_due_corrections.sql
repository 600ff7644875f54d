-- requires: functions/reminder_lead, functions/_wrong_messages
-- What a student believes is what was sent last, of whatever kind. A student who gets something just now is looked at
-- when that has been sent; what could not be sent is not tried again by itself.
-- No search_path of its own: callers inline it.
create or replace function _due_corrections(p_now timestamptz)
returns table (
    session_id integer,
    student_id integer,
    kind text,
    recipient text,
    message jsonb,
    for_starts_at timestamptz,
    is_reminder boolean,
    due_at timestamptz
)
language sql
stable
security invoker
parallel safe
begin atomic
    with wrong as materialized (select w.* from _wrong_messages(p_now) as w) -- noqa: RF03
    select
        r.session_id,
        r.student_id,
        case when g.announce_changes then 'changed' else 'starts_soon' end,
        r.recipient_now,
        r.message_now,
        r.starts_now,
        r.starts_now <= p_now + g.lead, -- noqa: RF02
        r.settled_at
    from wrong as r
    cross join (select x.announce_changes, reminder_lead() as lead from settings as x) as g
    where r.student_id = r.student_now
        and r.obstacle is null
        and r.starts_now > p_now -- noqa: RF02
        and (g.announce_changes or r.starts_now <= p_now + g.lead) -- noqa: RF02
        and not exists (
            select
            from reminders as n
            where n.session_id = r.session_id
                and n.student_id = r.student_id
                and (
                    n.state = 'sent' and (n.settled_at, n.id) > (r.settled_at, r.id)
                    or n.state = 'claimed'
                    or n.state = 'queued' and n.kind in ('changed', 'starts_soon') and n.for_starts_at = r.starts_now
                    or n.state = 'failed'
                    and n.id > r.id
                    and n.kind in ('changed', 'starts_soon')
                    and n.for_starts_at = r.starts_now
                    and n.recipient = r.recipient_now
                )
        )
    union all
    select
        r.session_id,
        r.student_id,
        'cancelled' as kind,
        coalesce(nullif(btrim(st.phone), ''), r.recipient) as recipient,
        r.message,
        r.for_starts_at,
        false as is_reminder,
        r.settled_at
    from wrong as r
    inner join settings as g on g.announce_changes
    left join enrolled_students as st on r.student_id = st.id
    where r.kind <> 'cancelled'
        and (
            r.obstacle in ('session_cancelled', 'session_deleted') or r.student_now is distinct from r.student_id
        )
        and not exists (
            select
            from reminders as n
            where n.session_id = r.session_id
                and n.student_id = r.student_id
                and (
                    n.state = 'sent' and (n.settled_at, n.id) > (r.settled_at, r.id)
                    or n.state = 'claimed'
                    or n.state in ('queued', 'failed') and n.kind = 'cancelled' and n.id > r.id
                )
        )
    union all
    -- Another student, within the lead: the reminder of this start went to somebody else.
    select
        r.session_id,
        r.student_now,
        'starts_soon' as kind,
        r.recipient_now,
        r.message_now,
        r.starts_now,
        true as is_reminder,
        r.settled_at
    from wrong as r
    where r.is_reminder
        and r.student_id <> r.student_now
        and r.for_starts_at = r.starts_now
        and r.obstacle is null
        and r.starts_now <= p_now + (select reminder_lead()) -- noqa: RF02
        and not exists (
            select
            from reminders as n
            where n.session_id = r.session_id
                and n.student_id = r.student_now
                and n.state in ('sent', 'queued', 'claimed', 'failed')
                and n.for_starts_at > p_now -- noqa: RF02, RF03
        );
end;

comment on function _due_corrections(timestamptz) is
'Messages that have become due because what was told last is not true any more. p_now: time to judge by. Returns what to
queue, as columns of reminders; due_at: when the message was sent that is wrong now. Raises nothing.';

revoke all on function _due_corrections(timestamptz) from public;
