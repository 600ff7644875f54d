drop table attendance;
alter table workshop_sessions
add constraint workshop_sessions_waiting_count_check check (waiting_count >= 0),
add constraint workshop_sessions_max_attendees_check check (max_attendees >= 0),
add constraint workshop_sessions_current_attendees_check check (current_attendees >= 0),
add constraint workshop_sessions_end_date_check check (end_date >= session_date),
add constraint workshop_sessions_duration_check check (duration > 0),
add constraint workshop_sessions_booking_window_check check (booking_closes_at > booking_opens_at),
drop column minimum_asked_at,
drop column decide_at,
drop column min_attendees;
alter table settings
drop constraint settings_completion_share_check,
drop constraint settings_country_code_check,
drop column completion_share,
drop column country_code;
drop index enrollments_student_phone_idx;
create index enrollments_student_phone_idx on enrollments (student_phone, session_id);
