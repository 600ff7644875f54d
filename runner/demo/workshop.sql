-- A workshop marketplace in the middle of its week, for the demo: runs that are over, running and to come.
-- Everything lies around the present moment, and happens on the days on which it would have happened: the clock of
-- this transaction walks from a fortnight ago up to yesterday, so that the history tells a story too.

-- Runs follow their sessions when the sessions change, not all at the end of the transaction.
set constraints all immediate;

create schema if not exists demo;

create or replace function demo.ago(p_ago interval)
returns timestamptz
language sql
volatile
as $function$
select set_config('lifecycle.fake_now', (pg_catalog.now() - p_ago)::text, false)::timestamptz
$function$;

comment on function demo.ago(interval) is
'Moves the clock of this connection back by so much; reset lifecycle.fake_now brings it back.';

-- A fortnight ago: three creators open their shops.
select set_config('lifecycle.fake_now', (pg_catalog.now() - interval '14 days')::text, true);

insert into creators (id, name, name_ar, username, email, created_at, updated_at)
select c.id::uuid, c.name, c.name_ar, c.username, c.username || '@example.com', lifecycle.now(), lifecycle.now()
from (
    values
        ('10000000-0000-4000-8000-000000000001', 'Noura Al-Mutairi', 'نورة المطيري', 'noura.clay'),
        ('10000000-0000-4000-8000-000000000002', 'Yousef Haddad', 'يوسف حداد', 'yousef.lens'),
        ('10000000-0000-4000-8000-000000000003', 'Maryam Al-Rashid', 'مريم الراشد', 'maryam.writes')
) as c (id, name, name_ar, username);

insert into workshops (
    id, creator_id, name, title_ar, price, is_free, workshop_type, is_recurring, recurrence_type, max_students, status,
    is_active, sort_order, created_at, updated_at
)
select
    format('20000000-0000-4000-8000-%s', lpad(w.n::text, 12, '0'))::uuid,
    c.id,
    w.name,
    w.title_ar,
    w.price,
    w.price = 0,
    w.workshop_type,
    w.recurrence is not null,
    w.recurrence,
    w.seats,
    case when w.on_sale then 'published' else 'draft' end,
    w.on_sale,
    w.n,
    lifecycle.now(),
    lifecycle.now()
from (
    values
        (1, 'noura.clay', 'Wheel Throwing', 'الخزف على الدولاب', 45.000, 'consecutive', null, 8, true),
        (2, 'noura.clay', 'Glazing Day', 'يوم التزجيج', 18.500, 'single', null, 3, true),
        (3, 'noura.clay', 'Sadu Weaving', 'نسيج السدو', 60.000, 'spread', null, 10, true),
        (4, 'noura.clay', 'Open Studio', 'الاستوديو المفتوح', 0.000, 'single', 'weekly', 0, true),
        (5, 'yousef.lens', 'Desert by Night', 'الصحراء ليلًا', 35.000, 'single', null, 10, true),
        (6, 'yousef.lens', 'Portraits', 'بورتريه', 27.500, 'single', null, 6, true),
        (7, 'yousef.lens', 'Street Walk', 'جولة في المدينة', 22.000, 'single', null, 8, true),
        (8, 'yousef.lens', 'Phone Photos', 'صور بالهاتف', 9.750, 'custom', 'weekly', 12, true),
        (9, 'maryam.writes', 'Python from Zero', 'بايثون من الصفر', 80.000, 'consecutive', null, 20, true),
        (10, 'maryam.writes', 'Naskh Calligraphy', 'خط النسخ', 24.000, 'consecutive', null, 4, true),
        (11, 'maryam.writes', 'The Short Story', 'القصة القصيرة', 15.250, 'single', null, 15, true),
        (12, 'maryam.writes', 'Pricing Your Craft', 'تسعير أعمالك', 12.000, 'single', null, 20, false)
) as w (n, username, name, title_ar, price, workshop_type, recurrence, seats, on_sale)
inner join creators as c on w.username = c.username;

