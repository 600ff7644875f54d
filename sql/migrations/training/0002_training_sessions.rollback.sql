drop table broken_rules;
drop table settings;
drop table failed_steps;
drop table status_changes;
drop table session_attendees;
drop table sessions;
drop function busy(timestamptz, timestamptz, interval, interval);
drop type attendance_status;
drop type session_status;
