-- An order that the enrollment is of is locked before anything else, and keeps the enrollment where it is; one without
-- an order may be moved while this waits for its session.
-- Locks: the order, the session (and the one that is named besides, both in id order), then the enrollment.
create or replace function _lock_enrollment(
    p_enrollment_id uuid,
    p_expected_updated_at timestamptz,
    p_session_id uuid default null
)
returns enrollments
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_order_id uuid;
    v_session_id uuid;
    v_enrollment enrollments;
begin
    select e.order_id
    into v_order_id
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
    perform
    from orders as o
    where o.id = v_order_id
    for no key update;
    select e.session_id
    into v_session_id
    from enrollments as e
    where e.id = p_enrollment_id;
    perform
    from workshop_sessions as s
    where s.id in (v_session_id, p_session_id)
    order by s.id
    for no key update;
    select e.*
    into v_enrollment
    from enrollments as e
    where e.id = p_enrollment_id
    for no key update;
    if v_enrollment.session_id is distinct from v_session_id then
        raise exception using
            errcode = '55P03',
            constraint = 'session_moved_meanwhile',
            message = format('enrollment %s has just moved to another session', p_enrollment_id),
            detail = e'key: session_moved_meanwhile\n' || 'Waiting for that session now could cause a deadlock.',
            hint = 'Call again.';
    end if;
    if p_expected_updated_at <> v_enrollment.updated_at then
        raise exception using
            errcode = 'PT409',
            constraint = 'changed_meanwhile',
            message = format('enrollment %s was changed by somebody else', p_enrollment_id),
            detail = e'key: changed_meanwhile\n' || format('It was last changed at %s.', v_enrollment.updated_at),
            hint = 'Read the row again, then repeat the call with its current updated_at.';
    end if;
    return v_enrollment;
end
$function$;

comment on function _lock_enrollment(uuid, timestamptz, uuid) is
'Locks an enrollment, and before it its order and session. p_enrollment_id: the enrollment; p_expected_updated_at: when
it was last changed, as the caller knows it (null: not checked); p_session_id: another session to be locked with its own
(default none). Returns its row of enrollments. Raises PT404 enrollment_not_found, PT409 changed_meanwhile; 55P03
session_moved_meanwhile (call it again).';

revoke all on function _lock_enrollment(uuid, timestamptz, uuid) from public;
