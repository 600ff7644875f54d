-- requires: functions/_lock_enrollment, functions/_require_cancellable, functions/_require_written
-- requires: functions/_settle_order, functions/lifecycle.now
-- security: the enrollment is named by its key; its seats go back to its own session.
-- Locks: as _lock_enrollment(), then as _settle_order().
create or replace function cancel_enrollment(p_enrollment_id uuid, p_expected_updated_at timestamptz default null)
returns enrollments
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_enrollment enrollments;
begin
    v_enrollment := _lock_enrollment(p_enrollment_id, p_expected_updated_at);
    if v_enrollment.status not in ('successful', 'pending') and v_enrollment.expires_at is null then
        return v_enrollment;
    end if;
    if v_enrollment.status in ('successful', 'pending') then
        perform _require_cancellable(p_enrollment_id, v_enrollment.session_id, v_now);
        -- Not below zero, if an application inserted the enrollment and did not count it.
        update workshop_sessions as s
        set current_attendees = greatest(s.current_attendees - v_enrollment.seats, 0)
        where s.id = v_enrollment.session_id;
    end if;
    update enrollments as e
    set status = case when e.status = 'rejected' then e.status else 'cancelled' end, expires_at = null
    where e.id = p_enrollment_id
    returning e.* into v_enrollment;
    if not found then
        perform _require_written('enrollments', 0, 1);
    end if;
    perform _settle_order(v_enrollment.order_id, v_now);
    return v_enrollment;
end
$function$;

comment on function cancel_enrollment(uuid, timestamptz) is
'Cancels an enrollment and frees its seats. A cancelled enrollment stays as it is. p_enrollment_id: the enrollment;
p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns its row. If its hold
had run out, a late payment can no longer restore it. If the order has seats left and nothing more is due for them, it
becomes paid. Raises PT404 enrollment_not_found, PT409 cancel_deadline_passed (after cancel_until of its session, or
once that has started), PT409 changed_meanwhile, PT409 session_closed (a trigger of the application prevented the
update); 55P03 session_moved_meanwhile (call it again).';

revoke all on function cancel_enrollment(uuid, timestamptz) from public;
grant execute on function cancel_enrollment(uuid, timestamptz) to sessionbook_app;
