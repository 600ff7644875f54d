-- What stays after a rollback, also to a savepoint, is of no use: the mark is taken away after every failure.
-- Locks: none that anybody waits for.
create or replace function _mark_clock(p_is_clock boolean)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_xact constant text := pg_catalog.pg_current_xact_id();
begin
    perform
        pg_catalog.set_config('lifecycle.clock_xact', case when p_is_clock then v_xact else '' end, true),
        pg_catalog.setval(
            'clock_mark',
            case when p_is_clock then v_xact::bigint * 10000 + pg_catalog.pg_trigger_depth() else 1 end
        );
end
$function$;

comment on function _mark_clock(boolean) is
'Marks what this transaction does from here on as the clock''s, or as a person''s again. p_is_clock: which of the two.
Returns nothing. Raises nothing.';

revoke all on function _mark_clock(boolean) from public;
