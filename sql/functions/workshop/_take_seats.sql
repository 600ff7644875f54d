-- requires: functions/derive_session_status
-- If seats run short the seat trigger collects holds that ran out, or refuses.
-- Locks: the session, which callers have locked and found bookable.
create or replace function _take_seats(p_session_id uuid, p_seats integer)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_waiting integer;
begin
    update workshop_sessions as s
    set current_attendees = s.current_attendees + p_seats
    where s.id = p_session_id and s.waiting_count = 0 and s.current_attendees <= 2147483647 - p_seats;
    if not found then
        select s.waiting_count
        into v_waiting
        from workshop_sessions as s
        where s.id = p_session_id;
        raise exception using
            errcode = 'PT409',
            constraint = 'session_full',
            message = format('session %s keeps its free seats for its waiting list', p_session_id),
            detail = e'key: session_full\n' || case
                when v_waiting > 0 then format('%s people are on the waiting list and get seats first.', v_waiting)
                else format('It has no room for %s more.', p_seats)
            end,
            hint = 'Choose another session (get_next_available_session() finds one), or join_waitlist().';
    end if;
end
$function$;

comment on function _take_seats(uuid, integer) is
'Takes seats of a session for somebody who does not wait for them. p_session_id: the session, locked by the caller;
p_seats: how many. Returns nothing. Raises PT409 session_full, also if people wait, who come first.';

revoke all on function _take_seats(uuid, integer) from public;
