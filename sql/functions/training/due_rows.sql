-- Locks: the items that it returns, oldest first. It skips locked ones, so it never waits.
create or replace function due_rows(p_step text, p_now timestamptz, p_limit integer)
returns text[]
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_today constant date := (p_now at time zone 'UTC')::date;
    v_postponed constant text[] := array(
        select f.subject_id from failed_steps as f where f.step = p_step and coalesce(f.next_attempt_at > p_now, true)
    );
begin
    return array(
        select i.id
        from compliance_items as i
        where p_step = 'lapse_compliance'
            and i.status = 'COMPLIANT'
            and i.expiry_date < v_today
            and i.id <> all(v_postponed)
        order by i.expiry_date, i.id
        limit p_limit
        for no key update of i skip locked
    );
end
$function$;

comment on function due_rows(text, timestamptz, integer) is
'Finds and locks the rows that a step of the clock is due for. p_step: one of steps(); p_now: time to judge by; p_limit:
most rows. Returns keys, oldest first, without locked rows and without rows that were given up or whose next attempt is
later. Raises nothing.';

revoke all on function due_rows(text, timestamptz, integer) from public;
