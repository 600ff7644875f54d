-- requires: functions/follow_sessions
-- The condition of a step is asked again here, because a failed step is tried later on its own.
-- Locks: the sessions that move, then their runs in id order. Holding sessions, it waits only for runs, whose holders
-- wait for no session.
create or replace function apply_step(
    p_step text,
    p_ids uuid[],
    p_now timestamptz
)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_moved bigint := 0;
    v_run_ids uuid [];
begin
    if p_step = 'complete_sessions' then
        with completed as (
            update workshop_sessions as s
            set status = 'completed'
            where s.id = any(p_ids)
                and s.status in ('upcoming', 'active', 'full')
                and s.over_at <= p_now
            returning s.run_id
        )
        select count(*), coalesce(array_agg(distinct c.run_id) filter (where c.run_id is not null), '{}')
        into v_moved, v_run_ids
        from completed as c;
        perform follow_sessions(v_run_ids);
    end if;
    return v_moved;
end
$function$;

comment on function apply_step(text, uuid[], timestamptz) is
'Takes a step for given sessions, where it is due; their runs follow. p_step: step of advance_sessions(); p_ids:
sessions; p_now: time to judge by. Returns how many sessions moved. Raises nothing of its own; whatever the application''s own
constraints and triggers raise.';

revoke all on function apply_step(text, uuid[], timestamptz) from public;
