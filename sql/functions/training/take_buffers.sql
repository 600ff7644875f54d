-- requires: functions/lifecycle.now
-- security: a caller that writes a session needs no rights on trainers and venues; it reads the two that are
-- named.
-- Locks: none; who holds a session waits for nobody's parent. schedule_session() and update_session() have locked both.
-- A caller that writes the table itself at the moment at which a buffer changes may copy the old one.
create or replace function take_buffers()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    -- A conflict is accepted only at the time and place that it had when the table was adopted.
    if tg_op = 'UPDATE'
        and (old.trainer_id, old.venue_id, old.start_time, old.end_time)
        is distinct from (new.trainer_id, new.venue_id, new.start_time, new.end_time)
    then
        new.accepted_conflict := false;
    end if;
    -- Past sessions keep the buffers that they had; past sessions that are imported have none.
    if new.status in ('DRAFT', 'SCHEDULED') and coalesce(new.end_time > lifecycle.now(), true) then
        select t.buffer_before, t.buffer_after into new.trainer_buffer_before, new.trainer_buffer_after
        from trainers as t
        where t.id = new.trainer_id;
        select v.buffer_before, v.buffer_after into new.venue_buffer_before, new.venue_buffer_after
        from venues as v
        where v.id = new.venue_id;
    elsif tg_op = 'UPDATE' then
        new.trainer_buffer_before := old.trainer_buffer_before;
        new.trainer_buffer_after := old.trainer_buffer_after;
        new.venue_buffer_before := old.venue_buffer_before;
        new.venue_buffer_after := old.venue_buffer_after;
    else
        new.trainer_buffer_before := null;
        new.trainer_buffer_after := null;
        new.venue_buffer_before := null;
        new.venue_buffer_after := null;
    end if;
    new.trainer_buffer_before := coalesce(new.trainer_buffer_before, '0');
    new.trainer_buffer_after := coalesce(new.trainer_buffer_after, '0');
    new.venue_buffer_before := coalesce(new.venue_buffer_before, '0');
    new.venue_buffer_after := coalesce(new.venue_buffer_after, '0');
    return new;
end
$function$;

comment on function take_buffers() is
'Trigger function (before insert or update, row): while a session is to come its buffers are those of its trainer and
venue, whatever the statement says; then they stay. A session that moves is no accepted_conflict any more. No arguments. Returns the row. Raises nothing.';

revoke all on function take_buffers() from public;
