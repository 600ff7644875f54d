-- requires: functions/lifecycle.is_fault_of_row, functions/lifecycle.setting_integer
-- Locks: the item, passed over when somebody holds it; its row in failed_steps. The item is locked outside the part
-- that is rolled back, so that of two ticks only one counts the failure.
create or replace function try_step(p_step text, p_item_id text, p_now timestamptz)
returns text
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_cause constant text := coalesce(pg_catalog.current_setting('lifecycle.cause', true), '');
    v_today constant date := (p_now at time zone 'UTC')::date;
    v_tries integer;
    v_next_try_at timestamptz;
begin
    perform
    from compliance_items as i
    where i.id = p_item_id
        and i.status = 'COMPLIANT'
        and i.expiry_date < v_today
    for no key update skip locked;
    if not found then
        return 'passed over';
    end if;
    begin
        perform pg_catalog.set_config('lifecycle.cause', 'clock', true);
        update compliance_items as i
        set status = 'NON_COMPLIANT'
        where i.id = p_item_id;
        -- What was deferred to the commit is checked now, while the failure is still this row's alone.
        set constraints all immediate;
        perform pg_catalog.set_config('lifecycle.cause', v_cause, true);
    exception
        when others then
            if not lifecycle.is_fault_of_row(sqlstate) then
                raise;
            end if;
            v_tries := coalesce(
                (select f.tries from failed_steps as f where f.step = p_step and f.subject_id = p_item_id), 0
            ) + 1;
            -- After 1, 4, 16 and 64 minutes; lost races for locks are no reason to give up.
            if v_tries < lifecycle.setting_integer('max_tries') or left(sqlstate, 2) in ('40', '55') then
                v_next_try_at := p_now + least(4.0 ^ (v_tries - 1), 1440) * interval '1 minute';
            end if;
            insert into failed_steps as f (
                step, subject_id, sqlstate, message, tries, first_failed_at, failed_at, next_try_at
            )
            values (p_step, p_item_id, sqlstate, sqlerrm, v_tries, p_now, p_now, v_next_try_at)
            on conflict (step, subject_id) do update
            set sqlstate = excluded.sqlstate,
                message = excluded.message,
                tries = excluded.tries,
                failed_at = excluded.failed_at,
                next_try_at = excluded.next_try_at;
            return 'failed';
    end;
    delete from failed_steps as f where f.step = p_step and f.subject_id = p_item_id;
    return 'moved';
end
$function$;

comment on function try_step(text, text, timestamptz) is
'Takes one step of the clock for one compliance item, and records a failure instead of raising it. p_step:
lapse_compliance; p_item_id: key of the item; p_now: time to judge by. Returns moved, failed (failed_steps has the reason
and the time of the next try, growing from 1 minute to 64, none after max_tries), or passed over (not due, or held by
somebody). Raises nothing of its own.';

revoke all on function try_step(text, text, timestamptz) from public;
grant execute on function try_step(text, text, timestamptz) to sessionbook_app;
