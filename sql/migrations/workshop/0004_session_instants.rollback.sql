drop index workshop_sessions_over_at_idx;
alter table workshop_sessions
reset (fillfactor, autovacuum_vacuum_scale_factor),
drop column over_at,
drop column ends_at,
drop column starts_at,
drop column last_date,
drop constraint workshop_sessions_current_attendees_check,
drop constraint workshop_sessions_max_attendees_check,
drop constraint workshop_sessions_duration_check,
drop constraint workshop_sessions_end_date_check,
alter column timezone drop not null;
