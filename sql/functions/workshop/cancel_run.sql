-- requires: functions/_close_sessions, functions/_lock_pending_orders
-- security: as cancel_session().
-- Locks: as _lock_pending_orders(), then as _close_sessions(); then those who wait for the run; or, if the run has no
-- sessions, the run and nothing after it.
create or replace function cancel_run(p_run_id uuid, p_expected_updated_at timestamptz default null)
returns setof cancellation_notice
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_session_ids uuid[];
    v_updated_at timestamptz;
begin
    v_session_ids := array(select s.id from workshop_sessions as s where s.run_id = p_run_id);
    perform _lock_pending_orders(v_session_ids);
    -- Locked as they are found: sessions that were completed, or moved to another run, while this waited are skipped.
    v_session_ids := array(
        select s.id
        from workshop_sessions as s
        where s.run_id = p_run_id and s.status <> 'completed'
        order by s.id
        for no key update
    );
    -- Not locked, because a transaction that has locked a session must never wait for its run.
    select r.updated_at
    into v_updated_at
    from workshop_runs as r
    where r.id = p_run_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'run_not_found',
            message = format('there is no run %s', coalesce(p_run_id::text, 'null')),
            detail = e'key: run_not_found\n' || 'No row of workshop_runs has this id.',
            hint = 'Look it up in workshop_run_summary.';
    end if;
    if p_expected_updated_at <> v_updated_at then
        raise exception using
            errcode = 'PT409',
            constraint = 'changed_meanwhile',
            message = format('run %s was changed by somebody else', p_run_id),
            detail = e'key: changed_meanwhile\n' || format('It was last changed at %s.', v_updated_at),
            hint = 'Read the row again, then repeat the call with its current updated_at.';
    end if;
    return query
    select c.*
    from _close_sessions(v_session_ids) as c;
    -- Their offers hold seats in its sessions, and are returned with these.
    return query
    select
        null::uuid, 'waitlist', null::uuid, w.id, null::uuid, null::text, null::text, w.student_name::text,
        w.student_email::text, w.student_phone::text, w.seats, null::numeric
    from waitlist_entries as w
    where w.run_id = p_run_id and w.status = 'waiting'
    order by w.priority desc, w.joined_at, w.id;
    update waitlist_entries as w
    set status = 'closed'
    where w.run_id = p_run_id and w.status in ('waiting', 'offered');
    -- A run with sessions follows them; one without sessions is written here.
    update workshop_runs as r
    set status = 'cancelled'
    where r.id = p_run_id
        and r.status <> 'cancelled'
        and not exists (select from workshop_sessions as s where s.run_id = r.id);
end
$function$;

comment on function cancel_run(uuid, timestamptz) is
'Cancels all sessions of a run that are not completed, each as cancel_session() does; the run follows at the end of the
transaction: cancelled, or completed if a session took place. p_run_id: the run; p_expected_updated_at: updated_at of
the run''s row that the caller has seen (null: not checked). Returns the people to inform, as cancel_session(). Raises
PT404 run_not_found, PT409 changed_meanwhile; 55P03 order_made_meanwhile, to be called again.';

revoke all on function cancel_run(uuid, timestamptz) from public;
grant execute on function cancel_run(uuid, timestamptz) to sessionbook_app;
