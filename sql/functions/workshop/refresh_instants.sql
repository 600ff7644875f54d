-- requires: functions/derive_session_instants, functions/lifecycle.now
-- Locks: all sessions that are not over, in id order.
create or replace function refresh_instants()
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_changed bigint;
begin
    with before as materialized (
        select s.id, s.starts_at, s.ends_at, s.over_at
        from workshop_sessions as s
        where s.status in ('upcoming', 'active', 'full')
            or s.status = 'cancelled' and s.over_at > v_now
        order by s.id
        for no key update
    ),
    refreshed as (
        -- Written with what it holds: the trigger that derives the instants does the rest.
        update workshop_sessions as s
        set timezone = s.timezone
        from before as b
        where b.id = s.id
        returning (b.starts_at, b.ends_at, b.over_at) is distinct from (s.starts_at, s.ends_at, s.over_at) as is_changed
    )
    select count(*) filter (where r.is_changed)
    into v_changed
    from refreshed as r;
    return v_changed;
end
$function$;

comment on function refresh_instants() is
'Computes starts_at, ends_at and over_at of sessions that are not over again, after an update of the time zone database.
No arguments. Returns how many sessions changed. Raises PT400 unknown_timezone if a zone is gone.';

revoke all on function refresh_instants() from public;
