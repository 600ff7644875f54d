-- requires: functions/_check_deferred, functions/_pass, functions/_require_fresh_transaction
-- requires: functions/_require_trusted, functions/now
-- security: each unit's functions call it as the owner. The caller names rows of failed_steps and nothing else, and a
-- step moves only what is due by lifecycle.now().
-- Locks: rows of failed_steps, skipping those that are being tried; then as _pass(). It waits 0.1 s at most.
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
    v_left bigint[];
begin
    perform _require_fresh_transaction();
    perform _require_trusted(p_schema_name);
    perform _check_deferred(p_schema_name);
    execute format(
        'with asked as (select o.id, o.step, o.subject_id from %1$I.failed_steps as o where coalesce(o.step = $1, true)'
        ' and coalesce(o.id = $2, true) order by o.first_failed_at, o.id limit 10000),'
        ' reset as (update %1$I.failed_steps as f set attempts = 0, next_attempt_at = $3 where f.id in (select r.id'
        ' from %1$I.failed_steps as r inner join asked as a on r.id = a.id for no key update of r skip locked))'
        ' select array_agg(a.id), array_agg(a.step), array_agg(a.subject_id) from asked as a',
        p_schema_name
    ) into v_ids, v_steps, v_subject_ids using p_step, p_id, v_now;
    if v_ids is null and p_id is not null then
        raise exception using
            errcode = 'PT404',
            constraint = 'failed_step_not_found',
            message = format('there is no failed step %s', p_id),
            detail = e'key: failed_step_not_found\n'
                || 'The row of a step is deleted once it succeeds or is no longer due.',
            hint = format('See %I.failed_steps.', p_schema_name);
    end if;
    perform _pass(p_schema_name, v_now, null, null, coalesce(v_ids, '{}'));
    execute format('select array(select f.id from %I.failed_steps as f where f.id = any($1))', p_schema_name)
    into v_left using v_ids;
    return query
    select u.id, u.step, u.subject_id, u.id <> all(v_left)
    from unnest(v_ids, v_steps, v_subject_ids) as u (id, step, subject_id);
end
$function$;

comment on function retry_failed_steps(text, text, bigint) is
'Repeats failed steps at once, even those that were given up, at most 10000, the oldest first; their attempts are
counted from zero again. After 20 locked rows of a step the rest is left to the clock. p_schema_name: schema of the
installation; p_step: only this step; p_id: only this key (default all). Returns id, step, subject_id of each, and
is_done: true only if nothing is due any more; its row is gone then. Raises PT404 failed_step_not_found (no p_id), PT409
transaction_has_written, PT409 schema_not_ours, and errors that are not the fault of one row.';

revoke all on function retry_failed_steps(text, text, bigint) from public;
