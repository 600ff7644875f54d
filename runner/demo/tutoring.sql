-- A tutoring school on the eve of a day of lessons, for the demo. The day is yesterday, so that all of it can be played;
-- the chapter's steps walk through it with demo.go_to().

create schema if not exists demo;

create or replace function demo.go_to(p_time time)
returns timestamptz
language sql
volatile
as $function$
select set_config(
    'lifecycle.fake_now',
    -- English is a lesson that does not move; its day is the day, also when midnight passes meanwhile.
    (((select s.session_date from tutoring.sessions as s where s.id = 4) + p_time) at time zone 'Asia/Kuwait')::text,
    false
)::timestamptz
$function$;

comment on function demo.go_to(time) is
'Moves the clock of this connection to a time of yesterday in Kuwait; reset lifecycle.fake_now brings it back.';

-- A week before, the lessons are planned.
select set_config('lifecycle.fake_now', (pg_catalog.now() - interval '7 days')::text, true);

insert into tutors (id, full_name, phone, email)
overriding system value
values
(1, 'Huda Al-Ostath', '+965 5555 0101', 'huda@example.com'),
(2, 'Omar Nasser', '+965 5555 0102', 'omar@example.com');

insert into enrolled_students (id, full_name, phone, email, timezone)
overriding system value
values
(1, 'Sara Ali', '+965 5555 0201', 'sara@example.com', 'Asia/Kuwait'),
(2, 'Yusuf Karim', null, 'yusuf@example.com', 'Asia/Kuwait'),
(3, 'Bader Salem', '+965 5555 0203', 'bader@example.com', 'Asia/Kuwait'),
(4, 'Lina Haddad', '+44 7700 900204', 'lina@example.com', 'Europe/London');

insert into enrolled_courses (id, student_id, tutor_id, course_name, timezone)
overriding system value
values
(1, 1, 1, 'Algebra', 'Asia/Kuwait'),
(2, 2, 1, 'Physics', 'Asia/Kuwait'),
(3, 3, 2, 'Chemistry', 'Asia/Kuwait'),
(4, 4, 2, 'English', 'Asia/Kuwait'),
(5, 4, 2, 'Grammar', null);

select setval(pg_get_serial_sequence('tutors', 'id'), 2);
select setval(pg_get_serial_sequence('enrolled_students', 'id'), 4);
select setval(pg_get_serial_sequence('enrolled_courses', 'id'), 5);

select s.id
from (
    values
        (1, 1, '10:00', '11:00'),
        (2, 2, '10:30', '11:30'),
        (3, 3, '12:00', '13:00'),
        (4, 4, '13:00', '14:00')
) as l (n, course, starts, ends)
cross join lateral create_sessions(
    l.course,
    jsonb_build_array(
        jsonb_build_object(
            'session_date', (pg_catalog.now() at time zone 'Asia/Kuwait')::date - 1,
            'start_time', l.starts,
            'end_time', l.ends
        )
    )
) as s
order by l.n;

-- Grammar is weekly, from tomorrow on, in London's time: the student's own.
select s.id
from create_sessions(
    5,
    jsonb_build_array(
        jsonb_build_object(
            'session_date', (pg_catalog.now() at time zone 'Europe/London')::date + 1,
            'start_time', '17:00',
            'end_time', '17:45',
            'is_recurring', true,
            'recurring_pattern', jsonb_build_object('frequency', 'weekly', 'count', 4)
        )
    )
) as s;
