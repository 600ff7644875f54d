-- requires: functions/_apply_step, functions/_is_fault_of_row, functions/setting_integer
-- Locks: as the unit's apply_step(); the row of failed_steps comes last.
create or replace function _try_step(p_schema_name text, p_step text, p_id text, p_now timestamptz)
returns text
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_moved bigint;
    v_is_due boolean := false;
begin
    begin
        v_moved := _apply_step(p_schema_name, p_step, array[p_id], p_now);
    exception
        when others then
            if not _is_fault_of_row(sqlstate) then
                raise;
            end if;
            -- Next tries after 1, 4, 16 and 64 minutes; a lost race for a lock (40, 55) never counts.
            execute format(
                'insert into %I.failed_steps as f'
                ' (step, subject_id, sqlstate, message, attempts, first_failed_at, failed_at, next_attempt_at)'
                ' values ($1, $2, $3, $4, $5, $6, $6, case when $5 < $7 then $6 + interval ''1 minute'' end)'
                ' on conflict (step, subject_id) do update'
                ' set sqlstate = excluded.sqlstate, message = excluded.message, attempts = f.attempts + $5,'
                ' failed_at = $6, next_attempt_at = case when f.attempts + $5 < $7'
                ' then $6 + least(4.0 ^ greatest(f.attempts + $5 - 1, 0), 1440) * interval ''1 minute'' end',
                p_schema_name
            )
            using
                p_step, p_id, sqlstate, left(sqlerrm, 1000), (left(sqlstate, 2) not in ('40', '55'))::integer,
                p_now, setting_integer('max_attempts');
            return case when left(sqlstate, 2) in ('40', '55') then 'lost' else 'failed' end;
    end;
    if v_moved = 0 and pg_catalog.to_regprocedure(format('%I.due_steps(timestamptz)', p_schema_name)) is not null then
        execute format(
            'select exists (select from %I.due_steps($1) as d where d.step = $2 and d.subject_id = $3)', p_schema_name
        ) into v_is_due using p_now, p_step, p_id;
    end if;
    if v_is_due then
        execute format(
            'update %I.failed_steps as f set next_attempt_at = $1 + interval ''1 minute'''
            ' where f.step = $2 and f.subject_id = $3 and f.next_attempt_at <= $1',
            p_schema_name
        ) using p_now, p_step, p_id;
        return 'held';
    end if;
    execute format('delete from %I.failed_steps as f where f.step = $1 and f.subject_id = $2', p_schema_name)
    using p_step, p_id;
    return case when v_moved > 0 then 'moved' else 'not due' end;
end
$function$;

comment on function _try_step(text, text, text, timestamptz) is
'Takes a step of the clock for one row, and records a failure in failed_steps instead of raising it. p_schema_name:
schema of the installation; p_step: one of its steps(); p_id: key of the row; p_now: time to judge by. Returns moved;
not due; held (somebody holds what it needs); lost (a lost race for a lock, tried again after a minute); failed (tried
again after 1, 4, 16 and 64 minutes, given up after max_attempts). Raises what is no fault of the row.';

revoke all on function _try_step(text, text, text, timestamptz) from public;
