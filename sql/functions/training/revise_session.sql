-- requires: functions/lifecycle.now
-- security: nobody but the owner counts; only the key of the row goes into it.
-- Locks: the session's own row of session_revisions, after the session, which its caller has.
create or replace function revise_session()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    insert into session_revisions as r (session_id, sequence, revised_at)
    values (new.id, 1, lifecycle.now())
    on conflict (session_id) do update
    set sequence = r.sequence + 1, revised_at = excluded.revised_at;
    return null;
end
$function$;

comment on function revise_session() is
'Trigger function (after update, row, if calendars are to notice): counts in session_revisions. No arguments. Returns
null. Raises nothing.';

revoke all on function revise_session() from public;
