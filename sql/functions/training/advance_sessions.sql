-- requires: functions/try_step, functions/lifecycle.is_fault_of_row
-- Time completes no training session, attendance does; what time does is to let compliance lapse.
-- Locks: items that are due, oldest first, passing over those that somebody holds (the next tick finds them), so it
-- waits for nobody. Rows of failed_steps come last.
create or replace function advance_sessions(p_now timestamptz, p_limit integer)
returns table (step text, moved bigint, failed bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_cause constant text := coalesce(pg_catalog.current_setting('lifecycle.cause', true), '');
    v_today constant date := (p_now at time zone 'UTC')::date;
    v_item_id text;
    v_lapsed bigint;
    v_result text;
begin
    step := 'lapse_compliance';
    moved := 0;
    failed := 0;
    perform pg_catalog.set_config('lifecycle.cause', 'clock', true);
    if exists (select from failed_steps as f) then
        -- Renewed meanwhile, or gone: nothing is left to try.
        delete from failed_steps as f
        where not exists (
            select
            from compliance_items as i
            where i.id = f.subject_id
                and i.status = 'COMPLIANT'
                and i.expiry_date < v_today
        );
        for v_item_id in
            select f.subject_id
            from failed_steps as f
            where f.next_try_at <= p_now
            order by f.next_try_at, f.id
            limit p_limit
        loop
            v_result := try_step(step, v_item_id, p_now);
            moved := moved + (v_result = 'moved')::integer;
            failed := failed + (v_result = 'failed')::integer;
        end loop;
    end if;
    begin
        with due as (
            select i.id
            from compliance_items as i
            where i.status = 'COMPLIANT'
                and i.expiry_date < v_today
                and not exists (
                    select
                    from failed_steps as f
                    where f.step = 'lapse_compliance' and f.subject_id = i.id
                )
            order by i.expiry_date, i.id
            limit p_limit
            for no key update of i skip locked
        )

        update compliance_items as i
        set status = 'NON_COMPLIANT'
        from due as d
        where d.id = i.id;
        get diagnostics v_lapsed = row_count;
        -- What was deferred to the commit is checked now, while a failure can still be told from the rest.
        set constraints all immediate;
        moved := moved + v_lapsed;
    exception
        -- Some row was refused: one by one the sound ones move, and what is not sound is recorded.
        when others then
            if not lifecycle.is_fault_of_row(sqlstate) then
                raise;
            end if;
            for v_item_id in
                select i.id
                from compliance_items as i
                where i.status = 'COMPLIANT'
                    and i.expiry_date < v_today
                    and not exists (
                        select
                        from failed_steps as f
                        where f.step = 'lapse_compliance' and f.subject_id = i.id
                    )
                order by i.expiry_date, i.id
                limit p_limit
            loop
                v_result := try_step(step, v_item_id, p_now);
                moved := moved + (v_result = 'moved')::integer;
                failed := failed + (v_result = 'failed')::integer;
            end loop;
    end;
    perform pg_catalog.set_config('lifecycle.cause', v_cause, true);
    return next;
end
$function$;

comment on function advance_sessions(timestamptz, integer) is
'Lets compliance lapse: COMPLIANT items whose expiry date has passed, by UTC, become NON_COMPLIANT. Sessions are not
moved by time. p_now: time to judge by; p_limit: most rows moved (and as many again of those that failed before and are
due for another try). A row that is refused is recorded in failed_steps and left out until its next try. Returns step,
moved, failed. Calling it again moves nothing. Deferred constraints are immediate for the rest of the transaction.
Raises nothing of its own.';

revoke all on function advance_sessions(timestamptz, integer) from public;
