-- A department that trains forty people, on the eve of a week of sessions, for the demo. The week is the last one, so
-- that all of it can be played; the chapter's steps walk through it with demo.now_is().

create schema if not exists demo;

-- Its time is the week's anchor: the day's midnight may pass meanwhile, and the week stays what it was.
insert into courses (id, title, validity_months) values ('course_induction', 'Site Induction', null);
insert into sessions (id, course_id, start_time, end_time, created_by_id)
select
    'c_induction',
    'course_induction',
    (w.monday + time '13:00') at time zone 'Asia/Kuwait',
    (w.monday + time '15:00') at time zone 'Asia/Kuwait',
    'office'
from (select date_trunc('week', pg_catalog.now() at time zone 'Asia/Kuwait')::date - 7 as monday) as w;

create or replace function demo.at(p_when text)
returns timestamptz
language sql
stable
as $function$
select (
    date_trunc('week', s.start_time at time zone 'Asia/Kuwait')
    + (array_position(array['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'], left(p_when, 3)) - 1) * interval '1 day'
    + substr(p_when, 5)::time
) at time zone 'Asia/Kuwait'
from training.sessions as s
where s.id = 'c_induction'
$function$;

comment on function demo.at(text) is 'An instant of the demo''s week, such as Mon 08:00, in Kuwait.';

create or replace function demo.now_is(p_when text)
returns timestamptz
language sql
volatile
as $function$
select set_config('lifecycle.fake_now', demo.at(p_when)::text, false)::timestamptz
$function$;

comment on function demo.now_is(text) is
'Moves the clock of this connection to a time of the demo''s week; reset lifecycle.fake_now brings it back.';

create or replace function demo.session()
returns text
language sql
stable
as $function$
select s.id
from training.sessions as s
where s.created_by_id = 'frank'
order by s.created_at desc
limit 1
$function$;

comment on function demo.session() is 'The session that the demo plans: the newest of Frank''s.';

-- The Friday before.
select set_config('lifecycle.fake_now', (demo.at('Mon 09:00') - interval '3 days')::text, true);

insert into courses (id, title, validity_months)
values
('course_heights', 'Working at Height', 24),
('course_confined', 'Confined Spaces', 12),
('course_crane', 'Crane Signals', 36);

insert into trainers (id, first_name, last_name, type, email, company_name)
values
('c_john_smith', 'John', 'Smith', 'INTERNAL', 'john.smith@example.com', null),
('c_rakesh_menon', 'Rakesh', 'Menon', 'INTERNAL', 'rakesh.menon@example.com', null),
('c_maha_enezi', 'Maha', 'Al-Enezi', 'INTERNAL', 'maha.enezi@example.com', null),
('c_tomas_novak', 'Tomáš', 'Novák', 'INTERNAL', 'tomas.novak@example.com', null),
('c_claire_dubois', 'Claire', 'Dubois', 'EXTERNAL', 'claire.dubois@example.com', 'Dubois Sécurité');

-- Nobody may teach Crane Signals yet.
insert into trainer_qualifications (trainer_id, course_id)
values
('c_john_smith', 'course_heights'),
('c_john_smith', 'course_confined'),
('c_rakesh_menon', 'course_heights'),
('c_rakesh_menon', 'course_induction'),
('c_maha_enezi', 'course_induction'),
('c_tomas_novak', 'course_heights'),
('c_claire_dubois', 'course_confined');

insert into venues (id, name, capacity, location)
values
('c_classroom', 'Classroom', 20, 'Head office, first floor'),
('c_training_yard', 'Training Yard', 12, 'Shuaiba, gate 3'),
('c_main_hall', 'Main Hall', 60, 'Head office, ground floor');

