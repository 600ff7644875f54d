create or replace function _course(p_enrolled_courses_id integer)
returns enrolled_courses
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_course enrolled_courses;
begin
    select c.* into v_course
    from enrolled_courses as c
    where c.id = p_enrolled_courses_id;
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

comment on function _course(integer) is
'A course. p_enrolled_courses_id: its key. Returns its row. Raises PT404 course_not_found.';

revoke all on function _course(integer) from public;
