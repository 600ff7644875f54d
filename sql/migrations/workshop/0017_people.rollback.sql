drop table attendance;
alter table workshop_sessions
drop constraint workshop_sessions_min_attendees_check,
drop column minimum_asked_at,
drop column decide_at,
drop column min_attendees;
alter table settings
drop constraint settings_completion_share_check,
drop constraint settings_country_code_check,
drop column completion_share,
drop column country_code;
drop index enrollments_session_id_student_phone_idx;
create index enrollments_session_id_student_phone_idx on enrollments (session_id, student_phone);
