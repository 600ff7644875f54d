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
            jsonb_build_object('starts_at', new.starts_at, 'ends_at', new.ends_at, 'status', new.status),
            lifecycle.actor(),
            lifecycle.now()
        );
    else
        insert into pending_events (kind, subject_id, payload, actor, occurred_at)
        values (
            'session.moved',
            new.id,
            jsonb_build_object(
                'starts_at', new.starts_at,
                'ends_at', new.ends_at,
                'from_starts_at', old.starts_at,
                'from_ends_at', old.ends_at
            ),
            lifecycle.actor(),
            lifecycle.now()
        );
    end if;
    return null;
end
$function$;

comment on function record_session_event() is
'Trigger function (after insert, and after update if the instants changed, row): an event session.created or
session.moved. No arguments. Returns null. Raises nothing.';

revoke all on function record_session_event() from public;
