-- Anybody may set clock_xact, as _pass() does: it only says whether to ask the sequence, which has a value only in
-- sessions in which its owner gave it one.
-- No search_path of its own: PostgreSQL inlines it, on the path of every seat.
create or replace function _is_clock(p_depth integer)
returns boolean
language sql
volatile
security invoker
parallel unsafe
begin atomic
    select case
        when pg_catalog.current_setting('lifecycle.clock_xact', true)
            = pg_catalog.pg_current_xact_id_if_assigned()::text
            then pg_catalog.currval('lifecycle.clock_mark')
            = pg_catalog.current_setting('lifecycle.clock_xact')::bigint * 10000 + p_depth
        else false
    end;
end;

comment on function _is_clock(integer) is
'Whether the engine of steps makes a move. p_depth: depth of triggers outside of the statement that makes it. Returns
boolean. Raises nothing for those who leave the setting lifecycle.clock_xact alone.';

revoke all on function _is_clock(integer) from public;
