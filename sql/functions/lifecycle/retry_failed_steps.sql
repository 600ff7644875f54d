-- requires: functions/_check_deferred, functions/_require_fresh_transaction, functions/_require_trusted
-- requires: functions/_retry_step, functions/now
-- security: as retry_failed_step().
-- Locks: as _retry_step(), one row after the other, the oldest failure first.
create or replace function retry_failed_steps(p_schema_name text, p_step text default null)
returns table (id bigint, step text, subject_id text, is_done boolean)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set lock_timeout = '100ms'
as $function$
declare
    v_result text;
    v_lost integer := 0;
begin
    perform _require_fresh_transaction();
    perform _require_trusted(p_schema_name);
    if pg_catalog.pg_current_xact_id_if_assigned() is not null then
        perform _check_deferred(p_schema_name);
    end if;
    for id, step, subject_id in
        execute format(
            'select f.id, f.step, f.subject_id from %I.failed_steps as f'
            ' where $1 is null or f.step = $1 order by f.first_failed_at, f.id limit 10000',
            p_schema_name
        ) using p_step
    loop
        v_result := _retry_step(p_schema_name, id, lifecycle.now());
        is_done := v_result in ('moved', 'not due');
        return next;
        -- Whoever holds these may hold all the others.
        v_lost := v_lost + (v_result = 'lost')::integer;
        exit when v_lost = 20;
    end loop;
end
$function$;

comment on function retry_failed_steps(text, text) is
'Tries failed steps again at once, also those that were given up, at most 10000, the oldest first; it waits for nobody
longer than a tenth of a second, and ends after 20 that somebody held. p_schema_name: schema of the installation;
p_step: only this step (default all). Returns id, step, subject_id of each that it tried, and is_done: true as in
retry_failed_step(). Raises PT409 transaction_has_written, PT409 schema_not_ours.';

revoke all on function retry_failed_steps(text, text) from public;
