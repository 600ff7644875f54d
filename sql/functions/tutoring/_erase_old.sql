-- requires: functions/_erase_rows, functions/lifecycle.now
-- Locks: as _erase_rows().
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
begin
    if v_before is null then
        return 0;
    end if;
    return (
        select sum(e.erased)
        from _erase_rows(
            array(
                select st.id
                from enrolled_students as st
                where st.created_at < v_before and st.full_name <> 'erased' and not exists (
                    select
                    from enrolled_courses as c
                    left join sessions as s on s.enrolled_courses_id = c.id
                    where c.student_id = st.id and (c.created_at >= v_before or s.ends_at >= v_before)
                )
                limit p_limit
            ),
            '{}'
        ) as e
    );
end
$function$;

comment on function _erase_old(integer) is
'Erases what identifies students whose last session is longer ago than settings keep_personal, also from their
reminders. p_limit: most students. Returns how many rows were changed; 0: nothing is left to erase. Raises nothing.';

revoke all on function _erase_old(integer) from public;
