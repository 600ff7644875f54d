insert into tutors (full_name) values ('Mona');
insert into enrolled_students (full_name, phone, timezone) values ('Sara', '+965 5555 0000', 'Asia/Kuwait');
insert into enrolled_courses (student_id, tutor_id, course_name, timezone)
select s.id, t.id, 'Physics', 'Asia/Kuwait' from enrolled_students as s cross join tutors as t;

select id, starts_at, status
from create_sessions(
    (select id from enrolled_courses),
    '[{"session_date": "2027-01-04", "start_time": "16:00", "end_time": "17:30", "topics": ["Optics"]},
      {"session_date": "2027-01-11", "start_time": "16:00", "end_time": "17:30",
       "recurring_pattern": {"rrule": "FREQ=WEEKLY;COUNT=4"}}]',
    p_idempotency_key => 'plan-1'
);

select session_date, starts_at
from generate_recurring_sessions((select id from sessions where session_date = '2027-01-11'));

select session_date, start_time
from edit_series(
    (select id from sessions where session_date = '2027-01-18'), 'following', '{"start_time": "17:00", "end_time": "18:30"}'
);

select session_rrule((select id from sessions where session_date = '2027-01-18'));

select session_date, start_time
from reschedule_session(
    p_session_id => (select id from sessions where session_date = '2027-01-04'),
    p_session_date => '2027-01-05',
    p_start_time => '16:00',
    p_end_time => '17:30'
);

select status from cancel_session((select id from sessions where session_date = '2027-01-11'));

-- The cancelled session takes the new time.
select session_date, status
from assign_session_to_slot((select id from enrolled_courses), '2027-01-12', '16:00', '17:30');

-- now: 2027-01-05 13:00+00
select status from start_session((select id from sessions where session_date = '2027-01-05'));

select status from complete_session((select id from sessions where session_date = '2027-01-05'));

select status from mark_no_show((select id from sessions where session_date = '2027-01-05'));

select status from restore_session((select id from sessions where session_date = '2027-01-05'));

select updated, created, deleted, preserved
from update_scheduled_sessions(
    (select id from enrolled_courses),
    '[{"session_date": "2027-01-05", "start_time": "16:00", "end_time": "17:30"},
      {"session_date": "2027-01-12", "start_time": "16:00", "end_time": "17:30"}]'
);

select deleted_at from delete_session((select id from sessions where session_date = '2027-01-12'));

select position, kind, subject_id from read_events(p_after => 0);

select calendar_feed('student', (select id::text from enrolled_students));
