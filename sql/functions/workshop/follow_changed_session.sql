-- requires: functions/follow_sessions
-- Deferred to the end of the transaction: runs are locked when no session lock will be asked for any more, so that
-- applications that update sessions one after the other cannot deadlock over the run these share.
-- Locks: the first call of a transaction takes all runs that will follow, in id order: calls come in the order of the
-- changes, and two transactions that changed the same runs in opposite order would deadlock. Then as follow_sessions().
create or replace function follow_changed_session()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_setting constant text := 'lifecycle.moved_runs_' || tg_relid;
    v_noted constant text := trim(coalesce(pg_catalog.current_setting(v_setting, true), ''));
begin
    if v_noted <> '' then
        perform
        from workshop_runs as r
        where r.id = any(string_to_array(v_noted, ' ')::uuid[])
        order by r.id
        for no key update;
        perform pg_catalog.set_config(v_setting, '', true);
    end if;
    perform follow_sessions(array[old.run_id, new.run_id]);
    return null;
end
$function$;

comment on function follow_changed_session() is
'Trigger function (after update, row, deferred, where something a run is made of changed): the run before and the run
after follow their sessions. No arguments. Returns null. Raises nothing of its own.';

revoke all on function follow_changed_session() from public;
grant execute on function follow_changed_session() to sessionbook_app;
