-- What browsers may read of unit workshop: rows that belong to the person whom their token names. Run after
-- policies/browsers.sql, as docs/http.md says.
-- Policies ask no table that asks theirs.
select _open_to_browsers(array[$name$sessionbook_student$name$, $name$sessionbook_creator$name$]);

-- The owner's rights, because browsers read no settings. An address is one only with an @: my_bookings() takes the rest
-- for a phone number.
create or replace function claimed_contacts()
returns text[]
language sql
stable
security definer
parallel safe
set search_path from current
as $function$
    select _phone_keys(claim('phone'), (select g.country_code from settings as g))
        || case when claim('email') like '%@%' then lower(claim('email') collate "C") end;
$function$;

comment on function claimed_contacts() is
'Addresses and phone numbers that the token names, as rows are compared with them. No arguments. Returns text[]. Raises
what claim() raises.';

revoke all on function claimed_contacts() from public;
grant execute on function claimed_contacts() to sessionbook_student;

-- What browsers call instead of my_bookings(), track_order() and calendar_feed(), which trust their arguments. Rows are
-- jsonb and bodies are texts, so that these functions never keep an upgrade from changing what they call.
create or replace function own_bookings(p_after uuid default null, p_limit integer default 20)
returns setof jsonb
language sql
stable
security definer
parallel unsafe
set search_path from current
as $function$
    select to_jsonb(b)
    from my_bookings(
        case when claim('email') like '%@%' then claim('email') else claim('phone') end, p_after, p_limit
    ) as b;
$function$;

comment on function own_bookings(uuid, integer) is
'What the token''s address booked, or without one its phone number. p_after, p_limit: as for my_bookings(). Returns its
rows. Raises what claim() raises.';

revoke all on function own_bookings(uuid, integer) from public;
grant execute on function own_bookings(uuid, integer) to sessionbook_student;

create or replace function own_order(p_order_number text)
returns setof jsonb
language sql
stable
security definer
parallel unsafe
set search_path from current
as $function$
    select to_jsonb(o) from track_order(p_order_number, claim('phone')) as o;
$function$;

comment on function own_order(text) is
'An order of the token''s phone number. p_order_number: its number. Returns rows of order_tracking. Raises what
track_order() raises.';

revoke all on function own_order(text) from public;
grant execute on function own_order(text) to sessionbook_student;

create or replace function own_calendar()
returns text
language sql
stable
security definer
parallel unsafe
set search_path from current
as $function$
    select calendar_feed('student', case when claim('email') like '%@%' then claim('email') end);
$function$;

comment on function own_calendar() is
'The calendar of the token''s address. No arguments. Returns text as calendar_feed(). Raises PT404 calendar_not_found if
the token has no address.';

revoke all on function own_calendar() from public;
grant execute on function own_calendar() to sessionbook_student;

-- Rows of a person, of a creator, and of something that the same role sees: each rule stands once.
select _show_to_browsers(
    r.tablename,
    r.kind,
    array[$name$sessionbook_student$name$, $name$sessionbook_creator$name$],
    r.shown_if
)
from (
    select
        'lower(%1$s_email collate "C") = any((select claimed_contacts())::text[])'
        ' or lifecycle.phone_key(%1$s_phone) = any((select claimed_contacts())::text[])' as person,
        $if$%s::text = (select claim('creator_id'))$if$ as seller,
        '%s in (select x.id from %I as x)' as seen
) as k
cross join lateral (
    values
    ('creators', 'student', 'is_active'),
    ('creators', 'creator', format(k.seller, 'id')),
    ('workshops', 'student', $if$is_active and status = 'published'
        or id in (select e.workshop_id from enrollments as e)$if$),
    ('workshops', 'creator', format(k.seller, 'creator_id')),
    ('workshop_runs', null, format(k.seen, 'workshop_id', 'workshops')),
    ('workshop_sessions', null, format(k.seen, 'workshop_id', 'workshops')),
    ('enrollments', 'student', format(k.person, 'student') || ' or ' || format(k.seen, 'order_id', 'orders')),
    ('enrollments', 'creator', format(k.seen, 'workshop_id', 'workshops')),
    ('orders', 'student', format(k.person, 'customer')),
    ('orders', 'creator', format(k.seller, 'creator_id')),
    ('order_items', null, format(k.seen, 'order_id', 'orders')),
    ('payments', null, format(k.seen, 'order_id', 'orders')),
    ('attendance', null, format(k.seen, 'enrollment_id', 'enrollments')),
    ('waitlist_entries', 'student', format(k.person, 'student')),
    ('waitlist_entries', 'creator', format(k.seen, 'session_id', 'workshop_sessions')
        || ' or ' || format(k.seen, 'run_id', 'workshop_runs'))
) as r (tablename, kind, shown_if);

grant select (id, name, name_ar, username, is_active) on table creators to sessionbook_student;
grant select (
    id, workshop_id, order_id, session_id, student_name, student_email, student_phone, total_price, status, status_ar,
    enrollment_date, completion_status, created_at, updated_at, seats, expires_at, order_item_id, run_booking_id
) on table enrollments to sessionbook_student;
grant select (
    id, creator_id, order_number, customer_name, customer_phone, customer_email, total_amount, currency, status,
    status_ar, payment_method, created_at, updated_at, expires_at
) on table orders to sessionbook_student;
grant select (id, order_id, kind, amount, method, recorded_at) on table payments to sessionbook_student;
grant select (
    id, session_id, student_name, student_email, student_phone, seats, status, joined_at, offered_at, offer_expires_at,
    enrollment_id, run_id, run_entry_id
) on table waitlist_entries to sessionbook_student;
grant select on table workshops, workshop_runs, workshop_sessions, order_items, attendance, order_tracking,
order_balance, certificates to sessionbook_student, sessionbook_creator;
grant select on table creators, enrollments, orders, payments, waitlist_entries, session_availability, store_sessions,
workshop_run_summary, organizer_runs, session_attendees, fill_rates, lead_times, revenue_by_month,
sessions_below_minimum to sessionbook_creator;
grant execute on function session_days(uuid) to sessionbook_student, sessionbook_creator;
-- Free seats are counted from all people's rows, so a student calls these functions, which have the owner's rights.
grant execute on function
get_available_sessions(uuid), get_next_available_session(uuid, integer),
list_available_sessions(uuid, integer, uuid, integer), search_sessions(text, uuid, uuid, integer)
to sessionbook_student;
grant execute on function
workshops_on_sale(), session_holds(uuid, timestamptz), run_status(bigint, bigint, bigint, bigint),
takes_bookings(text, timestamptz, timestamptz, timestamptz, timestamptz), is_on_sale(boolean, text, boolean),
session_state(
    text, timestamptz, timestamptz, timestamptz, timestamptz, integer, integer, integer, integer, integer, timestamptz
)
to sessionbook_creator;
