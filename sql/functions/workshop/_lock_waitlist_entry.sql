-- Locks: the session, then the entry.
create or replace function _lock_waitlist_entry(p_entry_id uuid)
returns waitlist_entries
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_entry waitlist_entries;
begin
    perform
    from workshop_sessions as s
    where s.id = (select w.session_id from waitlist_entries as w where w.id = p_entry_id)
    for no key update;
    select w.*
    into v_entry
    from waitlist_entries as w
    where w.id = p_entry_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'waitlist_entry_not_found',
            message = format('there is no waiting list entry %s', coalesce(p_entry_id::text, 'null')),
            detail = e'key: waitlist_entry_not_found\n' || 'No row of waitlist_entries has this id.',
            hint = 'Look it up in waitlist_entries.';
    end if;
    return v_entry;
end
$function$;

comment on function _lock_waitlist_entry(uuid) is
'Locks an entry of a waiting list, and its session before it. p_entry_id: the entry. Returns its row of
waitlist_entries. Raises PT404 waitlist_entry_not_found.';

revoke all on function _lock_waitlist_entry(uuid) from public;