insert into personnel (id, first_name, last_name)
select format('c_person_%s', lpad(n.place::text, 2, '0')), split_part(n.name, '|', 1), split_part(n.name, '|', 2)
from unnest(
    array[
        'Ahmed|Al-Mutawa', 'Lucía|López', 'فهد|العجمي', 'Grace|Okafor', 'Jomar|Santos', 'Łukasz|Zieliński',
        'Nadia|Rahman', 'Peter|van Dijk', 'Salem|Al-Hajri', 'Ümit|Özkan', 'Anil|Kapoor', 'Bashir|Haddad',
        'Chen|Wei', 'Dalal|Al-Saleh', 'Emeka|Obi', 'Farida|Nasser', 'Giorgos|Pappas', 'هند|الرشيدي',
        'Imran|Qureshi', 'Jasem|Al-Kandari', 'Kavita|Iyer', 'Liam|Murphy', 'Mubarak|Al-Ajmi', 'Noor|Behbehani',
        'Olga|Petrova', 'Paulo|Mendes', 'Qasim|Jaber', 'Rosa|Delgado', 'Samir|Khoury', 'Tariq|Aziz',
        'Uday|Sharma', 'Viktor|Lindqvist', 'Wafaa|Al-Qattan', 'Xavier|Roche', 'Yasmin|Farouk', 'Zain|Malik',
        'Adel|Mansour', 'Bianca|Ricci', 'Carlos|Vega', 'Dina|Shaheen'
    ]
) with ordinality as n (name, place);

-- Working at Height, in no order of names: 11 lack it, 6 are about to have it, of 5 it runs out within the month, 10
-- are good for longer, and of 8 nobody ever asked.
insert into compliance_items (personnel_id, course_id, status, expiry_date)
select p.id, 'course_heights', g.status::compliance_status, demo.at('Mon 09:00')::date + g.days
from (
    select c.id, (right(c.id, 2)::integer * 7) % 40 as n
    from personnel as c
) as p
inner join lateral (
    select
        case when p.n < 11 then 'NON_COMPLIANT' when p.n < 17 then 'PENDING' else 'COMPLIANT' end as status,
        case
            when p.n < 11 then case when p.n % 2 = 0 then -30 - p.n end
            when p.n between 17 and 21 then 10 + 3 * (p.n - 17)
            when p.n > 21 then 100 + 20 * p.n
        end as days
) as g on p.n < 32;

-- Confined Spaces: of three it runs out on Wednesday.
insert into compliance_items (personnel_id, course_id, status, expiry_date)
select format('c_person_%s', lpad(n::text, 2, '0')), 'course_confined', 'COMPLIANT', demo.at('Wed 12:00')::date
from generate_series(7, 9) as n;

-- What is in the calendar already; the office has planned it.
insert into sessions (id, course_id, created_by_id)
values
('c_confined_1', 'course_confined', 'office'),
('c_confined_2', 'course_confined', 'office');

select s.id
from (
    values
        (1, 'c_induction', 'c_rakesh_menon', 'c_main_hall', 'Mon 13:00', 'Mon 15:00'),
        (2, 'c_confined_1', 'c_john_smith', 'c_training_yard', 'Tue 08:00', 'Tue 14:00'),
        (3, 'c_confined_2', 'c_john_smith', 'c_training_yard', 'Thu 08:00', 'Thu 14:00')
) as p (n, id, trainer, venue, starts, ends)
cross join lateral schedule_session(p.id, p.trainer, p.venue, demo.at(p.starts), demo.at(p.ends)) as s
order by p.n;

select a.added
from add_attendees('c_confined_1', array['c_person_07', 'c_person_11', 'c_person_15', 'c_person_20']) as a;
select a.added
from add_attendees('c_confined_2', array['c_person_08', 'c_person_09', 'c_person_22', 'c_person_31']) as a;

-- Two more are only being thought of: one may take the classroom on Tuesday, the other has nobody to teach it.
select d.id
from create_draft(
    'course_induction', 'office', 'c_tomas_novak', 'c_classroom', demo.at('Tue 14:00'), demo.at('Tue 16:00')
) as d;
select d.id from create_draft('course_crane', 'office') as d;
