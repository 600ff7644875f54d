-- A row that was moved, cancelled or deleted meanwhile is no longer due, so nothing is left to try.
-- Locks: rows of failed_steps, passing over those that somebody tries again just now.
create or replace function _prune_failed_steps(p_schema_name text, p_now timestamptz)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_is_any boolean;
begin
    execute format('select exists (select from %I.failed_steps as f)', p_schema_name) into v_is_any;
    if v_is_any and pg_catalog.to_regprocedure(format('%I.due_steps(timestamptz)', p_schema_name)) is not null then
        execute format(
            'delete from %1$I.failed_steps as f where f.id in ('
            'select o.id from %1$I.failed_steps as o where not exists ('
            'select from %1$I.due_steps($1) as d where d.step = o.step and d.subject_id = o.subject_id)'
            ' for no key update skip locked)',
            p_schema_name
        ) using p_now;
    end if;
end
$function$;

comment on function _prune_failed_steps(text, timestamptz) is
'Deletes rows of failed_steps that are no longer due, if the installation has due_steps(). p_schema_name: schema of the
installation; p_now: time to judge by. Returns nothing. Raises nothing of its own.';

revoke all on function _prune_failed_steps(text, timestamptz) from public;
