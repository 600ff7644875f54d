-- requires: views/order_balance, views/workshop_run_summary
-- Subqueries, not joins: the condition on the order reaches the balance's window only as a parameter.
create or replace view organizer_runs
with (security_invoker = true)
as
select
    r.run_id,
    r.creator_id,
    r.workshop_id,
    r.workshop_name,
    r.workshop_name_ar,
    r.run_name,
    x.run_name_ar,
    r.status,
    lifecycle.status_in_arabic('workshop.session', r.status) as status_ar,
    r.start_date,
    r.end_date,
    r.next_session_at,
    r.total_sessions,
    r.cancelled_sessions,
    r.full_sessions,
    r.total_capacity,
    r.total_enrolled,
    r.seats_left,
    (
        select coalesce(sum(s.waiting_count), 0)::integer
        from workshop_sessions as s
        where s.run_id = r.run_id
    ) as waiting,
    w.currency,
    m.amount_due,
    m.amount_paid,
    m.amount_refundable,
    r.total_sessions > r.cancelled_sessions as can_repeat
from workshop_run_summary as r
inner join workshop_runs as x on r.run_id = x.id
inner join workshops as w on r.workshop_id = w.id
cross join lateral (
    select
        coalesce(sum(b.due), 0) as amount_due,
        coalesce(sum(b.paid), 0) as amount_paid,
        coalesce(sum(b.refundable), 0) as amount_refundable
    from order_items as i
    cross join lateral (
        select sum(o.due) as due, sum(o.paid) as paid, sum(o.refundable) as refundable
        from order_balance as o
        where o.order_id = i.order_id and o.order_item_id = i.id
    ) as b
    where i.run_id = r.run_id
) as m;

comment on view organizer_runs is
'What an organizer manages: one row a run with its status, seats and money as of lifecycle.now(). Give a creator_id;
page by start_date and run_id.';
comment on column organizer_runs.run_id is 'Key of the run.';
comment on column organizer_runs.creator_id is 'Who gives the workshop.';
comment on column organizer_runs.workshop_id is 'Workshop that is run.';
comment on column organizer_runs.workshop_name is 'Name of the workshop.';
comment on column organizer_runs.workshop_name_ar is 'Title of the workshop in Arabic; null: not translated.';
comment on column organizer_runs.run_name is 'Name of the run.';
comment on column organizer_runs.run_name_ar is 'Name of the run in Arabic; null: not translated.';
comment on column organizer_runs.status is 'upcoming, active, full, completed or cancelled.';
comment on column organizer_runs.status_ar is 'The status in Arabic.';
comment on column organizer_runs.start_date is 'First local day.';
comment on column organizer_runs.end_date is 'Last local day.';
comment on column organizer_runs.next_session_at is 'Instant at which the next session starts; null: none left.';
comment on column organizer_runs.total_sessions is 'Sessions, cancelled ones included.';
comment on column organizer_runs.cancelled_sessions is 'Sessions cancelled.';
comment on column organizer_runs.full_sessions is 'Sessions not over with no seat left.';
comment on column organizer_runs.total_capacity is 'Seats in all; null: at least one session is unlimited.';
comment on column organizer_runs.total_enrolled is 'Seats taken, held and offered ones included.';
comment on column organizer_runs.seats_left is 'Seats left in sessions not over; null: at least one is unlimited.';
comment on column organizer_runs.waiting is 'People who wait for a seat or have been offered one.';
comment on column organizer_runs.currency is 'ISO 4217 code of the amounts.';
comment on column organizer_runs.amount_due is 'Price of the ordered seats that are still taken.';
comment on column organizer_runs.amount_paid is 'What was paid for them and not refunded.';
comment on column organizer_runs.amount_refundable is 'What was paid and is not due, to be refunded.';
comment on column organizer_runs.can_repeat is 'True: clone_workshop_sessions() has sessions to copy.';

revoke all on table organizer_runs from public;
grant select on table organizer_runs to sessionbook_app, sessionbook_reader;
