-- security: the record named is one of this process that is open, so no other can be written.
create or replace function finish_tick(p_tick_id bigint)
returns void
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := pg_catalog.clock_timestamp();
begin
    update ticks as t
    set finished_at = v_now
    where t.id = p_tick_id and t.pid = pg_catalog.pg_backend_pid() and t.finished_at is null;
end
$function$;

comment on function finish_tick(bigint) is
'Closes the record of a run of the clock. p_tick_id: what start_tick() returned to this process. Returns nothing. Raises
nothing.';

revoke all on function finish_tick(bigint) from public;
grant execute on function finish_tick(bigint) to sessionbook_clock;