-- One run each. Phone Photos has none, as in shops from before there were runs; the draft has no dates yet.
insert into workshop_runs (workshop_id, run_name, run_name_ar, start_date, created_at, updated_at)
select w.id, r.run_name, r.run_name_ar, lifecycle.now()::date, lifecycle.now(), lifecycle.now()
from (
    values
        (1, 'First Batch', 'الدفعة الأولى'),
        (2, 'Glaze Together', 'نزجّج معًا'),
        (3, 'Four Weeks', 'أربعة أسابيع'),
        (4, 'This Month', 'هذا الشهر'),
        (5, 'New Moon', 'ليلة بلا قمر'),
        (6, 'Dubai', 'دبي'),
        (7, 'Soho and South Bank', 'سوهو والضفة الجنوبية'),
        (9, 'Five Evenings', 'خمس أمسيات'),
        (10, 'Two Evenings', 'أمسيتان'),
        (11, 'Online', 'عن بُعد')
) as r (n, run_name, run_name_ar)
inner join workshops as w on r.n = w.sort_order;

-- Days count from today, negative ones are past. An end at or before the start is on the next morning; without an end,
-- duration says how long it takes.
insert into workshop_sessions (
    id, workshop_id, run_id, session_number, session_date, start_time, end_time, duration, timezone, location,
    location_ar, max_attendees, end_date, total_days, session_dates, created_at, updated_at
)
select
    format('30000000-0000-4000-8000-%s', lpad(s.n::text, 12, '0'))::uuid,
    w.id as workshop_id,
    r.id as run_id,
    s.session_number,
    t.today + s.day,
    coalesce(s.start_time::time, t.started),
    coalesce(s.end_time::time, case when s.start_time is null then t.started + interval '4 hours' end),
    s.duration,
    s.timezone,
    p.name,
    p.name_ar,
    w.max_students,
    t.today + s.last_day,
    s.total_days,
    (
        select jsonb_agg(t.today + d.day order by d.day)
        from unnest(s.days::integer[]) as d (day)
    ),
    lifecycle.now(),
    lifecycle.now()
from (
    values
        (1, 1, 1, -4, '17:00', '20:00', null, 'Asia/Kuwait', 'atelier', null, 3, null),
        (2, 1, 2, -3, '17:00', '20:00', null, 'Asia/Kuwait', 'atelier', null, 3, null),
        (3, 1, 3, -2, '17:00', '20:00', null, 'Asia/Kuwait', 'atelier', null, 3, null),
        (4, 2, 1, 3, '10:00', '16:00', null, 'Asia/Kuwait', 'atelier', null, 1, null),
        (5, 3, 1, 5, '09:00', '12:00', null, 'Asia/Kuwait', 'house', null, 4, '{5,12,19,26}'),
        (6, 4, 1, -7, '16:00', '21:00', null, 'Asia/Kuwait', 'atelier', null, 1, null),
        (7, 4, 2, 0, null, null, null, 'Asia/Kuwait', 'atelier', null, 1, null),
        (8, 4, 3, 7, '16:00', '21:00', null, 'Asia/Kuwait', 'atelier', null, 1, null),
        (9, 5, 1, 4, '20:00', '04:30', null, 'Asia/Kuwait', 'desert', null, 1, null),
        (10, 6, 1, -5, '18:00', '21:00', null, 'Asia/Dubai', 'dubai', null, 1, null),
        (11, 6, 2, 2, '18:00', '21:00', null, 'Asia/Dubai', 'dubai', null, 1, null),
        (12, 7, 1, 6, '09:30', '13:00', null, 'Europe/London', 'london', null, 1, null),
        (13, 7, 2, 8, '14:00', '17:30', null, 'Europe/London', 'london', null, 1, null),
        (14, 8, 1, -1, '19:00', '20:30', null, 'Asia/Kuwait', 'cafe', null, 1, null),
        (15, 8, 1, 6, '19:00', '20:30', null, 'Asia/Kuwait', 'cafe', null, 1, null),
        (16, 9, 1, -1, '18:00', '21:00', null, 'Asia/Kuwait', 'online', 3, 5, null),
        (17, 10, 1, 1, '18:30', '20:30', null, 'Asia/Kuwait', 'house', null, 2, null),
        (18, 10, 2, 2, '18:30', '20:30', null, 'Asia/Kuwait', 'house', null, 2, null),
        (19, 11, 1, 3, '19:00', null, 1.50, 'America/New_York', 'online', null, 1, null),
        (20, 11, 2, 10, '19:00', null, 1.50, 'America/New_York', 'online', null, 1, null)
) as s (
    n, workshop, session_number, day, start_time, end_time, duration, timezone, place, last_day, total_days, days
)
inner join workshops as w on s.workshop = w.sort_order
left join workshop_runs as r on w.id = r.workshop_id
inner join (
    values
        ('atelier', 'Atelier, Shuwaikh', 'الأتيليه، الشويخ'),
        ('house', 'Yarmouk Cultural House', 'دار اليرموك الثقافية'),
        ('desert', 'Salmi desert, kilometre 70', 'بر السالمي، كيلو ٧٠'),
        ('dubai', 'Alserkal Avenue, Dubai', 'السركال أفنيو، دبي'),
        ('london', 'Piccadilly Circus, London', 'بيكاديلي، لندن'),
        ('cafe', 'Café Sadda, Salmiya', 'مقهى صدى، السالمية'),
        ('online', 'Online', 'عن بُعد')
) as p (place, name, name_ar) on s.place = p.place
cross join (
    -- What runs now began within this hour, on today's date in Kuwait whatever the hour.
    select
        (pg_catalog.now() at time zone 'Asia/Kuwait')::date as today,
        date_trunc('hour', pg_catalog.now() at time zone 'Asia/Kuwait')::time as started
) as t;

