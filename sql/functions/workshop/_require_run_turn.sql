-- Checked once the sessions are locked: joining the waiting list of a run locks them too.
-- Locks: none.
create or replace function _require_run_turn(p_items order_items[], p_now timestamptz, p_waits boolean default false)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_run_id uuid;
begin
    for v_run_id in
        select distinct i.run_id
        from unnest(p_items) as i
        where i.run_id is not null
    loop
        if array(
            select distinct i.session_id
            from unnest(p_items) as i
            where i.run_id = v_run_id
            order by i.session_id
        ) <> array(
            select s.id
            from workshop_sessions as s
            where s.run_id = v_run_id and s.status in ('upcoming', 'active', 'full') and s.starts_at > p_now
            order by s.id
        ) then
            raise exception using
                errcode = 'PT409',
                constraint = 'session_full',
                message = format('the sessions of run %s changed while this call waited for locks', v_run_id),
                detail = e'key: session_full\n' || 'The call has locked the sessions that it had before.',
                hint = 'Try again.';
        end if;
        if not p_waits
            and exists (select from waitlist_entries as w where w.run_id = v_run_id and w.status = 'waiting')
        then
            raise exception using
                errcode = 'PT409',
                constraint = 'session_full',
                message = format('run %s keeps its free seats for its waiting list', v_run_id),
                detail = e'key: session_full\n' || 'People who wait for the whole run get its seats first.',
                hint = 'Choose another run, or join_run_waitlist().';
        end if;
    end loop;
end
$function$;

comment on function _require_run_turn(order_items[], timestamptz, boolean) is
'Refuses somebody who took seats in all sessions of a run and may not have them. p_items: the items, whole runs with
run_id and each of their sessions, which the caller has locked; p_now: time to judge by; p_waits: it is about a place in
the queue (default false). Returns nothing. Raises PT409 session_full (the run has other sessions now, or people wait
for it).';

revoke all on function _require_run_turn(order_items[], timestamptz, boolean) from public;
