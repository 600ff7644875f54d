-- What moved, was cancelled or deleted meanwhile is no longer due, and what became due after it failed is a step of its
-- own. A unit without due_steps() cannot be asked: there what was to be tried has been, or it would have failed again.
-- Locks: the rows of failed_steps that go, passing over those that somebody holds.
create or replace function _forget_steps(p_schema_name text, p_now timestamptz)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_has_failed boolean;
begin
    execute format('select exists (select from %I.failed_steps as f)', p_schema_name) into v_has_failed;
    if not v_has_failed then
        return;
    elsif pg_catalog.to_regprocedure(format('%I.due_steps(timestamptz)', p_schema_name)) is null then
        execute format('delete from %I.failed_steps as f where f.next_attempt_at <= $1', p_schema_name) using p_now;
    else
        execute format(
            'delete from %1$I.failed_steps as f where f.id in (select o.id from %1$I.failed_steps as o where not exists ('
            'select from %1$I.due_steps($1) as d where d.step = o.step and d.subject_id = o.subject_id'
            ' and (d.due_at <= o.failed_at or d.due_at > $1)) for no key update skip locked)',
            p_schema_name
        ) using p_now;
    end if;
end
$function$;

comment on function _forget_steps(text, timestamptz) is
'Deletes failed steps that are no longer due. p_schema_name: schema of the installation; p_now: time to judge by.
Returns nothing. Raises nothing of its own.';

revoke all on function _forget_steps(text, timestamptz) from public;
