-- requires: functions/refuse_deletion
create or replace trigger zz_100_refuse_deletion
before delete on workshop_runs
for each row
execute function refuse_deletion('run');

comment on trigger zz_100_refuse_deletion on workshop_runs is
'A run with bookings or a waiting list cannot be deleted.';
