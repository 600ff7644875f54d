-- requires: functions/_number_events, functions/_require_trusted, functions/now, functions/setting_interval
-- What nobody reads gets its position here, so that it grows old like the rest.
-- Locks: the rows it deletes, the row of event_counter.
create or replace function _purge_installation(p_schema_name text, p_before timestamptz, p_limit integer)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_deleted bigint;
    v_more bigint := 0;
    v_events bigint := 0;
begin
    perform _require_trusted(p_schema_name);
    execute format(
        'with old as (select c.id from %1$I.status_changes as c where c.changed_at < $1 order by c.changed_at limit $2),'
        ' gone as (delete from %1$I.status_changes as c using old as o where o.id = c.id returning c.id)'
        ' select count(*) from gone',
        p_schema_name
    ) into v_deleted using p_before, p_limit;
    if pg_catalog.to_regclass(format('%I.broken_rules', p_schema_name)) is not null then
        execute format(
            'with old as (select b.id from %1$I.broken_rules as b where b.noted_at < $1 order by b.noted_at limit $2),'
            ' gone as (delete from %1$I.broken_rules as b using old as o where o.id = b.id returning b.id)'
            ' select count(*) from gone',
            p_schema_name
        ) into v_more using p_before, p_limit;
        v_deleted := v_deleted + v_more;
    end if;
    if pg_catalog.to_regclass(format('%I.pending_events', p_schema_name)) is not null then
        v_events := _number_events(p_schema_name, p_limit);
        execute format(
            'with gone as (delete from %1$I.events as e where e.position in ('
            ' select o.position from %1$I.events as o where o.occurred_at < $1 order by o.occurred_at limit $2)'
            ' returning 1) select $3 + count(*) from gone',
            p_schema_name
        ) into v_events using lifecycle.now() - setting_interval('keep_events'), p_limit, v_events;
    end if;
    if pg_catalog.to_regprocedure(format('%I._purge_history(timestamptz, integer)', p_schema_name)) is not null then
        execute format('select %I._purge_history($1, $2)', p_schema_name) into v_more using p_before, p_limit;
    end if;
    return v_deleted + coalesce(v_more, 0) + v_events;
end
$function$;

comment on function _purge_installation(text, timestamptz, integer) is
'Deletes the oldest status changes, broken rules and events of an installation, and what its _purge_history() deletes.
p_schema_name: schema of the installation; p_before: older than this (null: none; events go by the setting keep_events);
p_limit: at most so many rows of each kind. Returns how many were deleted or made ready for it; 0: nothing is left to
delete. Raises PT409 schema_not_ours.';

revoke all on function _purge_installation(text, timestamptz, integer) from public;
