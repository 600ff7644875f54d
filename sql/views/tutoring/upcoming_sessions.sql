-- requires: functions/lifecycle.now
create or replace view upcoming_sessions
with (security_invoker = true)
as
select
    s.id as session_id,
    s.session_date,
    s.start_time,
    s.end_time,
    s.timezone,
    s.starts_at,
    s.ends_at,
    s.duration,
    s.status,
    s.session_mode,
    s.location,
    s.topics,
    s.is_featured,
    s.enrolled_courses_id,
    c.course_name,
    c.student_id,
    st.full_name as student_name,
    c.tutor_id,
    t.full_name as tutor_name,
    s.whiteboard_id,
    b.session_name as whiteboard_name
from sessions as s
left join enrolled_courses as c on s.enrolled_courses_id = c.id
left join enrolled_students as st on c.student_id = st.id
left join tutors as t on c.tutor_id = t.id
left join whiteboard_sessions as b on s.whiteboard_id = b.id
where s.status = 'scheduled'
    and s.deleted_at is null
    and s.starts_at > (select lifecycle.now());

comment on view upcoming_sessions is 'Scheduled sessions that start after lifecycle.now(), with people and place.';
comment on column upcoming_sessions.session_id is 'Key of the session.';
comment on column upcoming_sessions.session_date is 'Local day of the start.';
comment on column upcoming_sessions.start_time is 'Local start.';
comment on column upcoming_sessions.end_time is 'Local end; at or before start_time: on the next day.';
comment on column upcoming_sessions.timezone is 'IANA time zone of date and times.';
comment on column upcoming_sessions.starts_at is 'Instant of the start.';
comment on column upcoming_sessions.ends_at is 'Instant of the end.';
comment on column upcoming_sessions.duration is 'Length in minutes; null: not given.';
comment on column upcoming_sessions.status is 'scheduled.';
comment on column upcoming_sessions.session_mode is 'How it is held, such as online.';
comment on column upcoming_sessions.location is 'Where it takes place; null: not given.';
comment on column upcoming_sessions.topics is 'Topics planned, an array of texts.';
comment on column upcoming_sessions.is_featured is 'True: shown first.';
comment on column upcoming_sessions.enrolled_courses_id is 'Course that the session is of; null: none.';
comment on column upcoming_sessions.course_name is 'Name of the course.';
comment on column upcoming_sessions.student_id is 'Key of the student.';
comment on column upcoming_sessions.student_name is 'Name of the student.';
comment on column upcoming_sessions.tutor_id is 'Key of the tutor; null: nobody yet.';
comment on column upcoming_sessions.tutor_name is 'Name of the tutor.';
comment on column upcoming_sessions.whiteboard_id is 'Whiteboard of the session; null: none.';
comment on column upcoming_sessions.whiteboard_name is 'Name of the whiteboard.';

revoke all on table upcoming_sessions from public;
grant select on table upcoming_sessions to sessionbook_app, sessionbook_reader;
