-- requires: functions/_lock_people, functions/_lock_session, functions/_renew_compliance, functions/lifecycle.now
-- requires: functions/lifecycle.shown
-- security: the application writes no table; it names one session, and the rules decide the rest.
-- Locks: those who attended, as _lock_people(); the session; its attendees by person, so that a caller that marked one
-- meanwhile is seen, or stops this transaction; then as _renew_compliance().
create or replace function complete_session(p_session_id text, p_expected_updated_at timestamptz default null)
returns sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_session sessions;
    v_list record;
begin
    perform _lock_people(array(
        select a.personnel_id
        from session_attendees as a
        inner join sessions as s on a.session_id = s.id
        where a.session_id = p_session_id and a.status = 'ATTENDED' and s.status = 'SCHEDULED'
    ));
    v_session := _lock_session(p_session_id, p_expected_updated_at);
    if v_session.status = 'COMPLETED' then
        return v_session;
    end if;
    if v_session.status <> 'SCHEDULED' then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_scheduled',
            message = format('session %s is %s', lifecycle.shown(p_session_id), v_session.status),
            detail = e'key: session_not_scheduled\n' || 'Only a scheduled session can be completed.',
            hint = 'schedule_session() publishes a draft.';
    end if;
    if lifecycle.now() < v_session.start_time then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_started',
            message = format('session %s has not started', lifecycle.shown(p_session_id)),
            detail = e'key: session_not_started\n' || format('It starts at %s.', v_session.start_time),
            hint = 'Complete it after its start, or cancel it.';
    end if;
    select
        count(*) as attendees,
        count(*) filter (where l.status = 'REGISTERED') as unmarked,
        array_agg(l.personnel_id) filter (where l.status = 'ATTENDED') as attended
    into v_list
    from (
        select a.personnel_id, a.status
        from session_attendees as a
        where a.session_id = p_session_id
        order by a.personnel_id
        for no key update
    ) as l;
    if v_list.attendees = 0 or v_list.unmarked > 0 then
        raise exception using
            errcode = 'PT409',
            constraint = 'attendance_unmarked',
            message = format('attendance of session %s is not marked', lifecycle.shown(p_session_id)),
            detail = e'key: attendance_unmarked\n' || case
                when v_list.attendees = 0 then 'Nobody is on its list.'
                else format('%s of %s are still REGISTERED.', v_list.unmarked, v_list.attendees)
            end,
            hint = 'Use mark_attendance() first. If nobody was registered, cancel the session.';
    end if;
    update sessions as s
    set status = 'COMPLETED'
    where s.id = p_session_id
    returning s.* into v_session;
    perform _renew_compliance(v_session.course_id, v_session.end_time, v_list.attended);
    return v_session;
end
$function$;

comment on function complete_session(text, timestamptz) is
'Completes a scheduled session that has started and whose attendance is marked, and makes those who attended COMPLIANT
for the validity of the course, counted from the end of the session. p_session_id: the session; p_expected_updated_at:
updated_at of the row that the caller has seen (null: not checked). Returns its row, unchanged if it was completed
already. Raises PT409 session_not_scheduled, session_not_started, attendance_unmarked (somebody is still REGISTERED, or
nobody is on the list); PT404 session_not_found, PT409 changed_meanwhile, PT409 session_deleted; 55P03 person_held(call
it again).';

revoke all on function complete_session(text, timestamptz) from public;
grant execute on function complete_session(text, timestamptz) to sessionbook_app;
