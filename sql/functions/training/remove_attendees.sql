-- requires: functions/_lock_open_session, functions/_refuse_too_many
-- security: the application writes no table; it names a session and people on its list.
-- Locks: the session, then the rows that it deletes: nobody locks these without the session, or before it.
create or replace function remove_attendees(p_session_id text, p_personnel_ids text[])
returns table (removed integer, attendee_count integer)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    perform _refuse_too_many('p_personnel_ids', cardinality(p_personnel_ids));
    perform _lock_open_session(p_session_id);
    delete from session_attendees as a
    where a.session_id = p_session_id and a.personnel_id = any(p_personnel_ids);
    get diagnostics removed = row_count;
    attendee_count := (select count(*) from session_attendees as a where a.session_id = p_session_id);
    return next;
end
$function$;

comment on function remove_attendees(text, text[]) is
'Removes people from the class list of a session that is planned or scheduled. People who are not on it are ignored.
p_session_id: the session; p_personnel_ids: who, at most 1000. Returns one row: removed, and attendee_count now. Raises
PT400 too_many, PT404 session_not_found, PT409 session_deleted, PT409 session_closed.';

revoke all on function remove_attendees(text, text[]) from public;
grant execute on function remove_attendees(text, text[]) to sessionbook_app;
