-- requires: functions/_refuse_claim, functions/fail_reminders
-- security: couriers fail without rights on the table; only the worker of the claim gets past fail_reminders().
-- Locks: the reminder, nothing after it, so that it cannot deadlock.
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
    v_failed record;
begin
    select f.next_attempt_at, f.problem
    into v_failed
    from fail_reminders(array[p_reminder_id], p_worker, p_error, p_retry_after, p_permanent) as f;
    if v_failed.problem is not null then
        perform _refuse_claim(p_reminder_id, p_worker);
    end if;
    return v_failed.next_attempt_at;
end
$function$;

comment on function fail_reminder(bigint, text, text, interval, boolean) is
'Records that a reminder could not be sent. It is tried again after 15, 30, 60 and 120 seconds, and given up after 5
attempts. p_reminder_id: the reminder; p_worker: the name that claimed it; p_error: what happened; the first 1000
characters are kept in last_error; p_retry_after: shortest wait, such as from a Retry-After header (default null);
p_permanent: true gives up at once (default false). Returns when it is tried again, null if never. A repeated call by
the same courier changes nothing. Raises PT404 reminder_not_found, PT409 lease_lost if another courier has claimed it
since.';

revoke all on function fail_reminder(bigint, text, text, interval, boolean) from public;
grant execute on function fail_reminder(bigint, text, text, interval, boolean) to sessionbook_app, sessionbook_courier;
