-- requires: functions/_lock_claims, functions/lifecycle.now
-- security: couriers fail without rights on the table; only the worker of the claim finds its reminders, and the list
-- has a cap.
-- Locks: as _lock_claims().
create or replace function fail_reminders(
    p_reminder_ids bigint[],
    p_worker text,
    p_error text,
    p_retry_after interval default null,
    p_permanent boolean default false
)
returns table (reminder_id bigint, next_attempt_at timestamptz, problem text)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_wait constant interval := least(coalesce(p_retry_after, interval '0'), interval '1 day');
begin
    perform _lock_claims(p_reminder_ids);
    return query
    with failed as (
        update reminders as r
        set state = case when x.next_attempt_at is null then 'failed' else 'queued' end,
            last_error = left(p_error, 1000),
            next_attempt_at = x.next_attempt_at,
            settled_at = case when x.next_attempt_at is null then v_now end
        from (
            select
                c.id,
                case
                    when c.attempts < 5 and not coalesce(p_permanent, false)
                        then v_now + greatest(interval '15 seconds' * power(2, c.attempts - 1), v_wait)
                end as next_attempt_at
            from reminders as c
            where c.id = any(p_reminder_ids) and c.worker = p_worker and c.state = 'claimed'
        ) as x
        where x.id = r.id
        returning r.id, r.next_attempt_at
    )
    select
        a.id,
        case when f.id is not null then f.next_attempt_at when r.worker = p_worker then r.next_attempt_at end,
        case
            when r.id is null then 'reminder_not_found'
            when r.worker is distinct from p_worker or r.state in ('skipped', 'prevented') then 'lease_lost'
        end
    from (select distinct u.id from unnest(p_reminder_ids) as u (id)) as a
    left join reminders as r on a.id = r.id
    left join failed as f on a.id = f.id
    order by a.id;
end
$function$;

comment on function fail_reminders(bigint[], text, text, interval, boolean) is
'Records that reminders could not be sent, all for the same reason, as fail_reminder() does for one. p_reminder_ids: the
reminders, at most 1000; p_worker: the name that claimed them; p_error, p_retry_after, p_permanent: as for
fail_reminder(). Returns a row for each: reminder_id, next_attempt_at (null: it is not tried again), and problem (null:
none; reminder_not_found; lease_lost: another courier has claimed it since). A problem with one does not stop the
others. Raises PT400 too_many.';

revoke all on function fail_reminders(bigint[], text, text, interval, boolean) from public;
grant execute on function fail_reminders(
    bigint[], text, text, interval, boolean
) to sessionbook_app, sessionbook_courier;
