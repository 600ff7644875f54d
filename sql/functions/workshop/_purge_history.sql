-- Entries that wait or have an offer are kept at any age.
-- Locks: the rows it deletes.
create or replace function _purge_history(p_before timestamptz, p_limit integer)
returns bigint
language sql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
    with old as (
        select w.id
        from waitlist_entries as w
        where w.status in ('redeemed', 'expired', 'left', 'closed') and w.joined_at < p_before
        order by w.joined_at
        limit p_limit
    ),
    gone as (
        delete from waitlist_entries as w
        using old as o
        where o.id = w.id
        returning w.id
    )
    select count(*) from gone as g;
$function$;

comment on function _purge_history(timestamptz, integer) is
'Deletes the oldest entries of waiting lists that are closed. p_before: those that joined before (null: none); p_limit:
most rows. Returns how many were deleted; 0: nothing is left to delete. Raises nothing.';

revoke all on function _purge_history(timestamptz, integer) from public;
