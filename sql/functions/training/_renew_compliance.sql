-- Locks: the people by id, shared, because a new item takes their name. The caller has them already (_lock_people()),
-- from before it locked the session; those that it could not foresee are not waited for. Then their items for the
-- course in the same order.
create or replace function _renew_compliance(
    p_course_id text,
    p_end_time timestamptz,
    p_personnel_ids text[]
)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_months constant integer := (select c.validity_months from courses as c where c.id = p_course_id);
    -- Null: it never expires.
    v_expiry_date constant date := (p_end_time at time zone 'UTC')::date + make_interval(months => v_months);
begin
    if (
        select count(*)
        from (
            select
            from personnel as p
            where p.id = any(p_personnel_ids)
            order by p.id
            for share skip locked
        ) as l
    ) < cardinality(p_personnel_ids) then
        raise exception using
            errcode = '55P03',
            constraint = 'person_held',
            message = 'somebody is changing a person who attended',
            detail = e'key: person_held\n'
                || 'Compliance rows contain the person''s name; a call that has locked a session must not wait for it.',
            hint = 'Call again.';
    end if;
    insert into compliance_items as i (personnel_id, course_id, status, expiry_date)
    select w.id, p_course_id, 'COMPLIANT', v_expiry_date
    from unnest(p_personnel_ids) as w (id)
    order by w.id
    on conflict (personnel_id, course_id) do update
    set status = 'COMPLIANT',
        expiry_date = case
            when excluded.expiry_date is not null and (i.expiry_date is not null or i.status <> 'COMPLIANT')
                then greatest(i.expiry_date, excluded.expiry_date)
        end;
end
$function$;

comment on function _renew_compliance(text, timestamptz, text[]) is
'Makes people COMPLIANT for having attended. p_course_id: the course; p_end_time: end of the session, from whose day in
UTC the course''s validity counts; p_personnel_ids: who, each once. An item that is not there is made; an expiry date
never gets earlier, and one that never expires stays so. Returns nothing. Raises 55P03 person_held.';

revoke all on function _renew_compliance(text, timestamptz, text[]) from public;
