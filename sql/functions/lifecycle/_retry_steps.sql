-- requires: functions/_check_deferred, functions/_require_fresh_transaction, functions/_require_trusted
-- requires: functions/_try_step, functions/now
-- Locks: rows of failed_steps, the oldest failure first, passing over those that a tick tries; after each, the row that
-- moves, waiting for its holder no longer than the caller's lock_timeout, and then as the unit's apply_step().
create or replace function _retry_steps(p_schema_name text, p_step text, p_id bigint)
returns table (id bigint, step text, subject_id text, is_done boolean)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_is_free boolean;
    v_result text;
    v_lost integer := 0;
begin
    perform _require_fresh_transaction();
    perform _require_trusted(p_schema_name);
    if pg_catalog.pg_current_xact_id_if_assigned() is not null then
        -- The owner's own pending failure is the owner's, not a row's.
        perform _check_deferred(p_schema_name);
    end if;
    for id, step, subject_id in
        execute format(
            'select f.id, f.step, f.subject_id from %I.failed_steps as f'
            ' where ($1 is null or f.step = $1) and ($2 is null or f.id = $2) order by f.first_failed_at, f.id limit 10000',
            p_schema_name
        ) using p_step, p_id
    loop
        execute format(
            'with retried as (select f.id from %1$I.failed_steps as f where f.id = $1 for no key update skip locked),'
            ' reset as (update %1$I.failed_steps as f set attempts = 0, next_attempt_at = $2'
            ' from retried as r where r.id = f.id returning f.id)'
            ' select exists (select from reset)',
            p_schema_name
        ) into v_is_free using id, v_now;
        v_result := case when v_is_free then _try_step(p_schema_name, step, subject_id, v_now) else 'held' end;
        is_done := v_result in ('moved', 'not due');
        return next;
        -- The one who holds these may hold all the others.
        v_lost := v_lost + (v_result = 'lost')::integer;
        exit when v_lost = 20;
    end loop;
end
$function$;

comment on function _retry_steps(text, text, bigint) is
'Tries failed steps again at once, their attempts counted from the start, at most 10000; it ends after 20 lost races
for a lock. p_schema_name: schema of the installation; p_step: only this step (null: all); p_id: only this key of
failed_steps (null: all). Returns id, step, subject_id of each that it tried, and is_done: true only if something moved
or nothing is due any more. Raises PT409 transaction_has_written, PT409 schema_not_ours, and what is no fault of a
row.';

revoke all on function _retry_steps(text, text, bigint) from public;
