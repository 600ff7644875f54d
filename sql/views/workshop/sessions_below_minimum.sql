-- requires: functions/session_holds, functions/lifecycle.now
create or replace view sessions_below_minimum
with (security_invoker = true)
as
select
    s.id as session_id,
    s.workshop_id,
    s.run_id,
    w.creator_id,
    w.title,
    w.title_ar,
    s.starts_at,
    s.min_attendees,
    s.current_attendees - h.expired as attendees,
    s.decide_at,
    s.minimum_asked_at
from workshop_sessions as s
inner join workshops as w on s.workshop_id = w.id
cross join lateral session_holds(s.id, lifecycle.now()) as h
where s.min_attendees > 0
    and s.minimum_asked_at is not null
    and s.status in ('upcoming', 'active', 'full')
    and s.current_attendees - h.expired < s.min_attendees;

comment on view sessions_below_minimum is
'Future and running sessions that have too few people although decide_at has passed. Cancel one with cancel_session(),
which returns the people to inform, or set a later decide_at.';
comment on column sessions_below_minimum.session_id is 'Key of the session.';
comment on column sessions_below_minimum.workshop_id is 'Workshop that it is of.';
comment on column sessions_below_minimum.run_id is 'Run that it belongs to; null: none.';
comment on column sessions_below_minimum.creator_id is 'Creator, who decides.';
comment on column sessions_below_minimum.title is 'Title of the workshop.';
comment on column sessions_below_minimum.title_ar is 'Title in Arabic; null: not translated.';
comment on column sessions_below_minimum.starts_at is 'Instant of the start.';
comment on column sessions_below_minimum.min_attendees is 'Seats that have to be taken.';
comment on column sessions_below_minimum.attendees is 'Seats taken, held and offered ones included.';
comment on column sessions_below_minimum.decide_at is 'When the minimum has to be reached.';
comment on column sessions_below_minimum.minimum_asked_at is 'When the clock checked the minimum.';

revoke all on table sessions_below_minimum from public;
grant select on table sessions_below_minimum to sessionbook_app, sessionbook_reader;
