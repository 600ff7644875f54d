-- security: the clock role writes no table. Nothing of the caller's runs here.
-- Locks: its new row of ticks, and older ones whose process is gone.
create or replace function start_tick()
returns bigint
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_tick_id bigint;
    v_open bigint[];
begin
    insert into ticks (pid)
    values (pg_catalog.pg_backend_pid())
    returning id into v_tick_id;
    -- Each run does this to those before it, so only the newest few can be open.
    v_open := array(
        select o.id
        from (
            select t.id, t.finished_at, t.error
            from ticks as t
            where t.id < v_tick_id
            order by t.id desc
            limit 3
        ) as o
        where o.finished_at is null and o.error is null
    );
    if v_open <> '{}' then
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
    return v_tick_id;
end
$function$;

comment on function start_tick() is
'Opens the record of a run of the clock, and closes those of runs that were cut off. No arguments. Returns the key of
lifecycle.ticks. Raises nothing.';

revoke all on function start_tick() from public;
grant execute on function start_tick() to sessionbook_clock;
