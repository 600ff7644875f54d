-- requires: functions/_check_deferred, functions/_forget_steps, functions/_require_fresh_transaction
-- requires: functions/_require_trusted, functions/_take_step, functions/now
-- security: each unit's functions call it as the owner. The caller names rows of failed_steps and nothing else, and a
-- step moves only what is due by lifecycle.now().
-- Locks: rows of failed_steps, passing over those that somebody tries already; then, step by step, as the unit's
-- apply_step(). It waits for nobody longer than a tenth of a second.
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
    v_step text;
    v_free text[];
    v_left bigint[];
begin
    perform _require_fresh_transaction();
    perform _require_trusted(p_schema_name);
    -- The owner's own pending failure is the owner's, not a row's.
    perform _check_deferred(p_schema_name);
    execute format(
        'select array_agg(f.id), array_agg(f.step), array_agg(f.subject_id) from ('
        'select o.id, o.step, o.subject_id from %I.failed_steps as o where o.step = coalesce($1, o.step)'
        ' and o.id = coalesce($2, o.id) order by o.first_failed_at, o.id limit 10000) as f',
        p_schema_name
    ) into v_ids, v_steps, v_subject_ids using p_step, p_id;
    for v_step, v_free in
        execute format(
            'with free as (select f.id from %1$I.failed_steps as f where f.id = any($1)'
            ' order by f.id for no key update skip locked),'
            ' reset as (update %1$I.failed_steps as f set attempts = 0, next_attempt_at = $2 from free as r'
            ' where r.id = f.id returning f.step, f.subject_id)'
            ' select r.step, array_agg(r.subject_id) from reset as r group by r.step',
            p_schema_name
        ) using v_ids, v_now
    loop
        perform _take_step(p_schema_name, v_step, v_free, v_now);
    end loop;
    perform _forget_steps(p_schema_name, v_now);
    execute format('select array(select f.id from %I.failed_steps as f where f.id = any($1))', p_schema_name)
    into v_left using v_ids;
    return query
    select u.id, u.step, u.subject_id, u.id <> all(v_left)
    from unnest(v_ids, v_steps, v_subject_ids) as u (id, step, subject_id);
end
$function$;

comment on function retry_failed_steps(text, text, bigint) is
'Tries failed steps again at once, also those that were given up, at most 10000, the oldest first; their attempts count
from the start again. After 20 that somebody held the rest is left to the clock. p_schema_name: schema of the
installation; p_step: only this step; p_id: only this key (default all). Returns id, step, subject_id of each, and
is_done: true only if nothing is due any more, and its row is gone then. Raises PT409 transaction_has_written, PT409
schema_not_ours, and what is no fault of a row.';

revoke all on function retry_failed_steps(text, text, bigint) from public;
