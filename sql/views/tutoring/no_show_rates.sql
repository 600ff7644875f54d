create or replace view no_show_rates
with (security_invoker = true)
as
select
    c.tutor_id,
    t.full_name as tutor_name,
    s.enrolled_courses_id,
    c.course_name,
    count(*) as sessions,
    count(*) filter (where s.status = 'no_show') as no_shows,
    round(count(*) filter (where s.status = 'no_show') * 100.0 / count(*), 1) as no_show_percent
from sessions as s
inner join enrolled_courses as c on s.enrolled_courses_id = c.id
left join tutors as t on c.tutor_id = t.id
where s.status in ('completed', 'no_show') and s.deleted_at is null
group by c.tutor_id, t.full_name, s.enrolled_courses_id, c.course_name;

comment on view no_show_rates is
'How often students did not come, by course. Give a tutor_id or enrolled_courses_id; page by enrolled_courses_id.';
comment on column no_show_rates.tutor_id is 'Key of the tutor; null: nobody.';
comment on column no_show_rates.tutor_name is 'Name of the tutor.';
comment on column no_show_rates.enrolled_courses_id is 'Key of the course.';
comment on column no_show_rates.course_name is 'Name of the course.';
comment on column no_show_rates.sessions is 'Sessions that took place or were missed by the student.';
comment on column no_show_rates.no_shows is 'Those that the student missed.';
comment on column no_show_rates.no_show_percent is 'The same in percent, with one decimal.';

revoke all on table no_show_rates from public;
grant select on table no_show_rates to sessionbook_app, sessionbook_reader;
