-- Locks: none; callers have locked the session.
create or replace function _require_cancellable(p_enrollment_id uuid, p_session_id uuid, p_now timestamptz)
returns void
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_until timestamptz;
    v_starts_at timestamptz;
begin
    select s.cancel_until, s.starts_at
    into v_until, v_starts_at
    from workshop_sessions as s
    where s.id = p_session_id;
    if p_now > v_until or p_now >= v_starts_at then
        raise exception using
            errcode = 'PT409',
            constraint = 'cancel_deadline_passed',
            message = format('enrollment %s can no longer be cancelled', p_enrollment_id),
            detail = e'key: cancel_deadline_passed\n' || case
                when p_now >= v_starts_at then format('The session started at %s.', v_starts_at)
                else format('That was possible until %s.', v_until)
            end,
            hint = 'Cancel or refund its order, or change workshop_sessions.cancel_until.';
    end if;
end
$function$;

comment on function _require_cancellable(uuid, uuid, timestamptz) is
'Refuses if it is too late to give up seats. p_enrollment_id: whose seats; p_session_id: its session; p_now: time to
judge by. Returns nothing. Raises PT409 cancel_deadline_passed (after cancel_until of the session, or once that has
started).';

revoke all on function _require_cancellable(uuid, uuid, timestamptz) from public;
