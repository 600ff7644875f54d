-- requires: functions/lifecycle.now
-- security: the enrollment is named by its key; its seats go back to its own session.
-- Locks: the session, then the enrollment; another session only where the enrollment was moved there in the meantime.
create or replace function cancel_enrollment(p_enrollment_id uuid)
returns enrollments
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_session_id uuid;
    v_until timestamptz;
    v_starts_at timestamptz;
    v_enrollment enrollments;
begin
    select e.session_id
    into v_session_id
    from enrollments as e
    where e.id = p_enrollment_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'enrollment_not_found',
            message = format('there is no enrollment %s', coalesce(p_enrollment_id::text, 'null')),
            detail = e'key: enrollment_not_found\n' || 'No row of enrollments has this id.',
            hint = 'Look it up in enrollments.';
    end if;
    select s.cancel_until, s.starts_at
    into v_until, v_starts_at
    from workshop_sessions as s
    where s.id = v_session_id
    for no key update;
    select e.*
    into v_enrollment
    from enrollments as e
    where e.id = p_enrollment_id
    for no key update;
    if v_enrollment.status not in ('successful', 'pending') and v_enrollment.expires_at is null then
        return v_enrollment;
    end if;
    if v_enrollment.status in ('successful', 'pending') and (v_now > v_until or v_now >= v_starts_at) then
        raise exception using
            errcode = 'PT409',
            constraint = 'cancel_deadline_passed',
            message = format('enrollment %s can no longer be cancelled', p_enrollment_id),
            detail = e'key: cancel_deadline_passed\n' || case
                when v_now >= v_starts_at then format('The session started at %s.', v_starts_at)
                else format('That was possible until %s.', v_until)
            end,
            hint = 'Cancel or refund its order, or move workshop_sessions.cancel_until.';
    end if;
    if v_enrollment.status in ('successful', 'pending') then
        -- Not below zero, where an application inserted the enrollment and did not count it.
        update workshop_sessions as s
        set current_attendees = greatest(s.current_attendees - v_enrollment.seats, 0)
        where s.id = v_enrollment.session_id;
    end if;
    update enrollments as e
    set status = case when e.status = 'rejected' then e.status else 'cancelled' end, expires_at = null
    where e.id = p_enrollment_id
    returning e.* into v_enrollment;
    return v_enrollment;
end
$function$;

comment on function cancel_enrollment(uuid) is
'Cancels an enrollment and frees its seats, once; one that is cancelled already stays as it is. p_enrollment_id: the
enrollment. Returns its row. A hold that ran out is given up for good: paying late does not bring it back. Raises PT404
enrollment_not_found, PT409 cancel_deadline_passed (after cancel_until of its session, or once that has started).';

revoke all on function cancel_enrollment(uuid) from public;
grant execute on function cancel_enrollment(uuid) to sessionbook_app;
