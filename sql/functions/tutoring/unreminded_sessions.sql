-- Two indexes in the same order are walked side by side: nothing but the hour ahead is read, in any size of the tables,
-- and a batch after the first passes the reminders that are there at a fraction of what looking each up would cost.
-- Locks: none.
create or replace function unreminded_sessions(
    p_now timestamptz,
    p_until timestamptz,
    p_limit integer
)
returns integer[]
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
set enable_nestloop = off
set enable_hashjoin = off
set enable_bitmapscan = off
as $function$
begin
    return array(
        select s.id
        from sessions as s
        where s.starts_at > p_now
            and s.starts_at <= p_until
            and not exists (
                select
                from reminders as r
                where r.kind = 'starts_soon'
                    and r.for_starts_at = s.starts_at
                    and r.session_id = s.id
                    and r.for_starts_at > p_now
                    and r.for_starts_at <= p_until
            )
            and s.id <> all(
                array(
                    select f.subject_id
                    from failed_steps as f
                    where f.step = 'queue_reminders' and f.resolved_at is null
                )
            )
        order by s.starts_at, s.id
        limit p_limit
    );
end
$function$;

comment on function unreminded_sessions(timestamptz, timestamptz, integer) is
'Sessions that start after p_now and not after p_until and have no starts_soon reminder of that start, soonest first,
without those whose reminder could not be queued before. p_limit: most sessions. Returns their keys. Raises nothing.';

revoke all on function unreminded_sessions(timestamptz, timestamptz, integer) from public;
