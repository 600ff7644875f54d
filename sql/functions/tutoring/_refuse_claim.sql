-- requires: functions/lifecycle.shown
-- Locks: none.
create or replace function _refuse_claim(p_reminder_id bigint, p_worker text)
returns void
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_reminder reminders;
begin
    select r.* into v_reminder
    from reminders as r
    where r.id = p_reminder_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'reminder_not_found',
            message = format('there is no reminder %s', coalesce(p_reminder_id::text, 'null')),
            detail = e'key: reminder_not_found\n'
                || 'No row of reminders has this id. Reminders are deleted together with their session.',
            hint = 'Use the id that claim_reminders() returned.';
    end if;
    raise exception using
        errcode = 'PT409',
        constraint = 'lease_lost',
        message = format('reminder %s is no longer claimed by worker %s', p_reminder_id, lifecycle.shown(p_worker)),
        detail = e'key: lease_lost\n' || format(
            'Its state is %s; %s claimed it last, until %s.',
            v_reminder.state, lifecycle.shown(v_reminder.worker), coalesce(v_reminder.lease_until::text, 'null')
        ),
        hint = 'Do not send it; claim_reminders() returns the next ones.';
end
$function$;

comment on function _refuse_claim(bigint, text) is
'Says why a courier may not settle a reminder. p_reminder_id: the reminder; p_worker: name of the courier. Returns
nothing. Raises PT404 reminder_not_found, PT409 lease_lost.';

revoke all on function _refuse_claim(bigint, text) from public;
