-- requires: functions/lock_open_session
-- Locks: the session, then the rows that it deletes.
create or replace function remove_attendees(p_session_id text, p_personnel_ids text[])
returns table (removed integer, attendee_count integer)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform lock_open_session(p_session_id);
    delete from session_attendees as a
    where a.session_id = p_session_id and a.personnel_id = any(p_personnel_ids);
    get diagnostics removed = row_count;
    attendee_count := (select count(*) from session_attendees as a where a.session_id = p_session_id);
    return next;
end
$function$;

comment on function remove_attendees(text, text[]) is
'Takes people off the class list of a session that is planned or scheduled; who is not on it is passed over.
p_session_id: the session; p_personnel_ids: who. Returns one row: removed, and attendee_count now. Raises nothing of its
own; PT404 session_not_found, PT409 session_deleted, PT409 session_closed.';

revoke all on function remove_attendees(text, text[]) from public;
grant execute on function remove_attendees(text, text[]) to sessionbook_app;
