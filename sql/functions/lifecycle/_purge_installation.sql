-- requires: functions/_require_trusted
-- Locks: the rows it deletes.
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
    if pg_catalog.to_regprocedure(format('%I._purge_history(timestamptz, integer)', p_schema_name)) is not null then
        execute format('select %I._purge_history($1, $2)', p_schema_name) into v_more using p_before, p_limit;
    end if;
    v_deleted := v_deleted + coalesce(v_more, 0);
    if pg_catalog.to_regprocedure(format('%I._erase_old(integer)', p_schema_name)) is not null then
        execute format('select %I._erase_old($1)', p_schema_name) into v_more using p_limit;
        v_deleted := v_deleted + coalesce(v_more, 0);
    end if;
    return v_deleted;
end
$function$;

comment on function _purge_installation(text, timestamptz, integer) is
'Deletes the oldest status changes and broken rules of an installation and what its own _purge_history() deletes, and
erases what its _erase_old() erases. p_schema_name: schema of the installation; p_before: older than this (null: none);
p_limit: most rows of each kind. Returns how many rows were deleted or erased; 0: nothing is left to do. Raises PT409
schema_not_ours.';

revoke all on function _purge_installation(text, timestamptz, integer) from public;
