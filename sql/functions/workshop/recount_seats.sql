-- Locks: the session, before the enrollments are counted in a statement of their own: a seat taken meanwhile waits.
create or replace function recount_seats(p_session_id uuid)
returns integer
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_seats integer;
begin
    perform from workshop_sessions as s where s.id = p_session_id for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('there is no session %s', p_session_id),
            detail = 'No row of workshop_sessions has this id.',
            hint = 'Look it up in session_availability.';
    end if;
    update workshop_sessions as s
    set current_attendees = (
        select count(*)
        from enrollments as e
        where e.session_id = s.id and e.status in ('successful', 'pending')
    )
    where s.id = p_session_id
    returning s.current_attendees into v_seats;
    return v_seats;
end
$function$;

comment on function recount_seats(uuid) is
'Sets the seat counter of a session to its enrollments (successful and pending); status follows. p_session_id: the
session. Returns the new counter. Raises PT404 session_not_found; PT409 session_full where more enrollments than seats
would be counted.';

revoke all on function recount_seats(uuid) from public;
grant execute on function recount_seats(uuid) to sessionbook_app;
