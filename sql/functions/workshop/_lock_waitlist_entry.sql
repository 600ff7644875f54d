-- An offer of a whole run is one entry for the run and one for each session; any of these stands for that of the run.
-- Locks: the session or sessions in id order, then the entry, then what it holds.
create or replace function _lock_waitlist_entry(p_entry_id uuid)
returns waitlist_entries
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_id constant uuid := coalesce(
        (select w.run_entry_id from waitlist_entries as w where w.id = p_entry_id), p_entry_id
    );
    v_sessions uuid[];
    v_entry waitlist_entries;
begin
    v_sessions := array(
        select s.id
        from workshop_sessions as s
        where s.id in (select w.session_id from waitlist_entries as w where w.id = v_id or w.run_entry_id = v_id)
        order by s.id
        for no key update
    );
    select w.*
    into v_entry
    from waitlist_entries as w
    where w.id = v_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'waitlist_entry_not_found',
            message = format('there is no waiting list entry %s', coalesce(p_entry_id::text, 'null')),
            detail = e'key: waitlist_entry_not_found\n' || 'No row of waitlist_entries has this id.',
            hint = 'Look it up in waitlist_entries.';
    end if;
    if v_entry.run_id is not null and v_sessions = '{}' and v_entry.status = 'offered' then
        raise exception using
            errcode = '55P03',
            constraint = 'offered_meanwhile',
            message = format('waiting list entry %s has just got its offer', p_entry_id),
            detail = e'key: offered_meanwhile\n' || 'Waiting for its sessions now could cause a deadlock.',
            hint = 'Call again.';
    end if;
    perform
    from waitlist_entries as w
    where w.run_entry_id = v_id
    order by w.id
    for no key update;
    return v_entry;
end
$function$;

comment on function _lock_waitlist_entry(uuid) is
'Locks an entry of a waiting list, and before it its session, or those in which it holds seats. p_entry_id: the entry;
of a run also one that holds seats for it. Returns its row of waitlist_entries. Raises PT404 waitlist_entry_not_found;
55P03 offered_meanwhile (call it again).';

revoke all on function _lock_waitlist_entry(uuid) from public;
