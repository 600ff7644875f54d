-- requires: functions/take_course_timezone
create or replace trigger zz_050_take_course_timezone
before insert on sessions
for each row
when (new.timezone is null)
execute function take_course_timezone();

-- Also for rows that come by replication.
alter table sessions enable always trigger zz_050_take_course_timezone;

comment on trigger zz_050_take_course_timezone on sessions is
'A session without a time zone takes that of its course, else of its student, else UTC.';
