-- requires: functions/_number_events, functions/_require_fresh_transaction, functions/_require_trusted
-- requires: functions/setting_boolean
-- security: the clock's role may call it and give it nothing; tables and functions that it names belong to the owner.
-- Locks: event_counter of each installation, skipped if a reader has it.
create or replace function announce_events()
returns void
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_schema_name text;
begin
    if not setting_boolean('notify_events') then
        return;
    end if;
    perform _require_fresh_transaction();
    for v_schema_name in select c.schema_name from clocks as c where c.enabled order by c.schema_name loop
        continue when pg_catalog.to_regclass(format('%I.pending_events', v_schema_name)) is null;
        begin
            perform _require_trusted(v_schema_name);
            perform _number_events(v_schema_name);
        exception
            -- A failure of one installation never stops the others.
            when assert_failure or others then
                raise warning using
                    errcode = sqlstate,
                    message = format('Sessionbook: events of %s were not numbered: %s', v_schema_name, sqlerrm);
        end;
    end loop;
end
$function$;

comment on function announce_events() is
'Gives positions to new events of all installations, and notifies the channel sessionbook_events if the setting
notify_events is on. run_tick() calls it. No arguments. Returns nothing. Raises PT409 transaction_has_written.';

revoke all on function announce_events() from public;
grant execute on function announce_events() to sessionbook_clock;
