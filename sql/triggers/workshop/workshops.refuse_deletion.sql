-- requires: functions/refuse_deletion
create or replace trigger zz_100_refuse_deletion
before delete on workshops
for each row
execute function refuse_deletion('workshop');

comment on trigger zz_100_refuse_deletion on workshops is
'A workshop with bookings or a waiting list cannot be deleted.';
