-- requires: functions/reminder_lead, views/session_messages
-- What a student believes is what was sent last, of whatever kind. A student who gets something just now is looked
-- at when
-- that has been sent; what could not be sent is not tried again by itself.
-- No search_path of its own: callers inline it, and one partial index of the messages sent about sessions to come is
-- read.
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
    select
        m.session_id,
        m.student_id,
        case when g.announce_changes then 'changed' else 'starts_soon' end,
        m.recipient,
        m.message,
        m.starts_at,
        m.starts_at <= p_now + g.lead, -- noqa: RF02
        r.settled_at
    from reminders as r
    inner join session_messages as m on r.session_id = m.session_id and r.student_id = m.student_id
    cross join (select x.announce_changes, reminder_lead() as lead from settings as x) as g
    where r.state = 'sent'
        and r.for_starts_at > p_now -- noqa: RF02
        and m.obstacle is null
        and m.starts_at > p_now -- noqa: RF02
        and (g.announce_changes or m.starts_at <= p_now + g.lead) -- noqa: RF02
        and (
            r.kind = 'cancelled'
            or r.for_starts_at <> m.starts_at
            or r.recipient is distinct from m.recipient
            or r.message ->> 'location' is distinct from m.message ->> 'location'
            or r.message ->> 'session_mode' is distinct from m.message ->> 'session_mode'
        )
        and not exists (
            select
            from reminders as n
            where n.session_id = r.session_id
                and n.student_id = r.student_id
                and (
                    n.state = 'sent' and (n.settled_at, n.id) > (r.settled_at, r.id)
                    or n.state = 'claimed'
                    or n.state = 'queued' and n.kind in ('changed', 'starts_soon') and n.for_starts_at = m.starts_at
                    or n.state = 'failed'
                    and n.id > r.id
                    and n.kind in ('changed', 'starts_soon')
                    and n.for_starts_at = m.starts_at
                    and n.recipient = m.recipient
                )
        )
    union all
    select
        m.session_id,
        r.student_id,
        'cancelled' as kind,
        coalesce(nullif(btrim(st.phone), ''), r.recipient) as recipient,
        r.message,
        r.for_starts_at,
        false as is_reminder,
        r.settled_at
    from reminders as r
    inner join session_messages as m on r.session_id = m.session_id
    inner join settings as g on g.announce_changes
    left join enrolled_students as st on r.student_id = st.id
    where r.state = 'sent'
        and r.for_starts_at > p_now -- noqa: RF02
        and r.kind <> 'cancelled'
        and (m.obstacle in ('session_cancelled', 'session_deleted') or m.student_id is distinct from r.student_id)
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
        m.session_id,
        m.student_id,
        'starts_soon' as kind,
        m.recipient,
        m.message,
        m.starts_at,
        true as is_reminder,
        r.settled_at
    from reminders as r
    inner join session_messages as m
        on r.session_id = m.session_id and r.student_id <> m.student_id and r.for_starts_at = m.starts_at
    where r.state = 'sent'
        and r.is_reminder
        and r.for_starts_at > p_now -- noqa: RF02
        and m.obstacle is null
        and m.starts_at <= p_now + (select reminder_lead()) -- noqa: RF02
        and not exists (
            select
            from reminders as n
            where n.session_id = r.session_id
                and n.student_id = m.student_id
                and n.state in ('sent', 'queued', 'claimed', 'failed')
                and n.for_starts_at > p_now -- noqa: RF02, RF03
        );
end;

comment on function _due_corrections(timestamptz) is
'Messages that have become due because what was told last is not true any more. p_now: time to judge by. Returns what to
queue, as columns of reminders; due_at: when the message was sent that is wrong now. Raises nothing.';

revoke all on function _due_corrections(timestamptz) from public;
