-- requires: functions/session_days, functions/lifecycle.status_in_arabic
create or replace view certificates
with (security_invoker = true)
as
select
    e.id as enrollment_id,
    e.session_id,
    e.workshop_id,
    s.run_id,
    e.run_booking_id,
    e.student_name,
    w.title,
    w.title_ar,
    c.name as creator_name,
    c.name_ar as creator_name_ar,
    s.session_date as first_day,
    s.last_date as last_day,
    a.days_attended,
    (
        select count(d.day)
        from session_days(s.id) as d
    ) as days,
    lifecycle.status_in_arabic('workshop.completion', e.completion_status) as completion_status_ar,
    a.completed_at
from enrollments as e
inner join workshop_sessions as s on e.session_id = s.id
inner join workshops as w on e.workshop_id = w.id
inner join creators as c on w.creator_id = c.id
cross join lateral (
    select
        count(*) filter (where m.status = 'attended') as days_attended,
        max(m.marked_at) as completed_at
    from attendance as m
    where m.enrollment_id = e.id
) as a
where e.status = 'successful' and e.completion_status = 'completed';

comment on view certificates is
'Data for certificates, in English and Arabic: successful enrollments whose completion_status is completed.';
comment on column certificates.enrollment_id is 'Key of the enrollment.';
comment on column certificates.session_id is 'Session that was attended.';
comment on column certificates.workshop_id is 'Workshop that it is of.';
comment on column certificates.run_id is 'Run that it is of; null: none.';
comment on column certificates.run_booking_id is
'The same for all sessions of a run that was booked as a whole; null: booked alone.';
comment on column certificates.student_name is 'Who completed it.';
comment on column certificates.title is 'Title of the workshop.';
comment on column certificates.title_ar is 'Title in Arabic; null: not translated.';
comment on column certificates.creator_name is 'Who gave it.';
comment on column certificates.creator_name_ar is 'Name in Arabic; null: not translated.';
comment on column certificates.first_day is 'First local day.';
comment on column certificates.last_day is 'Last local day.';
comment on column certificates.days_attended is 'Days that the student came.';
comment on column certificates.days is 'Days that the session had.';
comment on column certificates.completion_status_ar is 'The word for completed, in Arabic.';
comment on column certificates.completed_at is
'When the last mark was made; null: none, completion was written by hand.';

revoke all on table certificates from public;
grant select on table certificates to sessionbook_app, sessionbook_reader;
