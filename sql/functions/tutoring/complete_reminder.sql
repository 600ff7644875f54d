-- requires: functions/_refuse_claim, functions/complete_reminders, functions/lifecycle.now
-- security: couriers complete without rights on the table; only the worker of the claim finds its reminder.
-- Locks: the reminder, nothing after it, so that it cannot deadlock.
create or replace function complete_reminder(
    p_reminder_id bigint,
    p_worker text
)
returns void
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
begin
    update reminders as r
    set state = 'sent',
        reason = null,
        settled_at = v_now
    where r.id = p_reminder_id
        and r.worker = p_worker
        and r.state in ('claimed', 'missed');
    if not found then
        -- Already sent, or it raises the reason.
        perform _refuse_claim(p_reminder_id, p_worker)
        from complete_reminders(array[p_reminder_id], p_worker) as c
        where c.problem is not null;
    end if;
end
$function$;

comment on function complete_reminder(bigint, text) is
'Records that a reminder was sent. A repeated call by the same courier changes nothing. p_reminder_id: the reminder;
p_worker: the name that claimed it. Returns nothing. Raises PT404 reminder_not_found, PT409 lease_lost if another
courier has claimed it since.';

revoke all on function complete_reminder(bigint, text) from public;
grant execute on function complete_reminder(bigint, text) to sessionbook_app, sessionbook_courier;
