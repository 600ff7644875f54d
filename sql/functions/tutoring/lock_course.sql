-- Locks: the course, before any of its sessions.
create or replace function lock_course(p_enrolled_courses_id integer)
returns enrolled_courses
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_course enrolled_courses;
begin
    select c.* into v_course
    from enrolled_courses as c
    where c.id = p_enrolled_courses_id
    for no key update;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'course_not_found',
            message = format('there is no enrolled course %s', coalesce(p_enrolled_courses_id::text, 'null')),
            detail = e'key: course_not_found\n' || 'No row of enrolled_courses has this id.',
            hint = 'Look it up in enrolled_courses.';
    end if;
    return v_course;
end
$function$;

comment on function lock_course(integer) is
'Locks a course, so that its plan is changed by one caller at a time. p_enrolled_courses_id: the course. Returns its
row. Raises PT404 course_not_found.';

revoke all on function lock_course(integer) from public;
grant execute on function lock_course(integer) to sessionbook_app;
