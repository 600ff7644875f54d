-- requires: functions/follow_sessions
-- Deferred to the end of the transaction: runs are locked when no session lock will be asked for any more, so that
-- applications that update sessions one after the other cannot deadlock over the run these share.
-- Locks: as follow_sessions().
create or replace function follow_changed_session()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform follow_sessions(array[old.run_id, new.run_id]);
    return null;
end
$function$;

comment on function follow_changed_session() is
'Trigger function (after update, row, deferred, where something a run is made of changed): the run before and the run
after follow their sessions. No arguments. Returns null. Raises nothing of its own.';

revoke all on function follow_changed_session() from public;
grant execute on function follow_changed_session() to sessionbook_app;
