-- Locks: the items. due_rows() has locked those of a batch already; a retry names one, and waits for it alone.
create or replace function apply_step(p_step text, p_ids text[], p_now timestamptz)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_today constant date := (p_now at time zone 'UTC')::date;
    v_moved bigint;
begin
    update compliance_items as i
    set status = 'NON_COMPLIANT'
    where p_step = 'lapse_compliance'
        and i.id = any(p_ids)
        and i.status = 'COMPLIANT'
        and i.expiry_date < v_today;
    get diagnostics v_moved = row_count;
    return v_moved;
end
$function$;

comment on function apply_step(text, text[], timestamptz) is
'Does a step of the clock, if it is due: lapse_compliance makes COMPLIANT items whose expiry date has passed, by UTC,
NON_COMPLIANT. p_step: one of steps(); p_ids: keys of the rows; p_now: time to judge by. Returns how many moved. Raises
only what the application''s own constraints and triggers raise.';

revoke all on function apply_step(text, text[], timestamptz) from public;
