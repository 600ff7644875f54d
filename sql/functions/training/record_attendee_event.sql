-- requires: functions/lifecycle.actor, functions/lifecycle.now
-- security: nobody but the owner writes events; what goes into them is of the row, actor and time of the session.
-- Locks: none; it only inserts.
create or replace function record_attendee_event()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    if tg_op = 'DELETE' then
        insert into pending_events (kind, subject_id, payload, actor, occurred_at)
        values (
            'attendee.removed',
            old.session_id,
            jsonb_build_object('personnel_id', old.personnel_id),
            lifecycle.actor(),
            lifecycle.now()
        );
    else
        insert into pending_events (kind, subject_id, payload, actor, occurred_at)
        values (
            case tg_op when 'INSERT' then 'attendee.added' else 'attendee.marked' end,
            new.session_id,
            jsonb_build_object('personnel_id', new.personnel_id, 'status', new.status),
            lifecycle.actor(),
            lifecycle.now()
        );
    end if;
    return null;
end
$function$;

comment on function record_attendee_event() is
'Trigger function (after insert and delete, and after update if the status changed, row): an event attendee.added,
attendee.removed or attendee.marked of the session. No arguments. Returns null. Raises nothing.';

revoke all on function record_attendee_event() from public;
