-- requires: functions/takes_bookings, functions/workshops_on_sale
-- Locks: the session.
create or replace function _lock_bookable_session(p_session_id uuid, p_now timestamptz)
returns workshop_sessions
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_session workshop_sessions;
    v_is_on_sale boolean;
begin
    select s.*
    into v_session
    from workshop_sessions as s
    where s.id = p_session_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('there is no session %s', coalesce(p_session_id::text, 'null')),
            detail = e'key: session_not_found\n' || 'No row of workshop_sessions has this id.',
            hint = 'Look it up in session_availability.';
    end if;
    v_is_on_sale := exists (select from workshops_on_sale() as w where w.workshop_id = v_session.workshop_id);
    if not v_is_on_sale
        or not takes_bookings(
            v_session.status, v_session.starts_at, v_session.booking_opens_at, v_session.booking_closes_at, p_now
        )
    then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_closed',
            message = format('session %s cannot be booked', p_session_id),
            detail = e'key: session_closed\n' || case
                when v_session.status in ('cancelled', 'completed') then format('It is %s.', v_session.status)
                when v_session.starts_at <= p_now then format('It started at %s.', v_session.starts_at)
                when v_session.booking_opens_at > p_now then format('Booking opens at %s.', v_session.booking_opens_at)
                when v_session.booking_closes_at <= p_now then format('Booking closed at %s.', v_session.booking_closes_at)
                else 'Its workshop is not published and active, or the creator''s shop is closed.'
            end,
            hint = 'Choose another session; get_available_sessions() lists those that can be booked.';
    end if;
    return v_session;
end
$function$;

comment on function _lock_bookable_session(uuid, timestamptz) is
'Locks a session and raises an error if it cannot be booked. p_session_id: the session; p_now: time to judge by.
Returns its row of workshop_sessions. Raises PT404 session_not_found, PT409 session_closed (detail: cancelled,
completed, started, not open yet, closed, not on sale).';

revoke all on function _lock_bookable_session(uuid, timestamptz) from public;
