-- requires: functions/_erase_rows, functions/_phone_keys, functions/_rows_of_person, functions/lifecycle._erase_traces
-- requires: functions/lifecycle._require_contact, views/personal_data
-- security: the application has made sure that the person asks for it, or that it has to be done; the arguments are
-- never executed as SQL.
-- Locks: as _erase_rows(); then calendar tokens; then the creators in id order, last because who makes an order for a
-- creator holds sessions before; then as lifecycle._erase_traces().
create or replace function erase_person(p_email text default null, p_phone text default null)
returns table (table_name text, erased bigint, kept text)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_texts text[];
    v_creators uuid[];
    v_selling uuid[];
    v_orders uuid[];
    v_enrollments uuid[];
    v_entries uuid[];
begin
    perform lifecycle._require_contact(p_email, p_phone);
    v_texts := array[p_email, p_phone] || _phone_keys(p_phone, (select g.country_code from settings as g)) || array(
        select x.text from _rows_of_person(p_email, p_phone) as r cross join lateral unnest(r.texts) as x (text)
    );
    select
        array_agg(r.id) filter (where r.table_name = 'creators' and not c.is_selling),
        array_agg(r.id) filter (where r.table_name = 'creators' and c.is_selling),
        array_agg(r.id) filter (where r.table_name = 'orders'),
        array_agg(r.id) filter (where r.table_name = 'enrollments'),
        array_agg(r.id) filter (where r.table_name = 'waitlist_entries')
    into v_creators, v_selling, v_orders, v_enrollments, v_entries
    from _rows_of_person(p_email, p_phone) as r
    cross join lateral (
        select exists (
            select from workshops as w where w.creator_id = r.id and w.is_active and w.status = 'published'
        ) as is_selling
    ) as c;
    return query
    select
        e.table_name, e.erased,
        case e.table_name
            when 'orders' then 'number, amounts, status and payments: the accounts need them'
            when 'enrollments' then 'session, seats, price and status: seats and sums stay as they are'
            else 'session and status'
        end
    from _erase_rows(v_orders, v_enrollments, v_entries) as e;

    delete from calendar_tokens as t
    where t.scope = 'student'
        and lower(t.subject_id collate "C") in (
            select lower(btrim(x.text) collate "C") from unnest(v_texts) as x (text)
        );
    get diagnostics erased = row_count;
    table_name := 'calendar_tokens';
    return next;
    perform from creators as c where c.id = any(v_creators) order by c.id for update;
    update creators as c
    set name = 'erased', name_ar = null, username = 'erased-' || c.id, email = 'erased-' || c.id, is_active = false
    where c.id = any(v_creators);
    get diagnostics erased = row_count;
    table_name := 'creators';
    kept := case when v_selling is not null then 'all of it, of whoever sells published workshops' end;
    return next;
    erased := lifecycle._erase_traces(current_schema(), v_texts);
    table_name := 'history';
    kept := 'what was done and when, without the actor';
    return next;
end
$function$;

comment on function erase_person(text, text) is
'Erases what identifies a person from all tables of the installation. Seats, amounts, statuses and numbers stay; the
person leaves waiting lists first. p_email: e-mail address, in any case; p_phone: phone number, in any spelling. At
least one of the two; rows with an address are found by the address, others by the number. Returns one row a table: how
many rows were changed, what was kept, and why. Raises PT400 contact_missing, PT400 text_too_long; of leave_waitlist()
55P03 offered_meanwhile (call it again).';

revoke all on function erase_person(text, text) from public;
grant execute on function erase_person(text, text) to sessionbook_app;
