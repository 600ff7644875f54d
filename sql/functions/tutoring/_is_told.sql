-- A separate function, so that a claim plans it only if it is needed.
-- Locks: none.
create or replace function _is_told(
    p_session_id integer,
    p_student_id integer,
    p_kind text,
    p_starts_at timestamptz,
    p_recipient text,
    p_message jsonb
)
returns boolean
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select exists (
        select
        from reminders as n
        where n.session_id = p_session_id
            and n.student_id = p_student_id
            and n.for_starts_at = p_starts_at
            and (
                p_kind = 'starts_soon' and n.kind = 'changed' and n.state in ('queued', 'claimed')
                or n.state = 'sent'
                and n.kind <> 'cancelled'
                and (n.is_reminder or p_kind = 'changed')
                and n.recipient = p_recipient
                and n.message ->> 'location' is not distinct from p_message ->> 'location'
                and n.message ->> 'session_mode' is not distinct from p_message ->> 'session_mode'
                and not exists (
                    select
                    from reminders as o
                    where o.session_id = n.session_id
                        and o.student_id = n.student_id
                        and o.state = 'sent'
                        and (o.settled_at, o.id) > (n.settled_at, n.id)
                )
            )
    );
$function$;

comment on function _is_told(integer, integer, text, timestamptz, text, jsonb) is
'Whether a student was told last what a message is about to say, or a change on its way says it. p_session_id,
p_student_id: of whom; p_kind: starts_soon or changed, kind of the message; p_starts_at, p_recipient, p_message: what it
would say, to which number. Returns boolean. Raises nothing.';

revoke all on function _is_told(integer, integer, text, timestamptz, text, jsonb) from public;
