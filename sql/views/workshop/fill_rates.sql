-- requires: functions/lifecycle.now
create or replace view fill_rates
with (security_invoker = true)
as
select
    w.creator_id,
    s.workshop_id,
    w.name as workshop_name,
    w.title_ar as workshop_name_ar,
    count(*) as sessions,
    sum(s.max_attendees) as seats,
    sum(s.current_attendees) as taken,
    round(sum(s.current_attendees) * 100.0 / nullif(sum(s.max_attendees), 0), 1) as fill_percent
from workshop_sessions as s
inner join workshops as w on s.workshop_id = w.id
where s.max_attendees > 0 and s.status <> 'cancelled' and s.over_at <= (select lifecycle.now())
group by w.creator_id, s.workshop_id, w.name, w.title_ar;

comment on view fill_rates is
'How full a workshop''s sessions were: those that are over and had limited seats. Give a creator_id or workshop_id; page
by workshop_id.';
comment on column fill_rates.creator_id is 'Who gives the workshop.';
comment on column fill_rates.workshop_id is 'Key of the workshop.';
comment on column fill_rates.workshop_name is 'Name of the workshop.';
comment on column fill_rates.workshop_name_ar is 'Title of the workshop in Arabic; null: not translated.';
comment on column fill_rates.sessions is 'Sessions that are over.';
comment on column fill_rates.seats is 'Seats that they had.';
comment on column fill_rates.taken is 'Seats that were taken.';
comment on column fill_rates.fill_percent is 'Seats taken in percent, with one decimal.';

revoke all on table fill_rates from public;
grant select on table fill_rates to sessionbook_app, sessionbook_reader;
