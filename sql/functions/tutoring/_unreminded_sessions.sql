-- Sessions that start after the newest reminder have none yet, so a full batch is mostly found there at once,
-- in a tick of any size. Only if that gives no full batch, two indexes in the same order are walked side by side
-- through the hour ahead, for sessions that were moved or made in between.
-- Locks: the sessions, skipping locked ones.
create or replace function _unreminded_sessions(
    p_now timestamptz,
    p_lead interval,
    p_limit integer,
    p_postponed bigint[]
)
returns text[]
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
set enable_nestloop = off
set enable_hashjoin = off
set enable_bitmapscan = off
set jit = off
as $function$
declare
    v_until constant timestamptz := p_now + p_lead;
    v_newest record;
    v_ids text[];
begin
    select r.for_starts_at, r.session_id
    into v_newest
    from reminders as r
    where r.is_reminder
    order by r.for_starts_at desc, r.session_id desc
    limit 1;
    if v_newest.for_starts_at > p_now then
        v_ids := array(
            select s.id
            from sessions as s
            where (s.starts_at, s.id) > (v_newest.for_starts_at, v_newest.session_id)
                and s.starts_at <= v_until
                and s.id <> all(p_postponed)
            order by s.starts_at, s.id
            limit p_limit
            for no key update of s skip locked
        );
        if cardinality(v_ids) = p_limit then
            return v_ids;
        end if;
    end if;
    return array(
        select s.id
        from sessions as s
        where s.starts_at > p_now
            and s.starts_at <= v_until
            and not exists (
                select
                from reminders as r
                where r.is_reminder
                    and r.for_starts_at = s.starts_at
                    and r.session_id = s.id
                    and r.for_starts_at > p_now
                    and r.for_starts_at <= v_until
            )
            and s.id <> all(p_postponed)
        order by s.starts_at, s.id
        limit p_limit
        for no key update of s skip locked
    );
end
$function$;

comment on function _unreminded_sessions(timestamptz, interval, integer, bigint[]) is
'Sessions that start within p_lead after p_now and have no reminder of that start, locked, soonest first among those
after the newest reminder, then the others, without locked ones. p_limit: most sessions; p_postponed: keys of sessions
to leave out. Returns keys. Raises nothing.';

revoke all on function _unreminded_sessions(timestamptz, interval, integer, bigint[]) from public;