-- Seats fill up day by day, the counter and the names written side by side as applications do.
create temporary table signups on commit drop as
select s.n, s.days_ago, s.seats
from (
    values
        (1, 12, 8), (2, 12, 8), (3, 12, 8), (6, 12, 9), (10, 12, 4), (17, 12, 2), (18, 12, 2),
        (7, 8, 14), (9, 8, 3), (11, 8, 5), (14, 8, 7), (16, 8, 6), (5, 8, 4),
        (11, 4, 1), (9, 4, 4), (12, 4, 5), (16, 4, 11), (17, 4, 2), (18, 4, 2), (19, 4, 6),
        (5, 2, 3), (15, 2, 2), (14, 2, 3), (7, 2, 6), (13, 2, 1)
) as s (n, days_ago, seats);

create temporary table students on commit drop as
select n.place, n.name
from unnest(
    array[
        'Dana Al-Sabah', 'Ali Hassan', 'فاطمة العلي', 'Omar Khalil', 'Sara Behbehani', 'خالد العنزي', 'Lulwa Marafi',
        'Hassan Ashkanani', 'ريم الخالد', 'James Whitfield', 'Huda Mansour', 'عبدالله السالم', 'Priya Nair',
        'Bader Al-Failakawi', 'منى الشمري', 'Elena Rossi', 'Talal Qabazard', 'شيخة الدوسري', 'Nasser Dashti',
        'Amal Farouk'
    ]
) with ordinality as n (name, place);

do $days$
declare
    v_days_ago integer;
begin
    foreach v_days_ago in array array[12, 8, 4, 2] loop
        perform set_config('lifecycle.fake_now', (pg_catalog.now() - v_days_ago * interval '1 day')::text, true);
        -- After the last of these days no tick came: the demo's own will find what ended since.
        perform from lifecycle.tick();
        insert into enrollments (
            workshop_id, session_id, student_name, total_price, status, enrollment_date, created_at, updated_at
        )
        select
            s.workshop_id, s.id, p.name, w.price, 'successful', lifecycle.now(), lifecycle.now(), lifecycle.now()
        from signups as g
        inner join workshop_sessions as s
            on s.id = format('30000000-0000-4000-8000-%s', lpad(g.n::text, 12, '0'))::uuid
        inner join workshops as w on s.workshop_id = w.id
        -- Each session begins elsewhere in the list, and goes on where the sign-ups before stopped.
        cross join lateral generate_series(1, g.seats) as k (seat)
        inner join students as p
            on p.place = 1 + (g.n * 7 + s.current_attendees + k.seat) % (select count(*) from students)
        where g.days_ago = v_days_ago
        order by g.n, k.seat;
        update workshop_sessions as s
        set current_attendees = s.current_attendees + g.seats
        from signups as g
        where g.days_ago = v_days_ago
            and s.id = format('30000000-0000-4000-8000-%s', lpad(g.n::text, 12, '0'))::uuid;
    end loop;
end
$days$;

-- Yesterday: the second walk through London is called off.
select set_config('lifecycle.fake_now', (pg_catalog.now() - interval '1 day')::text, true);
update enrollments as e
set status = 'cancelled'
where e.session_id = '30000000-0000-4000-8000-000000000013';
update workshop_sessions as s
set status = 'cancelled', current_attendees = 0
where s.id = '30000000-0000-4000-8000-000000000013';
