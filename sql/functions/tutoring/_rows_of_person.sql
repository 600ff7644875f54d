-- requires: functions/lifecycle.phone_key
-- If both have an address, the address decides, else the phone number.
-- Locks: none.
create or replace function _rows_of_person(p_email text, p_phone text)
returns table (table_name text, id integer, texts text[])
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select p.table_name, p.id, array[p.full_name, p.email, p.phone]::text[]
    from (
        select 'enrolled_students' as table_name, s.id, s.full_name, s.email, s.phone from enrolled_students as s
        union all
        select 'tutors', t.id, t.full_name, t.email, t.phone from tutors as t
    ) as p
    where lower(p.email collate "C") = lower(btrim(p_email) collate "C")
        or (p.email is null or coalesce(btrim(p_email), '') = '')
        and lifecycle.phone_key(p.phone) = nullif(lifecycle.phone_key(p_phone), '')
$function$;

comment on function _rows_of_person(text, text) is
'Students and tutors who are one person. p_email: e-mail address, in any case; p_phone: number in any spelling; null:
not known by it. Returns the table, the key, and name, address and number as they are there. Raises nothing.';

revoke all on function _rows_of_person(text, text) from public;
