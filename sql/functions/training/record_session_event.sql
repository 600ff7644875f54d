-- requires: functions/lifecycle.actor, functions/lifecycle.now
-- security: nobody but the owner writes events; what goes into them is of the row, actor and time of the session.
-- Locks: none; it only inserts.
create or replace function record_session_event()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    if tg_op = 'INSERT' then
        insert into pending_events (kind, subject_id, payload, actor, occurred_at)
        values (
            'session.created',
            new.id,
            jsonb_build_object('course_id', new.course_id, 'status', new.status),
            lifecycle.actor(),
            lifecycle.now()
        );
    elsif old.deleted_at is distinct from new.deleted_at then
        insert into pending_events (kind, subject_id, payload, actor, occurred_at)
        values (
            case when new.deleted_at is null then 'session.restored' else 'session.deleted' end,
            new.id,
            jsonb_build_object('status', new.status),
            lifecycle.actor(),
            lifecycle.now()
        );
    else
        insert into pending_events (kind, subject_id, payload, actor, occurred_at)
        values (
            'session.moved',
            new.id,
            jsonb_build_object(
                'start_time', new.start_time,
                'end_time', new.end_time,
                'trainer_id', new.trainer_id,
                'venue_id', new.venue_id,
                'from_start_time', old.start_time,
                'from_end_time', old.end_time,
                'from_trainer_id', old.trainer_id,
                'from_venue_id', old.venue_id
            ),
            lifecycle.actor(),
            lifecycle.now()
        );
    end if;
    return null;
end
$function$;

comment on function record_session_event() is
'Trigger function (after insert, and after update if time, trainer, venue or deletion changed, row): an event
session.created, session.moved, session.deleted or session.restored. No arguments. Returns null. Raises nothing.';

revoke all on function record_session_event() from public;
