-- requires: functions/run_status, functions/session_holds, functions/lifecycle.now
create or replace view workshop_run_summary
with (security_invoker = true)
as
select
    r.id as run_id,
    r.workshop_id,
    w.name as workshop_name,
    w.title_ar as workshop_name_ar,
    r.run_name,
    coalesce(t.start_date, r.start_date) as start_date,
    coalesce(t.end_date, r.end_date) as end_date,
    t.total_sessions,
    t.total_capacity,
    t.total_enrolled,
    t.full_sessions,
    case
        when t.total_sessions = 0 then r.status
        else run_status(
            t.total_sessions - t.cancelled_sessions,
            t.upcoming_sessions + t.active_sessions + t.full_sessions,
            t.full_sessions,
            t.total_enrolled
        )
    end as status,
    w.creator_id,
    t.upcoming_sessions,
    t.active_sessions,
    t.completed_sessions,
    t.cancelled_sessions,
    t.seats_left,
    t.next_session_at,
    case when w.is_free then 0 else coalesce(r.price, w.price) end as seat_price,
    w.currency::text as currency,
    r.run_name_ar
from workshop_runs as r
inner join workshops as w on r.workshop_id = w.id
cross join lateral (
    select
        count(*) as total_sessions,
        coalesce(min(s.session_date) filter (where s.calculated_status <> 'cancelled'), min(s.session_date))
        as start_date,
        coalesce(max(s.last_date) filter (where s.calculated_status <> 'cancelled'), max(s.last_date)) as end_date,
        case
            when bool_or(coalesce(s.max_attendees, 0) = 0) filter (where s.calculated_status <> 'cancelled') then null
            else coalesce(sum(s.max_attendees) filter (where s.calculated_status <> 'cancelled'), 0)
        end as total_capacity,
        coalesce(sum(s.current_attendees) filter (where s.calculated_status <> 'cancelled'), 0) as total_enrolled,
        count(*) filter (where s.calculated_status = 'upcoming') as upcoming_sessions,
        count(*) filter (where s.calculated_status = 'active') as active_sessions,
        count(*) filter (where s.calculated_status = 'full') as full_sessions,
        count(*) filter (where s.calculated_status = 'completed') as completed_sessions,
        count(*) filter (where s.calculated_status = 'cancelled') as cancelled_sessions,
        case
            when bool_or(coalesce(s.max_attendees, 0) = 0) filter (where s.is_open) then null
            else coalesce(
                sum(greatest(s.max_attendees - s.current_attendees, 0))
                filter (where s.is_open and s.waiting_count = 0),
                0
            )
        end as seats_left,
        min(s.starts_at) filter (where s.is_open and s.starts_at > (select lifecycle.now())) as next_session_at
    from (
        select
            x.session_date,
            x.last_date,
            x.max_attendees,
            x.current_attendees - h.expired as current_attendees,
            x.waiting_count,
            x.starts_at,
            x.status in ('upcoming', 'active', 'full') and x.over_at > (select lifecycle.now()) as is_open,
            case
                when x.status <> 'cancelled' and x.over_at <= (select lifecycle.now()) then 'completed'
                when h.expired = 0 or x.waiting_count > 0 or x.status not in ('active', 'full') then x.status
                when x.max_attendees > 0 and x.current_attendees - h.expired >= x.max_attendees then 'full'
                when x.current_attendees > h.expired then 'active'
                else 'upcoming'
            end as calculated_status
        from workshop_sessions as x
        cross join lateral session_holds(case when x.current_attendees > 0 then x.id end, lifecycle.now()) as h
        where x.run_id = r.id
    ) as s
) as t;

comment on view workshop_run_summary is
'One row a run: its sessions, seats and status as of lifecycle.now(). Cancelled sessions count in total_sessions and
cancelled_sessions only.';
comment on column workshop_run_summary.run_id is 'Key of the run.';
comment on column workshop_run_summary.workshop_id is 'Workshop that is run.';
comment on column workshop_run_summary.workshop_name is 'Name of the workshop.';
comment on column workshop_run_summary.workshop_name_ar is 'Title of the workshop in Arabic; null: not translated.';
comment on column workshop_run_summary.run_name is 'Name of the run.';
comment on column workshop_run_summary.start_date is 'First local day.';
comment on column workshop_run_summary.end_date is 'Last local day.';
comment on column workshop_run_summary.total_sessions is 'Sessions, cancelled ones too.';
comment on column workshop_run_summary.total_capacity is 'Seats in all; null: at least one session is unlimited.';
comment on column workshop_run_summary.total_enrolled is
'Seats taken, including held and offered ones, without those whose hold ran out.';
comment on column workshop_run_summary.full_sessions is 'Sessions not over with no seat left.';
comment on column workshop_run_summary.status is
'upcoming, active, full, completed or cancelled, computed from its sessions; without sessions, the stored one.';
comment on column workshop_run_summary.creator_id is 'Who gives the workshop.';
comment on column workshop_run_summary.upcoming_sessions is 'Sessions without attendees yet.';
comment on column workshop_run_summary.active_sessions is 'Sessions with attendees and seats left.';
comment on column workshop_run_summary.completed_sessions is 'Sessions whose last day has passed.';
comment on column workshop_run_summary.cancelled_sessions is 'Sessions cancelled.';
comment on column workshop_run_summary.seats_left is
'Seats left in sessions not over, none while people wait; null: at least one is unlimited.';
comment on column workshop_run_summary.next_session_at is 'Instant at which the next session starts; null: none left.';
comment on column workshop_run_summary.seat_price is
'Price of one seat in all sessions of the run, in units of currency.';
comment on column workshop_run_summary.currency is 'ISO 4217 code of the price.';
comment on column workshop_run_summary.run_name_ar is 'Name of the run in Arabic; null: not translated.';

revoke all on table workshop_run_summary from public;
grant select on table workshop_run_summary to sessionbook_app, sessionbook_reader;
