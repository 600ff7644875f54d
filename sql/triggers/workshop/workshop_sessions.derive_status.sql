-- requires: functions/derive_session_status
create or replace trigger zz_100_derive_status
before insert or update of current_attendees, max_attendees on workshop_sessions
for each row
execute function derive_session_status();

-- Also for rows that come by replication.
alter table workshop_sessions enable always trigger zz_100_derive_status;

comment on trigger zz_100_derive_status on workshop_sessions is
'Status follows the seats; more attendees than seats are refused; seats that are free are offered to those who wait.';
