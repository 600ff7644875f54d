-- requires: functions/_close_sessions
-- security: whom the caller may cancel is the application's to say; the session is named by its key, and everybody in
-- it belongs to it.
-- Locks: as _close_sessions().
create or replace function cancel_session(p_session_id uuid)
returns setof cancellation_notice
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    if not exists (select from workshop_sessions as s where s.id = p_session_id) then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('there is no session %s', coalesce(p_session_id::text, 'null')),
            detail = e'key: session_not_found\n' || 'No row of workshop_sessions has this id.',
            hint = 'Look it up in session_availability.';
    end if;
    return query
    select c.*
    from _close_sessions(array[p_session_id]) as c;
end
$function$;

comment on function cancel_session(uuid) is
'Cancels a session with everybody in it: enrollments are cancelled, the waiting list is closed, the counter is 0; orders
keep their status, since giving money back is for a person to decide. p_session_id: the session. Returns whom to tell,
one row an enrollment (kind enrollment, with its order and what its seats cost) and one row a person who waited (kind
waitlist); again: none. Raises PT404 session_not_found; PT409 illegal_transition where it is completed.';

revoke all on function cancel_session(uuid) from public;
grant execute on function cancel_session(uuid) to sessionbook_app;
