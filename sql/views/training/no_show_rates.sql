create or replace view no_show_rates
with (security_invoker = true)
as
select
    s.course_id,
    c.title as course_title,
    count(*) as attendees,
    count(*) filter (where a.status = 'NO_SHOW') as no_shows,
    round(count(*) filter (where a.status = 'NO_SHOW') * 100.0 / count(*), 1) as no_show_percent
from sessions as s
inner join session_attendees as a on s.id = a.session_id
inner join courses as c on s.course_id = c.id
where s.status = 'COMPLETED' and s.deleted_at is null
group by s.course_id, c.title;

comment on view no_show_rates is
'How often people who were on the list did not come, by course. Give a course_id; page by course_id.';
comment on column no_show_rates.course_id is 'Key of the course.';
comment on column no_show_rates.course_title is 'Name of the course.';
comment on column no_show_rates.attendees is 'People on the lists of completed sessions.';
comment on column no_show_rates.no_shows is 'Those who did not come.';
comment on column no_show_rates.no_show_percent is 'The same in percent, with one decimal.';

revoke all on table no_show_rates from public;
grant select on table no_show_rates to sessionbook_app, sessionbook_reader;
