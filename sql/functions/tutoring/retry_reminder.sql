-- requires: functions/lifecycle.now
-- security: applications retry without rights on the table; the argument is a key and is never executed as SQL.
-- Locks: the reminder, nothing after it, so that it cannot deadlock.
create or replace function retry_reminder(p_reminder_id bigint)
returns reminders
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_reminder reminders;
    v_other reminders;
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
            detail = e'key: reminder_not_found\n' || 'No row of reminders has this id.',
            hint = 'Look it up in workflow_log.';
    end if;
    if v_reminder.state = 'queued' then
        return v_reminder;
    end if;
    if v_reminder.state <> 'failed' then
        raise exception using
            errcode = 'PT409',
            constraint = 'reminder_not_failed',
            message = format('reminder %s did not fail, it is %s', p_reminder_id, v_reminder.state),
            detail = e'key: reminder_not_failed\n' || 'Only a reminder that was given up can be queued again.',
            hint = 'Queued reminders are sent automatically, skipped and prevented ones too once the reason is gone.';
    end if;
    select r.* into v_other
    from reminders as r
    where r.session_id = v_reminder.session_id
        and r.kind = v_reminder.kind
        and r.student_id = v_reminder.student_id
        and r.for_starts_at = v_reminder.for_starts_at
        and r.state in ('queued', 'claimed');
    if found then
        return v_other;
    end if;
    update reminders as r
    set state = 'queued',
        attempts = 0,
        next_attempt_at = v_now,
        settled_at = null
    where r.id = p_reminder_id
    returning r.* into v_reminder;
    return v_reminder;
end
$function$;

comment on function retry_reminder(bigint) is
'Queues a reminder that was given up again. The next claim checks its session again. p_reminder_id: the reminder.
Returns its row, unchanged if it is already queued; or the row of another queued reminder with the same message. Raises
PT404 reminder_not_found, PT409 reminder_not_failed.';

revoke all on function retry_reminder(bigint) from public;
grant execute on function retry_reminder(bigint) to sessionbook_app;
