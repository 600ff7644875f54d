-- Locks: none; callers have locked the enrollment.
create or replace function _require_active(p_enrollment enrollments, p_now timestamptz)
returns void
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    if p_enrollment.status <> 'successful'
        and not (p_enrollment.status = 'pending' and coalesce(p_enrollment.expires_at > p_now, true))
    then
        raise exception using
            errcode = 'PT409',
            constraint = 'enrollment_not_active',
            message = format('enrollment %s has no seats any more', p_enrollment.id),
            detail = e'key: enrollment_not_active\n' || case p_enrollment.status
                when 'pending' then format('Its hold ran out at %s.', p_enrollment.expires_at)
                else format('It is %s.', p_enrollment.status)
            end,
            hint = 'restore_enrollment() takes its seats again.';
    end if;
end
$function$;

comment on function _require_active(enrollments, timestamptz) is
'Refuses an enrollment that has no seats. p_enrollment: its row; p_now: time to judge by. Returns nothing. Raises PT409
enrollment_not_active (cancelled, rejected, or its hold ran out).';

revoke all on function _require_active(enrollments, timestamptz) from public;
