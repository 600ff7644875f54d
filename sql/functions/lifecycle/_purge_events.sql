-- requires: functions/_number_events, functions/_require_trusted
-- Events that nobody reads get their position here, so that they expire like the rest.
-- Locks: the row of event_counter, skipped if a reader has it; the rows it deletes.
create or replace function _purge_events(p_schema_name text, p_before timestamptz, p_limit integer)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_done bigint;
begin
    if pg_catalog.to_regclass(format('%I.pending_events', p_schema_name)) is null then
        return 0;
    end if;
    perform _require_trusted(p_schema_name);
    v_done := _number_events(p_schema_name, p_limit);
    execute format(
        'with gone as (delete from %1$I.events as e where e.position in ('
        ' select o.position from %1$I.events as o where o.occurred_at < $1 order by o.occurred_at limit $2)'
        ' returning 1) select $3 + count(*) from gone',
        p_schema_name
    ) into v_done using p_before, p_limit, v_done;
    return v_done;
end
$function$;

comment on function _purge_events(text, timestamptz, integer) is
'Numbers events of an installation that nobody has read, and deletes the oldest. p_schema_name: schema of the
installation; p_before: older than this (null: none); p_limit: most rows of each. Returns how many were numbered and
deleted; 0: nothing is left to do. Raises PT409 schema_not_ours.';

revoke all on function _purge_events(text, timestamptz, integer) from public;
