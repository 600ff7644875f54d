-- requires: functions/lifecycle.actor, functions/lifecycle.now
-- security: nobody but the owner writes events; what goes into them is of the row, actor and time of the session.
-- Locks: none; it only inserts.
create or replace function record_waiting()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    insert into pending_events (kind, subject_id, payload, actor, occurred_at)
    values (
        'waitlist.created',
        new.id,
        jsonb_build_object('session_id', new.session_id, 'seats', new.seats, 'status', new.status),
        lifecycle.actor(),
        lifecycle.now()
    );
    return null;
end
$function$;

comment on function record_waiting() is
'Trigger function (after insert, row): an event waitlist.created. No arguments. Returns null. Raises nothing.';

revoke all on function record_waiting() from public;
