-- requires: functions/pass_on_buffers
create or replace trigger zz_500_pass_on_buffers
after update of buffer_before, buffer_after on venues
for each row
when ((old.buffer_before, old.buffer_after) is distinct from (new.buffer_before, new.buffer_after))
execute function pass_on_buffers('venue');

comment on trigger zz_500_pass_on_buffers on venues is 'New buffers reach the sessions to come.';
