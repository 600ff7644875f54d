-- requires: functions/take_buffers
create or replace trigger zz_300_take_buffers
before insert or update of
trainer_id, venue_id, start_time, end_time, status,
trainer_buffer_before, trainer_buffer_after, venue_buffer_before, venue_buffer_after
on sessions
for each row execute function take_buffers();

comment on trigger zz_300_take_buffers on sessions is 'Buffers are the trainer''s and the venue''s.';
