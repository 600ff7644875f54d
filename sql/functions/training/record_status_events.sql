-- security: nobody but the owner writes events. Only what is in the history goes into them.
-- Per statement, because the clock records thousands of moves with one.
-- Locks: none; it only inserts.
create or replace function record_status_events()
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
        split_part(a.machine, '.', 2) || '.' || lower(coalesce(a.to_status, 'no_status') collate "C"),
        a.subject_id,
        jsonb_build_object('from', a.from_status, 'to', a.to_status, 'cause', a.cause),
        a.actor,
        a.changed_at
    from added as a
    order by a.id;
    return null;
end
$function$;

comment on function record_status_events() is
'Trigger function (after insert on status_changes, statement, new rows as added): one event for each move of a status,
such as session.cancelled. No arguments. Returns null. Raises nothing.';

revoke all on function record_status_events() from public;
