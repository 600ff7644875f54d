create or replace view lead_times
with (security_invoker = true)
as
select
    w.creator_id,
    e.workshop_id,
    w.name as workshop_name,
    w.title_ar as workshop_name_ar,
    count(*) as bookings,
    round(
        (
            percentile_cont(0.5) within group (order by extract(epoch from s.starts_at - e.enrollment_date)) / 86400
        )::numeric,
        1
    ) as median_days
from enrollments as e
inner join workshop_sessions as s on e.session_id = s.id
inner join workshops as w on e.workshop_id = w.id
where e.status = 'successful'
group by w.creator_id, e.workshop_id, w.name, w.title_ar;

comment on view lead_times is
'How long before a session its seats were booked, by workshop. Give a creator_id or workshop_id; page by workshop_id.';
comment on column lead_times.creator_id is 'Who gives the workshop.';
comment on column lead_times.workshop_id is 'Key of the workshop.';
comment on column lead_times.workshop_name is 'Name of the workshop.';
comment on column lead_times.workshop_name_ar is 'Title of the workshop in Arabic; null: not translated.';
comment on column lead_times.bookings is 'Bookings that were not cancelled.';
comment on column lead_times.median_days is 'Median time from booking to start, in days of 24 hours.';

revoke all on table lead_times from public;
grant select on table lead_times to sessionbook_app, sessionbook_reader;
