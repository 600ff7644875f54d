-- security: a caller that makes a session need not be able to read courses and students; it reveals only their time
-- zone.
create or replace function take_course_timezone()
returns trigger
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    new.timezone := coalesce(
        (
            select coalesce(c.timezone, st.timezone)
            from enrolled_courses as c
            inner join enrolled_students as st on c.student_id = st.id
            where c.id = new.enrolled_courses_id
        ),
        'UTC'
    );
    return new;
end
$function$;

comment on function take_course_timezone() is
'Trigger function (before insert, row, if no time zone is given): the session takes that of its course, else of its
student, else UTC. No arguments. Returns the row. Raises nothing.';

revoke all on function take_course_timezone() from public;
