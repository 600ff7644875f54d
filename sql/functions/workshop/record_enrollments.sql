-- requires: functions/lifecycle.actor, functions/lifecycle.now
-- security: nobody but the owner writes events; what goes into them is of the rows, actor and time of the session.
-- Per statement, because orders, runs and lists enroll several people with one.
-- Locks: none; it only inserts.
create or replace function record_enrollments()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    insert into pending_events (kind, subject_id, payload, actor, occurred_at)
    select
        'enrollment.created',
        a.id,
        jsonb_build_object('session_id', a.session_id, 'seats', a.seats, 'status', a.status, 'order_id', a.order_id),
        lifecycle.actor(),
        lifecycle.now()
    from added as a;
    return null;
end
$function$;

comment on function record_enrollments() is
'Trigger function (after insert on enrollments, statement, new rows as added): an event enrollment.created for each. No
arguments. Returns null. Raises nothing.';

revoke all on function record_enrollments() from public;
