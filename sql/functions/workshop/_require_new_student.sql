-- requires: functions/_find_enrollments
-- Locks: none; the caller has locked the session, so that no other enrollment of the student is on its way.
create or replace function _require_new_student(
    p_session_id uuid,
    p_student_email text,
    p_student_phone text,
    p_now timestamptz
)
returns void
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_enrollment_id uuid;
begin
    select f.enrollment_id
    into v_enrollment_id
    from _find_enrollments(p_session_id, p_student_email, p_student_phone, p_now) as f
    limit 1;
    if found then
        raise exception using
            errcode = 'PT409',
            constraint = 'already_enrolled',
            message = format('the student is already enrolled in session %s', p_session_id),
            detail = e'key: already_enrolled\n'
                || format('Enrollment %s has the same e-mail address or phone number.', v_enrollment_id),
            hint = 'Use that one, or cancel_enrollment() it first.';
    end if;
end
$function$;

comment on function _require_new_student(uuid, text, text, timestamptz) is
'Raises an error if a student has an active enrollment in a session. p_session_id: the session, locked by the caller;
p_student_email, p_student_phone: of the student, null: not given; p_now: time to judge by. Returns nothing. Raises
PT409 already_enrolled.';

revoke all on function _require_new_student(uuid, text, text, timestamptz) from public;
