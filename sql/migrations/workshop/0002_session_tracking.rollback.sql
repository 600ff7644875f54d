alter table order_items drop column run_id, drop column session_id;
alter table enrollments drop column session_id;
alter table workshop_sessions
drop column metadata,
drop column run_id,
drop column session_number,
drop column status_ar,
drop column status;
drop domain known_session_status;
drop table workshop_runs;
