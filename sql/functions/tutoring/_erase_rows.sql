-- What was sent keeps its state and times, so no message goes out a second time.
-- Locks: the students in id order, then the tutors in id order, then reminders of theirs in id order. A transaction
-- that has locked a reminder never locks a student or tutor. Then idempotency keys, which are locked only while their
-- call runs.
create or replace function _erase_rows(p_students integer[], p_tutors integer[])
returns table (table_name text, erased bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_names constant text[] := array(select t.full_name from tutors as t where t.id = any(p_tutors));
    v_reminders bigint[];
begin
    perform from enrolled_students as s where s.id = any(p_students) order by s.id for no key update;
    update enrolled_students as s set full_name = 'erased', email = null, phone = null where s.id = any(p_students);
    get diagnostics erased = row_count;
    table_name := 'enrolled_students';
    return next;
    perform from tutors as t where t.id = any(p_tutors) order by t.id for no key update;
    update tutors as t set full_name = 'erased', email = null, phone = null where t.id = any(p_tutors);
    get diagnostics erased = row_count;
    table_name := 'tutors';
    return next;
    v_reminders := array(
        select r.id
        from reminders as r
        where r.student_id = any(p_students)
            or r.message ->> 'tutor' = any(v_names) and exists (
                select
                from sessions as s
                inner join enrolled_courses as c on s.enrolled_courses_id = c.id
                where s.id = r.session_id and c.tutor_id = any(p_tutors)
            )
        order by r.id
        for no key update
    );
    update reminders as r
    set recipient = case when p.is_student then null else r.recipient end,
        message = case when p.is_student then null else r.message || '{"tutor": "erased"}' end,
        last_error = null
    from (
        select o.id, coalesce(o.student_id = any(p_students), false) as is_student
        from reminders as o
        where o.id = any(v_reminders)
    ) as p
    where r.id = p.id;
    get diagnostics erased = row_count;
    table_name := 'reminders';
    return next;
    delete from idempotency_keys as k
    where k.enrolled_courses_id in (
        select c.id from enrolled_courses as c where c.student_id = any(p_students) or c.tutor_id = any(p_tutors)
    );
    get diagnostics erased = row_count;
    table_name := 'idempotency_keys';
    return next;
end
$function$;

comment on function _erase_rows(integer[], integer[]) is
'Erases what identifies a person from students, tutors and reminders, and keys of calls about their courses; leaves all
else. p_students, p_tutors: keys. Returns how many rows of each table were changed. Raises nothing.';

revoke all on function _erase_rows(integer[], integer[]) from public;
