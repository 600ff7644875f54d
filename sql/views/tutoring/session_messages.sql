create or replace view session_messages
with (security_invoker = true)
as
select
    s.id as session_id,
    s.starts_at,
    s.alarm_at,
    c.student_id,
    (
        s.deleted_at is not null
        or coalesce(s.status, '') not in ('scheduled', 'in_progress', 'completed')
    ) as is_off,
    case
        when s.deleted_at is not null then 'session_deleted'
        when coalesce(s.status, '') <> 'scheduled' then 'session_' || coalesce(s.status, 'without_status')
        when c.id is null then 'no_course'
        when coalesce(btrim(st.phone), '') = '' then 'no_phone_number'
    end as obstacle,
    nullif(btrim(st.phone), '') as recipient,
    jsonb_build_object(
        'student', st.full_name,
        'tutor', t.full_name,
        'course', c.course_name,
        'session_date', s.session_date,
        'start_time', s.start_time,
        'end_time', s.end_time,
        'timezone', s.timezone,
        'starts_at', s.starts_at,
        'session_mode', s.session_mode,
        'location', s.location
    ) as message,
    -- The same values as in the message, for any column types of an application, and without building the message.
    to_jsonb(s.session_mode) #>> '{}' as session_mode,
    to_jsonb(s.location) #>> '{}' as location
from sessions as s
left join enrolled_courses as c on s.enrolled_courses_id = c.id
left join enrolled_students as st on c.student_id = st.id
left join tutors as t on c.tutor_id = t.id;

comment on view session_messages is 'What a reminder of a session would say, to whom, and what prevents it. Personal.';
comment on column session_messages.session_id is 'Key of the session.';
comment on column session_messages.starts_at is 'Instant of the start.';
comment on column session_messages.alarm_at is 'Instant of the alarm; null: none is wanted.';
comment on column session_messages.student_id is 'Student of the session; null: it has no course.';
comment on column session_messages.is_off is 'True: the session does not take place: deleted, cancelled, no-show.';
comment on column session_messages.obstacle is
'Why no reminder may go out: session_deleted, session_cancelled (or another status), no_course, no_phone_number; null:
nothing stands in the way.';
comment on column session_messages.recipient is 'Phone number of the student; null: not given. Personal.';
comment on column session_messages.message is
'student, tutor, course, session_date, start_time, end_time, timezone, starts_at, session_mode, location.';
comment on column session_messages.session_mode is 'How the session takes place, as in message.';
comment on column session_messages.location is 'Where it takes place, as in message.';

revoke all on table session_messages from public;
grant select on table session_messages to sessionbook_app;
