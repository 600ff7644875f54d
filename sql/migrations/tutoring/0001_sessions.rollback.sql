drop table sessions;
drop table whiteboard_sessions;
drop table enrolled_courses;
drop table enrolled_students;
drop table tutors;
do $schema$
begin
    execute format('comment on schema %I is null', current_schema());
end
$schema$;
