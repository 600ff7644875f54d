-- requires: functions/lifecycle.phone_key
-- If both have an address, the address decides, else the phone number. People on lists are known by their key alone.
-- Locks: none.
create or replace function _rows_of_person(p_email text, p_phone text, p_personnel_id text)
returns table (table_name text, id text, texts text[])
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select
        'trainers', t.id,
        array[t.first_name, t.last_name, concat_ws(' ', t.first_name, t.last_name), t.email, t.phone_number]
    from trainers as t
    where lower(t.email collate "C") = lower(btrim(p_email) collate "C")
        or (t.email is null or coalesce(btrim(p_email), '') = '')
        and lifecycle.phone_key(t.phone_number) = nullif(lifecycle.phone_key(p_phone), '')
    union all
    select 'personnel', n.id, array[n.first_name, n.last_name, concat_ws(' ', n.first_name, n.last_name)]
    from personnel as n
    where n.id = p_personnel_id
$function$;

comment on function _rows_of_person(text, text, text) is
'Trainers and people on lists who are one person. p_email: address of a trainer, in any case; p_phone: number of a
trainer, in any spelling; p_personnel_id: key of somebody on lists; null: not known by it. Returns the table, the key,
and names, address and number as they are there. Raises nothing.';

revoke all on function _rows_of_person(text, text, text) from public;
