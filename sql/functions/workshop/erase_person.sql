-- requires: functions/_erase_rows, functions/_phone_keys, functions/_rows_of_person, functions/leave_waitlist
-- requires: functions/lifecycle.phone_key, functions/lifecycle._erase_traces, functions/lifecycle._require_contact
-- requires: views/personal_data
-- security: the application has made sure that the person asks for it, or that it has to be done; nothing of the
-- arguments becomes SQL.
-- Locks: the person's orders in id order, then the sessions that they wait for in id order, then as leave_waitlist(),
-- then as _erase_rows(), the creator and lifecycle._erase_traces(). Whoever holds one of these never asks for an order.
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
    v_waiting uuid[];
    v_selling uuid[];
begin
    perform lifecycle._require_contact(p_email, p_phone);
    perform
    from orders as o
    where o.id in (select r.id from _rows_of_person(p_email, p_phone) as r where r.table_name = 'orders')
    order by o.id
    for no key update;
    v_texts := array[p_email, p_phone] || array(
        select x.text
        from _rows_of_person(p_email, p_phone) as r
        left join creators as c on r.table_name = 'creators' and r.id = c.id
        left join orders as o on r.table_name = 'orders' and r.id = o.id
        left join enrollments as e on r.table_name = 'enrollments' and r.id = e.id
        left join waitlist_entries as w on r.table_name = 'waitlist_entries' and r.id = w.id
        cross join lateral unnest(array[
            c.name, c.email, o.customer_name, o.customer_email, o.customer_phone, e.student_name, e.student_email,
            e.student_phone, w.student_name, w.student_email, w.student_phone
        ]) as x (text)
    );
    v_waiting := array(
        select w.id
        from _rows_of_person(p_email, p_phone) as r
        inner join waitlist_entries as w on r.id = w.id
        where r.table_name = 'waitlist_entries' and w.status in ('waiting', 'offered') and w.run_entry_id is null
        order by w.id
    );
    perform
    from workshop_sessions as s
    where exists (
        select from waitlist_entries as w where w.id = any(v_waiting) and (w.session_id = s.id or w.run_id = s.run_id)
    )
    order by s.id
    for no key update;
    perform leave_waitlist(w.id) from unnest(v_waiting) as w (id);

    return query
    select e.table_name, e.erased, k.kept
    from (
        select
            array_agg(r.id) filter (where r.table_name = 'orders') as orders,
            array_agg(r.id) filter (where r.table_name = 'enrollments') as enrollments,
            array_agg(r.id) filter (where r.table_name = 'waitlist_entries') as entries
        from _rows_of_person(p_email, p_phone) as r
    ) as f
    cross join lateral _erase_rows(f.orders, f.enrollments, f.entries) as e
    inner join (
        values
            ('orders', 'number, amounts, status and payments: the accounts need them'),
            ('enrollments', 'session, seats, price and status: seats and sums stay as they are'),
            ('waitlist_entries', 'session and status')
    ) as k (table_name, kept) on e.table_name = k.table_name;

    delete from calendar_tokens as t
    where t.scope = 'student'
        and (
            lower(t.subject_id) = lower(btrim(p_email))
            or lifecycle.phone_key(t.subject_id) = any(_phone_keys(p_phone))
        );
    get diagnostics erased = row_count;
    table_name := 'calendar_tokens';
    return next;

    v_selling := array(
        select w.creator_id from workshops as w where w.is_active and w.status = 'published'
    );
    update creators as c
    set name = 'erased', name_ar = null, username = 'erased-' || c.id, email = 'erased-' || c.id, is_active = false
    from _rows_of_person(p_email, p_phone) as r
    where r.table_name = 'creators' and c.id = r.id and c.id <> all(v_selling);
    get diagnostics erased = row_count;
    table_name := 'creators';
    kept := (
        select 'all of it, of whoever sells published workshops'
        from _rows_of_person(p_email, p_phone) as r
        where r.table_name = 'creators' and r.id = any(v_selling)
    );
    return next;

    erased := lifecycle._erase_traces(current_schema(), v_texts);
    table_name := 'history';
    kept := 'what was done and when, without the actor';
    return next;
end
$function$;

comment on function erase_person(text, text) is
'Takes what says who somebody is out of all tables of the installation. Seats, sums, statuses and numbers stay; the
person leaves waiting lists first. p_email: address, in any case; p_phone: number in any spelling; at least one: of rows
with an address the address decides, else the number. Returns one row a table: how many rows were changed, and what was
kept and why. Raises PT400 contact_missing, PT400 text_too_long; of leave_waitlist() 55P03 offered_meanwhile, to be
called again.';

revoke all on function erase_person(text, text) from public;
grant execute on function erase_person(text, text) to sessionbook_app;
