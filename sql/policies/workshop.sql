-- What browsers may read of unit workshop: rows that belong to the person whom their token names. Nothing applies this
-- by itself: docs/http.md says how, and what a token has to hold.
-- The policy for everybody leaves all other roles as they were; the others take away from it, for a browser's role.
-- Policies ask no table that asks theirs.
do $roles$
declare
    v_role text;
begin
    foreach v_role in array array[$name$sessionbook_student$name$, $name$sessionbook_creator$name$] loop
        begin
            if to_regrole(v_role) is null then
                execute format('create role %s nologin in role sessionbook_common', v_role);
            end if;
        exception
            -- Another database of the cluster got it in the same moment.
            when duplicate_object or unique_violation then null;
        end;
        execute format('grant usage on schema %I to %s', current_schema(), v_role);
    end loop;
end
$roles$;

create or replace function claim(p_name text)
returns text
language sql
stable
security invoker
parallel safe
begin atomic
    select nullif(j.claims ->> p_name, '') -- noqa: RF03
    from (select nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb as claims) as j
    -- Of anything else the digits would count as a phone number.
    where jsonb_typeof(j.claims -> p_name) in ('string', 'number'); -- noqa: RF03
end;

comment on function claim(text) is
'A claim of the token in request.jwt.claims. p_name: its name. Returns text, null: it has none that is a text or
a number. Raises 22P02, 22P05 or 54001 if the setting cannot be read as JSON.';

revoke all on function claim(text) from public;
grant execute on function claim(text) to sessionbook_student, sessionbook_creator;

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
        || case when claim('email') like '%@%' then lower(claim('email')) end;
$function$;

comment on function claimed_contacts() is
'Addresses and phone numbers that the token names, as rows are compared with them. No arguments. Returns text[]. Raises
what claim() raises.';

revoke all on function claimed_contacts() from public;
grant execute on function claimed_contacts() to sessionbook_student;

-- What browsers call instead of my_bookings(), track_order() and calendar_feed(), which believe their arguments. Rows
-- are jsonb and bodies are texts, so that these functions never keep an upgrade from changing what they call.
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
do $policies$
declare
    v_student constant text := $name$sessionbook_student$name$;
    v_creator constant text := $name$sessionbook_creator$name$;
    v_person constant text := 'lower(%1$s_email) = any((select claimed_contacts())::text[])'
        ' or lifecycle.phone_key(%1$s_phone) = any((select claimed_contacts())::text[])';
    v_seller constant text := $if$%s::text = (select claim('creator_id'))$if$;
    v_seen constant text := '%s in (select x.id from %I as x)';
    v_policy record;
begin
    for v_policy in
        select p.tablename, p.policyname
        from pg_policies as p
        where p.schemaname = current_schema() and p.policyname ~ '^(everybody|browser(_student|_creator)?)$'
    loop
        execute format('drop policy %I on %I', v_policy.policyname, v_policy.tablename);
    end loop;
    for v_policy in
        select r.tablename, concat_ws('_', 'browser', r.kind) as policyname, r.shown_if, case r.kind
            when 'student' then v_student
            when 'creator' then v_creator
            else concat_ws(', ', v_student, v_creator)
        end as roles
        from (
            values
                ('creators', 'student', 'is_active'),
                ('creators', 'creator', format(v_seller, 'id')),
                ('workshops', 'student', $if$is_active and status = 'published'
                    or id in (select e.workshop_id from enrollments as e)$if$),
                ('workshops', 'creator', format(v_seller, 'creator_id')),
                ('workshop_runs', null, format(v_seen, 'workshop_id', 'workshops')),
                ('workshop_sessions', null, format(v_seen, 'workshop_id', 'workshops')),
                ('enrollments', 'student', format(v_person, 'student')
                    || ' or ' || format(v_seen, 'order_id', 'orders')),
                ('enrollments', 'creator', format(v_seen, 'workshop_id', 'workshops')),
                ('orders', 'student', format(v_person, 'customer')),
                ('orders', 'creator', format(v_seller, 'creator_id')),
                ('order_items', null, format(v_seen, 'order_id', 'orders')),
                ('payments', null, format(v_seen, 'order_id', 'orders')),
                ('attendance', null, format(v_seen, 'enrollment_id', 'enrollments')),
                ('waitlist_entries', 'student', format(v_person, 'student')),
                ('waitlist_entries', 'creator', format(v_seen, 'session_id', 'workshop_sessions')
                    || ' or ' || format(v_seen, 'run_id', 'workshop_runs'))
        ) as r (tablename, kind, shown_if)
    loop
        execute format(
            'create policy %I on %I as restrictive to %s using (%s)',
            v_policy.policyname, v_policy.tablename, v_policy.roles, v_policy.shown_if
        );
    end loop;
    for v_policy in
        select distinct p.tablename
        from pg_policies as p
        where p.schemaname = current_schema() and p.policyname ~ '^browser(_student|_creator)?$'
    loop
        execute format('create policy everybody on %I using (true) with check (true)', v_policy.tablename);
        execute format('alter table %I enable row level security', v_policy.tablename);
    end loop;
end
$policies$;

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
-- Free seats are counted over everybody's rows, so a student asks these, which have the owner's rights.
grant execute on function
get_available_sessions(uuid), get_next_available_session(uuid, integer),
list_available_sessions(uuid, integer, uuid, integer)
to sessionbook_student;
grant execute on function
workshops_on_sale(), session_holds(uuid, timestamptz), run_status(bigint, bigint, bigint, bigint),
takes_bookings(text, timestamptz, timestamptz, timestamptz, timestamptz)
to sessionbook_creator;
