-- requires: functions/_phone_keys, functions/lifecycle.phone_key
-- The only place that defines whose data a row is: if both have an address, the address decides, else the phone number.
-- Locks: none.
create or replace function _rows_of_person(p_email text, p_phone text)
returns table (table_name text, id uuid, texts text[])
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    with person as materialized (
        select
            nullif(lower(btrim(p_email) collate "C"), '') as email,
            _phone_keys(p_phone, (select g.country_code from settings as g)) as phones
    )
    select 'creators', c.id, array[c.name, c.email]::text[]
    from person as p
    inner join creators as c on lower(c.email collate "C") = p.email
    union all
    select 'orders', o.id, array[o.customer_name, o.customer_email, o.customer_phone]
    from person as p
    inner join orders as o
        on lower(o.customer_email collate "C") = p.email
        or lifecycle.phone_key(o.customer_phone) = any(p.phones) and (o.customer_email is null or p.email is null)
    union all
    select 'enrollments', e.id, array[e.student_name, e.student_email, e.student_phone]
    from person as p
    inner join enrollments as e
        on lower(e.student_email collate "C") = p.email
        or lifecycle.phone_key(e.student_phone) = any(p.phones) and (e.student_email is null or p.email is null)
    union all
    select 'waitlist_entries', w.id, array[w.student_name, w.student_email, w.student_phone]
    from person as p
    inner join waitlist_entries as w
        on lower(w.student_email collate "C") = p.email
        or lifecycle.phone_key(w.student_phone) = any(p.phones) and (w.student_email is null or p.email is null)
$function$;

comment on function _rows_of_person(text, text) is
'Rows that are about one person. p_email: e-mail address, in any case; p_phone: number in any spelling; null: not known
by it. Returns the table, the key, and name, address and number as they are there. Raises nothing.';

revoke all on function _rows_of_person(text, text) from public;
