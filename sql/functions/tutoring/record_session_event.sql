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
'Trigger function (after insert, and after update if instants or deletion changed, row): an event session.created,
session.moved, session.deleted or session.restored. No arguments. Returns null. Raises nothing.';

revoke all on function record_session_event() from public;
