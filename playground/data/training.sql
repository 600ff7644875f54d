-- What the playground adds to the demo's department: the week to plan, with a room too small and drafts to publish.

create or replace function demo.next(p_when text)
returns timestamptz
language sql
stable
as $function$
-- From Thursday on it is the week to come.
select (
    date_trunc('week', (pg_catalog.now() + interval '4 days') at time zone 'Asia/Kuwait')
    + (array_position(array['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'], left(p_when, 3)) - 1) * interval '1 day'
    + substr(p_when, 5)::time
) at time zone 'Asia/Kuwait'
$function$;

comment on function demo.next(text) is 'An instant of the week to plan, such as Mon 08:00, in Kuwait.';

-- The Friday before it, so that nothing lies in the past when it is planned.
select set_config('lifecycle.fake_now', (demo.next('Mon 00:00') - interval '3 days')::text, true);

insert into sessions (id, course_id, created_by_id)
values
('c_plan_heights_1', 'course_heights', 'frank'),
('c_plan_heights_2', 'course_heights', 'frank'),
('c_plan_confined_1', 'course_confined', 'frank'),
('c_plan_confined_2', 'course_confined', 'frank'),
('c_plan_induction_1', 'course_induction', 'frank');

select s.id
from (
    values
        (1, 'c_plan_induction_1', 'c_rakesh_menon', 'c_main_hall', 'Mon 13:00', 'Mon 15:00'),
        (2, 'c_plan_confined_1', 'c_john_smith', 'c_training_yard', 'Tue 08:00', 'Tue 14:00'),
        (3, 'c_plan_heights_1', 'c_tomas_novak', 'c_training_yard', 'Wed 09:00', 'Wed 13:00'),
        (4, 'c_plan_confined_2', 'c_john_smith', 'c_training_yard', 'Thu 08:00', 'Thu 14:00'),
        (5, 'c_plan_heights_2', 'c_rakesh_menon', 'c_classroom', 'Fri 09:00', 'Fri 12:00')
) as p (n, id, trainer, venue, starts, ends)
cross join lateral schedule_session(p.id, p.trainer, p.venue, demo.next(p.starts), demo.next(p.ends)) as s
order by p.n;

select a.added
from add_attendees('c_plan_confined_1', array['c_person_07', 'c_person_11', 'c_person_15', 'c_person_20']) as a;
select a.added
from add_attendees(
    'c_plan_heights_1', array(select format('c_person_%s', lpad(n::text, 2, '0')) from generate_series(21, 34) as n)
) as a;
select a.added from add_attendees('c_plan_heights_2', array['c_person_01', 'c_person_02', 'c_person_03']) as a;
select a.added
from add_attendees('c_plan_induction_1', array['c_person_36', 'c_person_37', 'c_person_38', 'c_person_39']) as a;

-- To publish: one has no conflict, one overlaps with John's Tuesday, one has no qualified trainer.
select d.id
from create_draft(
    'course_induction', 'frank', 'c_maha_enezi', 'c_classroom', demo.next('Wed 14:00'), demo.next('Wed 16:00')
) as d;
select d.id
from create_draft(
    'course_heights', 'frank', 'c_john_smith', 'c_classroom', demo.next('Tue 10:00'), demo.next('Tue 13:00')
) as d;
select d.id from create_draft('course_crane', 'frank') as d;

-- The house is open on working days, so that free slots are hours of work.
insert into availability_rules (venue_id, weekday, start_time, end_time, timezone)
select v.id, d.weekday, time '08:00', time '17:00', 'Asia/Kuwait'
from venues as v
cross join generate_series(1, 5) as d (weekday);
