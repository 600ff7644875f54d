-- requires: functions/due_clocks
-- security: the clock role writes no table. Nothing of the caller's runs here.
-- Nearly every tick finds nothing to do, and pg_cron makes a new connection for it. So then its record is opened and
-- closed in one transaction.
-- Locks: its new row of ticks, and older ones whose process is gone.
create or replace function start_tick(out tick_id bigint, out schema_names text[])
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_open bigint[];
    v_finished_at timestamptz;
begin
    schema_names := due_clocks();
    if cardinality(schema_names) = 0
        and not (select s.value::boolean from settings as s where s.key = 'notify_events')
    then
        v_finished_at := pg_catalog.clock_timestamp();
    end if;
    insert into ticks (pid, finished_at)
    values (pg_catalog.pg_backend_pid(), v_finished_at)
    returning id into tick_id;
    -- Each run closes those before it, so only the newest can be open. A crash skips some ids.
    v_open := array(
        select t.id
        from ticks as t
        where t.id < tick_id and t.id > tick_id - 100 and t.finished_at is null and t.error is null
    );
    if cardinality(v_open) > 0 then
        update ticks as t
        set error = 'cut off: the server, its connection or a time-out ended this run'
        where t.id = any(v_open)
            and t.finished_at is null
            and t.error is null
            and (
                t.pid = pg_catalog.pg_backend_pid()
                or not exists (select from pg_catalog.pg_stat_get_activity(t.pid) as a)
            );
    end if;
    if v_finished_at is not null then
        tick_id := null;
    end if;
end
$function$;

comment on function start_tick() is
'Writes the record of a run of the clock, and closes the records of interrupted runs. No arguments. Returns
schema_names, the installations that may have something to do, and tick_id, the key of lifecycle.ticks: null if the
record is closed already, because there is nothing to do. Raises PT400 invalid_fake_now.';

revoke all on function start_tick() from public;
grant execute on function start_tick() to sessionbook_clock;
