-- requires: functions/pass_on_sort_name
-- Locks: rows of lists with remarks, by key; then the people in id order and their compliance items, as
-- pass_on_sort_name(), in the order in which marking attendance takes them; then the trainers in id order, their
-- absences and decisions. It never locks a session, so it cannot deadlock with a transaction that has locked one.
create or replace function _erase_rows(p_personnel text[], p_trainers text[])
returns table (table_name text, erased bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform
    from session_attendees as a
    where a.personnel_id = any(p_personnel) and a.remarks is not null
    order by a.session_id, a.personnel_id
    for no key update;
    update session_attendees as a set remarks = null where a.personnel_id = any(p_personnel) and a.remarks is not null;
    get diagnostics erased = row_count;
    table_name := 'session_attendees';
    return next;
    perform from personnel as n where n.id = any(p_personnel) order by n.id for no key update;
    update personnel as n set first_name = 'erased', last_name = 'erased' where n.id = any(p_personnel);
    get diagnostics erased = row_count;
    table_name := 'personnel';
    return next;
    perform from trainers as t where t.id = any(p_trainers) order by t.id for no key update;
    update trainers as t
    set first_name = 'erased', last_name = 'erased', email = null, phone_number = null
    where t.id = any(p_trainers);
    get diagnostics erased = row_count;
    table_name := 'trainers';
    return next;
    update absences as a set reason = null where a.trainer_id = any(p_trainers) and a.reason is not null;
    get diagnostics erased = row_count;
    table_name := 'absences';
    return next;
    update session_decisions as d
    set reason = 'erased'
    where d.reason <> 'erased'
        and array[d.details ->> 'trainer_id', d.details ->> 'from_trainer_id', d.details ->> 'to_trainer_id']
            && p_trainers;
    get diagnostics erased = row_count;
    table_name := 'session_decisions';
    return next;
end
$function$;

comment on function _erase_rows(text[], text[]) is
'Erases what identifies a person from people and trainers, remarks, absences and decisions, and leaves all else.
p_personnel, p_trainers: keys. Returns how many rows of each table were changed. Raises nothing.';

revoke all on function _erase_rows(text[], text[]) from public;
