-- requires: functions/_pass, functions/_require_fresh_transaction, functions/_require_trusted, functions/now
-- security: each unit's functions call it as the owner. The caller names rows of failed_steps and nothing else, and a
-- step moves only what is due by lifecycle.now().
-- Locks: rows of failed_steps, passing over those that somebody tries already; then as _pass(). It waits for nobody
-- longer than a tenth of a second.
create or replace function retry_failed_steps(p_schema_name text, p_step text default null, p_id bigint default null)
returns table (id bigint, step text, subject_id text, is_done boolean)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set lock_timeout = '100ms'
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_ids bigint[];
    v_steps text[];
    v_subject_ids text[];
    v_free bigint[];
begin
    perform _require_fresh_transaction();
    perform _require_trusted(p_schema_name);
    execute format(
        'with asked as (select o.id, o.step, o.subject_id from %1$I.failed_steps as o'
        ' where o.step = coalesce($1, o.step) and o.id = coalesce($2, o.id)'
        ' order by o.first_failed_at, o.id limit 10000),'
        ' free as (select f.id from %1$I.failed_steps as f where f.id in (select a.id from asked as a)'
        ' for no key update skip locked),'
        ' reset as (update %1$I.failed_steps as f set attempts = 0, next_attempt_at = $3 from free as r'
        ' where r.id = f.id)'
        ' select array_agg(a.id), array_agg(a.step), array_agg(a.subject_id), array(select r.id from free as r)'
        ' from asked as a',
        p_schema_name
    ) into v_ids, v_steps, v_subject_ids, v_free using p_step, p_id, v_now;
    if v_ids is null and p_id is not null then
        raise exception using
            errcode = 'PT404',
            constraint = 'failed_step_not_found',
            message = format('there is no failed step %s', p_id),
            detail = e'key: failed_step_not_found\n'
                || 'A step that succeeded, or is no longer due, is not in failed_steps any more.',
            hint = format('See %I.failed_steps.', p_schema_name);
    end if;
    perform _pass(p_schema_name, v_now, null, v_free);
    return query execute format(
        'select u.id, u.step, u.subject_id, not exists (select from %I.failed_steps as f where f.id = u.id)'
        ' from unnest($1, $2, $3) as u (id, step, subject_id)',
        p_schema_name
    ) using v_ids, v_steps, v_subject_ids;
end
$function$;

comment on function retry_failed_steps(text, text, bigint) is
'Tries failed steps again at once, also those that were given up, at most 10000, the oldest first; their attempts count
from the start again. After 20 of a step that somebody held the rest is left to the clock. p_schema_name: schema of the
installation; p_step: only this step; p_id: only this key (default all). Returns id, step, subject_id of each, and
is_done: true only if nothing is due any more, and its row is gone then. Raises PT404 failed_step_not_found (of p_id),
PT409 transaction_has_written, PT409 schema_not_ours, and what is no fault of a row.';

revoke all on function retry_failed_steps(text, text, bigint) from public;
