-- requires: functions/lifecycle.actor, functions/lifecycle.now
-- security: nobody but the owner writes events; what goes into them is of the row, actor and time of the session.
-- Locks: none; it only inserts.
create or replace function record_enrollment()
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
            'enrollment.created',
            new.id,
            jsonb_build_object(
                'session_id', new.session_id, 'seats', new.seats, 'status', new.status, 'order_id', new.order_id
            ),
            lifecycle.actor(),
            lifecycle.now()
        );
    else
        insert into pending_events (kind, subject_id, payload, actor, occurred_at)
        values (
            'enrollment.changed',
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
    end if;
    return null;
end
$function$;

comment on function record_enrollment() is
'Trigger function (after insert, and after update if session or seats changed, row): an event enrollment.created or
enrollment.changed. No arguments. Returns null. Raises nothing.';

revoke all on function record_enrollment() from public;
