-- requires: functions/_lock_claim, functions/lifecycle.now
-- security: couriers fail without any right to the table; only the worker of the claim gets past _lock_claim().
-- Locks: the reminder, nothing after it, so that it can be in no deadlock.
create or replace function fail_reminder(
    p_reminder_id bigint,
    p_worker text,
    p_error text,
    p_retry_after interval default null,
    p_permanent boolean default false
)
returns timestamptz
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_reminder reminders;
    v_next timestamptz;
begin
    v_reminder := _lock_claim(p_reminder_id, p_worker, array['claimed', 'queued', 'failed', 'sent', 'missed']);
    if v_reminder.state <> 'claimed' then
        return v_reminder.next_attempt_at;
    end if;
    if v_reminder.attempts < 5 and not coalesce(p_permanent, false) then
        v_next := v_now + greatest(
            interval '15 seconds' * power(2, v_reminder.attempts - 1),
            least(coalesce(p_retry_after, interval '0'), interval '1 day')
        );
    end if;
    update reminders as r
    set state = case when v_next is null then 'failed' else 'queued' end,
        last_error = left(p_error, 1000),
        next_attempt_at = v_next,
        settled_at = case when v_next is null then v_now end
    where r.id = p_reminder_id;
    return v_next;
end
$function$;

comment on function fail_reminder(bigint, text, text, interval, boolean) is
'Says that a reminder could not be sent: it is tried again after 15, 30, 60 and 120 seconds, and given up after 5
attempts. p_reminder_id: the reminder; p_worker: name it was claimed by; p_error: what happened; the first 1000
characters are kept in last_error; p_retry_after: wait at least this long, such as a Retry-After header says (default
null); p_permanent: true gives up at once (default false). Returns when it is tried again, null if it is not; once more
by the same worker changes nothing. Raises nothing of its own; PT404 reminder_not_found, PT409 lease_lost if another
has claimed it since.';

revoke all on function fail_reminder(bigint, text, text, interval, boolean) from public;
grant execute on function fail_reminder(bigint, text, text, interval, boolean) to sessionbook_app, sessionbook_courier;
