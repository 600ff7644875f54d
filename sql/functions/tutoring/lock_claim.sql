-- A lease that ran out is lost only when another has claimed since: until then a late word that it was sent is true,
-- and spares the student a second message.
-- Locks: the reminder.
create or replace function lock_claim(
    p_reminder_id bigint,
    p_worker text
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
    if v_reminder.claimed_by is distinct from p_worker or v_reminder.state not in ('claimed', 'sent', 'missed') then
        raise exception using
            errcode = 'PT409',
            constraint = 'lease_lost',
            message = format('reminder %s is not with worker %s', p_reminder_id, quote_nullable(p_worker)),
            detail = e'key: lease_lost\n' || format(
                'It is %s, claimed last by %s until %s.',
                v_reminder.state, quote_nullable(v_reminder.claimed_by), coalesce(v_reminder.lease_until::text, 'null')
            ),
            hint = 'Send no more of it; claim_reminders() gives the next ones.';
    end if;
    return v_reminder;
end
$function$;

comment on function lock_claim(bigint, text) is
'Locks a reminder for the courier that claimed it last. p_reminder_id: the reminder; p_worker: name it was claimed by.
Returns its row. Raises PT404 reminder_not_found, PT409 lease_lost.';

revoke all on function lock_claim(bigint, text) from public;
