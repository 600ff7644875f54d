-- requires: functions/refuse_deletion
create or replace trigger zz_100_refuse_deletion
before delete on workshop_sessions
for each row
execute function refuse_deletion('session');

comment on trigger zz_100_refuse_deletion on workshop_sessions is
'A session with bookings or a waiting list cannot be deleted.';
