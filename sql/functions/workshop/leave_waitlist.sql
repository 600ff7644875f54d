-- requires: functions/_lock_waitlist_entry, functions/derive_session_status
-- security: the entry is named by its key; its seats go back to its own session.
-- Locks: as _lock_waitlist_entry(); then as _offer_seats().
create or replace function leave_waitlist(p_entry_id uuid)
returns waitlist_entries
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_entry waitlist_entries;
    v_was_waiting boolean;
    v_id uuid;
begin
    v_entry := _lock_waitlist_entry(p_entry_id);
    -- Of a whole run, if the one that is named holds seats for it.
    v_id := v_entry.id;
    if v_entry.status = 'redeemed' then
        raise exception using
            errcode = 'PT409',
            constraint = 'offer_redeemed',
            message = format('waiting list entry %s has ended: its offer was accepted', p_entry_id),
            detail = e'key: offer_redeemed\n'
                || format('The seats belong to enrollment %s.', coalesce(v_entry.enrollment_id::text, '(deleted)')),
            hint = 'To give the seats up, use cancel_enrollment().';
    end if;
    if v_entry.status not in ('waiting', 'offered') then
        return v_entry;
    end if;
    v_was_waiting := v_entry.status = 'waiting';
    update waitlist_entries as w
    set status = 'left'
    where w.id = v_id
    returning w.* into v_entry;
    with given_back as (
        update waitlist_entries as w
        set status = 'left'
        where w.run_entry_id = v_id and w.status = 'offered'
        returning w.session_id, w.seats
    )
    update workshop_sessions as s
    set current_attendees = greatest(s.current_attendees - g.seats, 0)
    from given_back as g
    where g.session_id = s.id;
    -- An update that names the counter fires the seat trigger, which offers seats to the next in line.
    update workshop_sessions as s
    set waiting_count = case when v_was_waiting then greatest(s.waiting_count - 1, 0) else s.waiting_count end,
        current_attendees = case
            when v_was_waiting then s.current_attendees
            else greatest(s.current_attendees - v_entry.seats, 0)
        end
    where s.id = v_entry.session_id;
    return v_entry;
end
$function$;

comment on function leave_waitlist(uuid) is
'Removes a student from a waiting list. Seats that were offered go to the next in line in the same transaction.
p_entry_id: the entry. Returns its row: left; or unchanged, if it had already left, expired or been closed. Raises PT404
waitlist_entry_not_found, PT409 offer_redeemed; 55P03 offered_meanwhile (call it again).';

revoke all on function leave_waitlist(uuid) from public;
grant execute on function leave_waitlist(uuid) to sessionbook_app;
