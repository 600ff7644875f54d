-- requires: functions/_lock_people, functions/_lock_session, functions/_read_marks, functions/_renew_compliance
-- requires: functions/lifecycle.now, functions/lifecycle.shown
-- security: the application writes no table; it names a session and people on its list.
-- Locks: of a completed session those marked, as _lock_people(); the session, so that nobody completes it meanwhile;
-- then its attendees by person; then as _renew_compliance().
create or replace function mark_attendance(p_session_id text, p_marks jsonb)
returns table (
    marked integer,
    registered integer,
    attended integer,
    no_show integer,
    taken_back text[]
)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_session sessions;
    v_marks record;
    v_stranger record;
    v_before jsonb;
    v_newly text[];
begin
    select
        coalesce(array_agg(m.personnel_id order by m.place), '{}') as ids,
        array_agg(m.status order by m.place) as statuses,
        array_agg(m.has_remarks order by m.place) as have_remarks,
        array_agg(m.remarks order by m.place) as remarks
    into v_marks
    from _read_marks(p_marks) as m;
    if exists (select from sessions as s where s.id = p_session_id and s.status = 'COMPLETED') then
        perform _lock_people(v_marks.ids);
    end if;
    v_session := _lock_session(p_session_id);
    if v_session.status not in ('SCHEDULED', 'COMPLETED') then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_scheduled',
            message = format('session %s is %s', lifecycle.shown(p_session_id), v_session.status),
            detail = e'key: session_not_scheduled\n'
                || 'Attendance can be marked for scheduled and completed sessions only.',
            hint = 'schedule_session() publishes a draft.';
    end if;
    select m.place, m.id into v_stranger
    from unnest(v_marks.ids) with ordinality as m (id, place)
    where not exists (
        select
        from session_attendees as a
        where a.session_id = p_session_id and a.personnel_id = m.id
    )
    order by m.place
    limit 1;
    if found then
        raise exception using
            errcode = 'PT404',
            constraint = 'attendee_not_found',
            message = format(
                'mark %s: %s is not on the list of session %s',
                v_stranger.place, lifecycle.shown(v_stranger.id), lifecycle.shown(p_session_id)
            ),
            detail = e'key: attendee_not_found\n' || 'Nobody was marked.',
            hint = 'session_roster shows the list; add_attendees() adds people to it.';
    end if;
    if lifecycle.now() < v_session.start_time and 'REGISTERED' <> any(v_marks.statuses) then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_started',
            message = format('session %s has not started', lifecycle.shown(p_session_id)),
            detail = e'key: session_not_started\n' || format('It starts at %s.', v_session.start_time),
            hint = 'Mark attendance after the start.';
    end if;
    if v_session.status = 'COMPLETED' and 'REGISTERED' = any(v_marks.statuses) then
        raise exception using
            errcode = 'PT409',
            constraint = 'attendance_unmarked',
            message = format(
                'session %s is completed, nobody on its list can be unmarked', lifecycle.shown(p_session_id)
            ),
            detail = e'key: attendance_unmarked\n' || 'In a completed session everybody has a mark.',
            hint = 'Correct the mark to ATTENDED or NO_SHOW.';
    end if;
    select jsonb_object_agg(l.personnel_id, l.status) into v_before
    from (
        select a.personnel_id, a.status
        from session_attendees as a
        where a.session_id = p_session_id
        order by a.personnel_id
        for no key update
    ) as l;
    update session_attendees as a
    set status = m.status,
        remarks = case when m.has_remarks then m.remarks else a.remarks end
    from unnest(v_marks.ids, v_marks.statuses, v_marks.have_remarks, v_marks.remarks)
        as m (id, status, has_remarks, remarks)
    where a.session_id = p_session_id and a.personnel_id = m.id;
    get diagnostics marked = row_count;
    select
        count(*) filter (where a.status = 'REGISTERED'),
        count(*) filter (where a.status = 'ATTENDED'),
        count(*) filter (where a.status = 'NO_SHOW'),
        coalesce(
            array_agg(a.personnel_id order by a.personnel_id) filter (
                where a.status = 'ATTENDED' and v_before ->> a.personnel_id <> 'ATTENDED'
            ), '{}'
        ),
        coalesce(
            array_agg(a.personnel_id order by a.personnel_id) filter (
                where a.status <> 'ATTENDED' and v_before ->> a.personnel_id = 'ATTENDED'
            ), '{}'
        )
    into registered, attended, no_show, v_newly, taken_back
    from session_attendees as a
    where a.session_id = p_session_id;
    if v_session.status = 'COMPLETED' then
        perform _renew_compliance(v_session.course_id, v_session.end_time, v_newly);
    else
        taken_back := '{}';
    end if;
    return next;
end
$function$;

comment on function mark_attendance(text, jsonb) is
'Records who came to a session. Marks can be corrected after it was completed: people who become ATTENDED then are made
COMPLIANT, as by complete_session(). Compliance is never revoked, because its earlier state is not known: people whose
mark is changed away from ATTENDED are returned in taken_back, for a person to decide. p_session_id: the session;
p_marks: array of at most 1000 objects with personnel_id, status (REGISTERED, ATTENDED, NO_SHOW) and optionally remarks
(if missing, they stay; null deletes them). Returns one row: how many were marked; registered, attended and no_show,
counts of the whole list now; taken_back. Raises PT400 invalid_marks, too_many, invalid_mark, PT404 attendee_not_found
(the message says which element); PT409 session_not_scheduled; PT409 session_not_started for ATTENDED and NO_SHOW before
the start; PT409 attendance_unmarked for REGISTERED on a completed session; PT404 session_not_found, PT409
session_deleted; 55P03 person_held (call it again). An error marks nobody.';

revoke all on function mark_attendance(text, jsonb) from public;
grant execute on function mark_attendance(text, jsonb) to sessionbook_app;
