-- requires: functions/_erase_rows, functions/lifecycle.now
-- Locks: as _erase_rows(); then remarks on attendees.
create or replace function _erase_old(p_limit integer)
returns bigint
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_before constant timestamptz := (select lifecycle.now() - g.keep_personal from settings as g);
    v_erased bigint;
    v_remarks bigint;
begin
    if v_before is null then
        return 0;
    end if;
    select sum(e.erased)
    into v_erased
    from _erase_rows(
        array(select n.id from personnel as n where n.deleted_at < v_before and n.last_name <> 'erased' limit p_limit),
        array(select t.id from trainers as t where t.deleted_at < v_before and t.last_name <> 'erased' limit p_limit)
    ) as e;
    update session_attendees as a
    set remarks = null
    where (a.session_id, a.personnel_id) in (
        select o.session_id, o.personnel_id
        from session_attendees as o
        inner join sessions as s on o.session_id = s.id
        where o.remarks is not null and s.end_time < v_before
        limit p_limit
    );
    get diagnostics v_remarks = row_count;
    return v_erased + v_remarks;
end
$function$;

comment on function _erase_old(integer) is
'Takes names out of people and trainers who were soft-deleted longer ago than settings keep_personal, and remarks from
attendees of sessions before that. p_limit: most rows of each table. Returns how many were changed; 0: nothing is left
to erase. Raises nothing.';

revoke all on function _erase_old(integer) from public;
