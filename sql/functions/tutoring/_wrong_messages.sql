-- requires: views/session_messages
-- Read by a partial index; mostly no message is wrong. No search_path of its own: callers inline it, and leave out what
-- they do not read of it.
create or replace function _wrong_messages(p_now timestamptz)
returns table (
    id bigint,
    session_id integer,
    student_id integer,
    kind text,
    is_reminder boolean,
    recipient text,
    message jsonb,
    for_starts_at timestamptz,
    settled_at timestamptz,
    student_now integer,
    starts_now timestamptz,
    obstacle text,
    recipient_now text,
    message_now jsonb
)
language sql
stable
security invoker
parallel safe
begin atomic
    select
        r.id,
        r.session_id,
        r.student_id,
        r.kind,
        r.is_reminder,
        r.recipient,
        r.message,
        r.for_starts_at,
        r.settled_at,
        m.student_id as student_now,
        m.starts_at as starts_now,
        m.obstacle,
        m.recipient as recipient_now,
        m.message as message_now
    from reminders as r
    inner join session_messages as m on r.session_id = m.session_id
    where r.state = 'sent'
        and r.for_starts_at > p_now -- noqa: RF02
        and (
            r.kind = 'cancelled'
            or m.obstacle in ('session_cancelled', 'session_deleted')
            or m.student_id is distinct from r.student_id
            or r.for_starts_at <> m.starts_at
            or r.recipient is distinct from m.recipient
            or r.message ->> 'location' is distinct from m.location
            or r.message ->> 'session_mode' is distinct from m.session_mode
        );
end;

comment on function _wrong_messages(timestamptz) is
'Messages that were sent about sessions to come and that are not true any more, also those that a later message has put
right. p_now: time to judge by. Returns columns of reminders, and of session_messages as they are now. Raises nothing.';

revoke all on function _wrong_messages(timestamptz) from public;
