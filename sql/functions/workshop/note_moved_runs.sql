-- follow_changed_session() fires once a session, in the order of the changes, and has to lock all runs of the
-- transaction in id order before it follows the first: so the runs are written down as their sessions change. In a
-- setting of the transaction, because what a savepoint takes back is taken back there too; one a table, because another
-- copy of the unit may be written in the same transaction.
-- Locks: none.
create or replace function note_moved_runs()
returns trigger
language plpgsql
volatile
security invoker
parallel unsafe
as $function$
declare
    v_setting constant text := 'lifecycle.moved_runs_' || tg_relid;
    v_noted text := coalesce(current_setting(v_setting, true), '');
begin
    if old.run_id is not null and strpos(v_noted, old.run_id::text) = 0 then
        v_noted := concat(v_noted, old.run_id, ' ');
    end if;
    if new.run_id is not null and strpos(v_noted, new.run_id::text) = 0 then
        v_noted := concat(v_noted, new.run_id, ' ');
    end if;
    perform set_config(v_setting, v_noted, true);
    return null;
end
$function$;

comment on function note_moved_runs() is
'Trigger function (after update, row, where something a run is made of changed): writes down the run before and the run
after for follow_changed_session(), in the transaction-local setting lifecycle.moved_runs_ and the table''s oid. No
arguments. Returns null. Raises nothing.';

revoke all on function note_moved_runs() from public;
grant execute on function note_moved_runs() to sessionbook_app;
