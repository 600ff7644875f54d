-- requires: functions/lifecycle.shown
-- A lease that ran out is lost only when another has claimed since: until then a late word that it was sent is true,
-- and spares the student a second message.
-- Locks: the reminder, nothing after it.
create or replace function _lock_claim(
    p_reminder_id bigint,
    p_worker text,
    p_states text[]
)
returns reminders
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_reminder reminders;
begin
    select r.* into v_reminder
    from reminders as r
    where r.id = p_reminder_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'reminder_not_found',
            message = format('there is no reminder %s', coalesce(p_reminder_id::text, 'null')),
            detail = e'key: reminder_not_found\n'
                || 'No row of reminders has this id; a session deleted for good takes its reminders with it.',
            hint = 'Use the id that claim_reminders() gave.';
    end if;
    if v_reminder.worker is distinct from p_worker or v_reminder.state <> all(p_states) then
        raise exception using
            errcode = 'PT409',
            constraint = 'lease_lost',
            message = format('reminder %s is not with worker %s', p_reminder_id, lifecycle.shown(p_worker)),
            detail = e'key: lease_lost\n' || format(
                'It is %s, claimed last by %s until %s.',
                v_reminder.state, lifecycle.shown(v_reminder.worker), coalesce(v_reminder.lease_until::text, 'null')
            ),
            hint = 'Do not send it; claim_reminders() gives the next ones.';
    end if;
    return v_reminder;
end
$function$;

comment on function _lock_claim(bigint, text, text[]) is
'Locks a reminder for the courier that claimed it last. p_reminder_id: the reminder; p_worker: name it was claimed by;
p_states: what it may be in. Returns its row. Raises PT404 reminder_not_found, PT409 lease_lost.';

revoke all on function _lock_claim(bigint, text, text[]) from public;
