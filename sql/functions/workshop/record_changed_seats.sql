-- requires: functions/lifecycle.actor, functions/lifecycle.now
-- security: nobody but the owner writes events; what goes into them is of the row, actor and time of the session.
-- Locks: none; it only inserts.
create or replace function record_changed_seats()
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
        case
            when new.session_id is distinct from old.session_id then 'enrollment.moved' else 'enrollment.seats_changed'
        end,
        new.id,
        jsonb_build_object(
            'session_id', new.session_id,
            'seats', new.seats,
            'from_session_id', old.session_id,
            'from_seats', old.seats
        ),
        lifecycle.actor(),
        lifecycle.now()
    );
    return null;
end
$function$;

comment on function record_changed_seats() is
'Trigger function (after update, row, if session or seats changed): an event enrollment.moved or
enrollment.seats_changed. No arguments. Returns null. Raises nothing.';

revoke all on function record_changed_seats() from public;
