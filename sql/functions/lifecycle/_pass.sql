-- requires: functions/_check_deferred, functions/_require_trusted, functions/setting_integer
-- What a try leaves for the end of the transaction is checked at once, while a failure can be told from others. Until
-- then the transaction is marked as the clock's, for triggers to tell. No rollback removes that mark.
-- Locks: step by step, as due_rows() and apply_step(); rows of failed_steps, skipping locked ones.
create or replace function _pass(
    p_schema_name text, p_now timestamptz, p_limit integer, p_steps text[], p_failed_ids bigint[]
)
returns table (step text, moved bigint, failed bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_due_steps constant oid := pg_catalog.to_regprocedure(format('%I.due_steps(timestamptz)', p_schema_name));
    v_xact constant text := pg_catalog.pg_current_xact_id();
    v_ids text[];
    v_moved bigint;
    v_add integer;
    v_lost integer;
    v_has_failed boolean;
begin
    perform _require_trusted(p_schema_name);
    -- null: before the first step and after the last. What is no longer due is forgotten; what became due after it
    -- failed is a step of its own. A unit without due_steps() cannot be asked: at the end what had to be tried was.
    for step in
        execute format(
            'select u.step from unnest($1 || %I.steps() || array[null::text]) as u (step)'
            ' where $2 is null or u.step = any($2)',
            p_schema_name
        ) using case when v_due_steps is null then '{}' else array[null::text] end, p_steps
    loop
        if step is null then
            execute format('select exists (select from %I.failed_steps)', p_schema_name) into v_has_failed;
            if v_has_failed and v_due_steps is null then
                execute format('delete from %I.failed_steps as f where f.next_attempt_at <= $1', p_schema_name)
                using p_now;
            elsif v_has_failed then
                execute format(
                    'delete from %1$I.failed_steps as f where f.id in (select o.id from %1$I.failed_steps as o'
                    ' where not exists (select from %1$I.due_steps($1) as d where d.step = o.step'
                    ' and d.subject_id = o.subject_id and (d.due_at <= o.failed_at or d.due_at > $1))'
                    ' for no key update skip locked)',
                    p_schema_name
                ) using p_now;
            end if;
            continue;
        end if;
        moved := 0;
        failed := 0;
        perform pg_catalog.set_config('lock_timeout', case when p_failed_ids is null then '2s' else '100ms' end, true);
        execute format(
            'select case when $4 is null then %1$I.due_rows($1, $2, $3) else array('
            'select f.subject_id from %1$I.failed_steps as f where f.step = $1 and f.id = any($4)) end',
            p_schema_name
        ) into v_ids using step, p_now, p_limit, p_failed_ids;
        -- Rows that failed before are tried separately, so that the others can move all at once.
        for v_ids in
            execute format(
                'select array(select u.id from unnest($2) as u (id) where u.id <> all(array('
                'select f.subject_id from %1$I.failed_steps as f where f.step = $1 and f.subject_id = any($2))))'
                ' union all select array(select f.subject_id from %1$I.failed_steps as f'
                ' where f.step = $1 and f.subject_id = any($2) for no key update skip locked)',
                p_schema_name
            ) using step, v_ids
        loop
            v_lost := 0;
            -- 0 means all at once; one by one only if that fails.
            for i in (cardinality(v_ids) <= 1)::integer .. cardinality(v_ids) loop
                begin
                    perform pg_catalog.set_config('lifecycle.clock_xact', v_xact, true);
                    perform pg_catalog.setval('clock_mark', v_xact::bigint * 10000 + pg_catalog.pg_trigger_depth());
                    execute format('select %I.apply_step($1, $2, $3)', p_schema_name)
                    into v_moved using step, case i when 0 then v_ids else v_ids[i:i] end, p_now;
                    perform _check_deferred(p_schema_name);
                    perform pg_catalog.set_config('lifecycle.clock_xact', '', true), pg_catalog.setval('clock_mark', 1);
                    moved := moved + coalesce(v_moved, 0);
                    exit when i = 0;
                exception
                    when query_canceled or assert_failure or others then
                        perform pg_catalog.setval('clock_mark', 1);
                        -- Missing objects or rights, resources, a full stack, operator intervention, system errors,
                        -- other servers, an old snapshot: these affect every row, so they fail the pass.
                        if left(sqlstate, 2) in ('08', '25', '28', '3F', '42', '53', '57', '58', 'F0', 'HV', 'XX')
                            or sqlstate = '54001'
                            or sqlstate = '40001'
                            and pg_catalog.current_setting('transaction_isolation') not like 'read %'
                        then
                            raise;
                        elsif i = 0 then
                            -- One by one, the wait for a lock is short, because thousands of rows may have to wait.
                            perform pg_catalog.set_config('lock_timeout', '100ms', true);
                            continue;
                        end if;
                        -- Next tries after 1, 4, 16 and 64 minutes; a lock that was not free (40, 55) is no try.
                        v_add := (left(sqlstate, 2) not in ('40', '55'))::integer;
                        execute format(
                            'insert into %I.failed_steps as f (step, subject_id, sqlstate, message, attempts,'
                            ' first_failed_at, failed_at, next_attempt_at) values ($1, $2, $3, left($4, 1000), $5, $6,'
                            ' $6, case when $5 < $7 then $6 + interval ''1 minute'' end)'
                            ' on conflict (step, subject_id) do update'
                            ' set sqlstate = excluded.sqlstate, message = excluded.message, attempts = f.attempts + $5,'
                            ' failed_at = $6, next_attempt_at = case when f.attempts + $5 < $7 then $6'
                            ' + least(4.0 ^ greatest(f.attempts + $5 - 1, 0), 1440) * interval ''1 minute'' end',
                            p_schema_name
                        ) using step, v_ids[i], sqlstate, sqlerrm, v_add, p_now, setting_integer('max_attempts');
                        failed := failed + v_add;
                        v_lost := v_lost + 1 - v_add;
                        exit when v_lost = 20;
                end;
            end loop;
        end loop;
        return next;
    end loop;
end
$function$;

comment on function _pass(text, timestamptz, integer, text[], bigint[]) is
'Does an installation''s steps() for all that is due at once, or one by one if that fails. What fails then is recorded
in failed_steps and tried again after 1, 4, 16 and 64 minutes, up to max_attempts. After 20 rows that are locked the
step ends. p_schema_name: schema; p_now: time to judge by; p_limit: most rows a step; p_steps: only these;
p_failed_ids: only these failed steps (null: all due). Returns step, moved, failed of each. Raises errors of no row.';

revoke all on function _pass(text, timestamptz, integer, text[], bigint[]) from public;
