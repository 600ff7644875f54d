-- requires: functions/_lock_claims, functions/lifecycle.now
-- security: couriers complete without rights on the table; only the worker of the claim finds its reminders, and the
-- list has a cap.
-- One that is lost keeps no other from being completed: all of them were sent, and would be sent again.
-- A lease that ran out is lost only when another has claimed since: until then a late word that it was sent is true,
-- and spares the student a second message.
-- Locks: as _lock_claims().
create or replace function complete_reminders(
    p_reminder_ids bigint[],
    p_worker text
)
returns table (reminder_id bigint, problem text)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
begin
    perform _lock_claims(p_reminder_ids);
    return query
    with completed as (
        update reminders as r
        set state = 'sent',
            reason = null,
            settled_at = v_now
        where r.id = any(p_reminder_ids)
            and r.worker = p_worker
            and r.state in ('claimed', 'missed')
    )
    select
        a.id,
        case
            when r.id is null then 'reminder_not_found'
            when r.worker is distinct from p_worker or r.state not in ('claimed', 'missed', 'sent') then 'lease_lost'
        end
    from (select distinct u.id from unnest(p_reminder_ids) as u (id)) as a
    left join reminders as r on a.id = r.id
    order by a.id;
end
$function$;

comment on function complete_reminders(bigint[], text) is
'Records that reminders were sent, as complete_reminder() does for one. p_reminder_ids: the reminders, at most 1000;
p_worker: the name that claimed them. Returns a row for each: reminder_id, and problem (null: recorded, now or by an
earlier call; reminder_not_found; lease_lost: another courier has claimed it since). A problem with one does not stop
the others. Raises PT400 too_many.';

revoke all on function complete_reminders(bigint[], text) from public;
grant execute on function complete_reminders(bigint[], text) to sessionbook_app, sessionbook_courier;
