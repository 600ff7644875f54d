-- requires: functions/lifecycle.setting_interval, functions/lifecycle.now
-- Reminders hold phone numbers and have a retention of their own. Reminders of future sessions are always kept: they
-- prevent sending one twice.
-- Locks: the rows it deletes.
create or replace function _purge_history(p_before timestamptz, p_limit integer)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_deleted bigint;
    v_count bigint;
begin
    delete from reschedules as c
    where c.id in (
        select o.id from reschedules as o where o.changed_at < p_before order by o.changed_at limit p_limit
    );
    get diagnostics v_deleted = row_count;
    delete from idempotency_keys as c
    where (c.enrolled_courses_id, c.idempotency_key) in (
        select o.enrolled_courses_id, o.idempotency_key
        from idempotency_keys as o
        where o.created_at < p_before
        order by o.created_at
        limit p_limit
    );
    get diagnostics v_count = row_count;
    v_deleted := v_deleted + v_count;
    delete from reminders as c
    where c.id in (
        select o.id
        from reminders as o
        where o.settled_at < v_now - lifecycle.setting_interval('keep_reminders')
            and o.for_starts_at < v_now
        order by o.settled_at
        limit p_limit
    );
    get diagnostics v_count = row_count;
    return v_deleted + v_count;
end
$function$;

comment on function _purge_history(timestamptz, integer) is
'Deletes the oldest reschedules and idempotency keys, and reminders finished longer ago than lifecycle.settings
keep_reminders. p_before: reschedules and keys older than this (null: none); p_limit: most rows of each. Returns how
many were deleted; 0: nothing is left to delete. Raises nothing.';

revoke all on function _purge_history(timestamptz, integer) from public;
