-- Who waits, or has an offer, stays whatever the age.
-- Locks: the rows it deletes.
create or replace function purge_history(p_before timestamptz, p_limit integer)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_deleted bigint;
    v_count bigint;
begin
    delete from status_changes as c
    where c.id in (
        select o.id
        from status_changes as o
        where o.changed_at < p_before
        order by o.changed_at
        limit p_limit
    );
    get diagnostics v_deleted = row_count;
    delete from waitlist_entries as w
    where w.id in (
        select o.id
        from waitlist_entries as o
        where o.status in ('redeemed', 'expired', 'left', 'closed') and o.joined_at < p_before
        order by o.joined_at
        limit p_limit
    );
    get diagnostics v_count = row_count;
    return v_deleted + v_count;
end
$function$;

comment on function purge_history(timestamptz, integer) is
'Deletes the oldest status changes, and entries of waiting lists that are done with. p_before: older than this, entries
by when they joined (null: none); p_limit: at most so many of each. Returns how many were deleted; 0: nothing is left to
delete. Raises nothing.';

revoke all on function purge_history(timestamptz, integer) from public;
