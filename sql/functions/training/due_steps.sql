-- No search_path of its own: inlined, so that who asks for some of it reads no more than that.
create or replace function due_steps(p_now timestamptz)
returns table (step text, subject_id text, due_at timestamptz, locked_by xid)
language sql
stable
security invoker
parallel safe
begin atomic
    -- An item holds to the end of its day in UTC.
    select
        'lapse_compliance'::text as step,
        i.id as subject_id,
        (i.expiry_date::date + 1)::timestamp at time zone 'UTC' as due_at,
        i.xmax as locked_by
    from compliance_items as i
    where i.status = 'COMPLIANT' and i.expiry_date < (p_now at time zone 'UTC')::date; -- noqa: RF03
end;

comment on function due_steps(timestamptz) is
'What is due and the clock has not done yet, including locked rows and steps that were given up. p_now: time to judge
by. Returns a row for each step of each subject: step, as in steps(); subject_id, key of the compliance item; due_at,
since when; locked_by, the transaction that holds the row or held it last (0: none). Raises nothing.';

revoke all on function due_steps(timestamptz) from public;
