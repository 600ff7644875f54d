-- requires: functions/follow_sessions
-- Once a statement, not a row: a run of a year is inserted with one statement and followed once.
-- Locks: as follow_sessions().
create or replace function follow_listed_sessions()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform follow_sessions(array(select distinct l.run_id from listed as l where l.run_id is not null));
    return null;
end
$function$;

comment on function follow_listed_sessions() is
'Trigger function (after insert or delete, statement, with transition table listed): runs that gained or lost sessions
follow them. No arguments. Returns null. Raises nothing of its own.';

revoke all on function follow_listed_sessions() from public;
grant execute on function follow_listed_sessions() to sessionbook_app;
