-- requires: functions/lifecycle.now, functions/lifecycle.status_in_arabic
create or replace view session_history
with (security_invoker = true)
as
select
    s.id as session_id,
    s.enrolled_courses_id,
    c.course_name,
    c.student_id,
    st.full_name as student_name,
    c.tutor_id,
    t.full_name as tutor_name,
    s.session_date,
    s.start_time,
    s.end_time,
    s.timezone,
    s.starts_at,
    s.ends_at,
    s.status,
    lifecycle.status_in_arabic('tutoring.session', s.status) as status_ar,
    s.ends_at <= (select lifecycle.now()) as is_past,
    s.student_attendance_status,
    s.tutor_attendance_status,
    s.topics,
    s.topics_covered,
    s.session_mode,
    s.location,
    s.whiteboard_id,
    b.session_name as whiteboard_name,
    (select count(*)::integer from reschedules as m where m.session_id = s.id) as times_moved
from sessions as s
left join enrolled_courses as c on s.enrolled_courses_id = c.id
left join enrolled_students as st on c.student_id = st.id
left join tutors as t on c.tutor_id = t.id
left join whiteboard_sessions as b on s.whiteboard_id = b.id
where s.deleted_at is null;

comment on view session_history is
'Past and future lessons, with their people, attendance and topics. Give a student_id, tutor_id or enrolled_courses_id;
page by starts_at and session_id.';
comment on column session_history.session_id is 'Key of the session.';
comment on column session_history.enrolled_courses_id is 'Course that the session is of; null: none.';
comment on column session_history.course_name is 'Name of the course.';
comment on column session_history.student_id is 'Key of the student.';
comment on column session_history.student_name is 'Name of the student.';
comment on column session_history.tutor_id is 'Key of the tutor; null: nobody yet.';
comment on column session_history.tutor_name is 'Name of the tutor.';
comment on column session_history.session_date is 'Local day of the start.';
comment on column session_history.start_time is 'Local start.';
comment on column session_history.end_time is 'Local end; at or before start_time: on the next day.';
comment on column session_history.timezone is 'IANA time zone of date and times.';
comment on column session_history.starts_at is 'Instant of the start.';
comment on column session_history.ends_at is 'Instant of the end.';
comment on column session_history.status is 'scheduled, in_progress, completed, cancelled or no_show.';
comment on column session_history.status_ar is 'The status in Arabic.';
comment on column session_history.is_past is 'True: it has ended by lifecycle.now().';
comment on column session_history.student_attendance_status is 'Whether the student came, such as present.';
comment on column session_history.tutor_attendance_status is 'Whether the tutor came, such as present.';
comment on column session_history.topics is 'Topics planned, an array of texts.';
comment on column session_history.topics_covered is 'Topics covered, an array of texts.';
comment on column session_history.session_mode is 'How it is held, such as online.';
comment on column session_history.location is 'Where it takes place; null: not given.';
comment on column session_history.whiteboard_id is 'Whiteboard of the session; null: none.';
comment on column session_history.whiteboard_name is 'Name of the whiteboard.';
comment on column session_history.times_moved is 'How often it was moved to another time.';

revoke all on table session_history from public;
grant select on table session_history to sessionbook_app, sessionbook_reader;
