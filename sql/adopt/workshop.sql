-- What the history of the unit did to rows, for tables that did not go through it.
-- tables: creators, workshops, workshop_runs, workshop_sessions, orders, order_items, enrollments
-- derived: timezone, last_date, starts_at, ends_at, over_at

-- what: sessions get the time zone of {timezone}
-- why: Their dates and times are local, and no column says where.
-- you: If they are elsewhere, say so with --timezone, or correct the rows afterwards.
-- new: workshop_sessions.timezone
-- after: our functions, which derive the instants
update workshop_sessions as s
set timezone = x.timezone
from settings as x;

-- what: sessions without a time zone get that of {timezone}
-- why: Their dates and times are local, and the clock has to know where.
-- you: If they are elsewhere, say so with --timezone, or correct the rows before.
-- old: workshop_sessions.timezone
-- after: our functions, which derive the instants
-- rows: from workshop_sessions as s where s.timezone is null
update workshop_sessions as s
set timezone = x.timezone
from settings as x
where s.timezone is null;

-- what: statuses of sessions
-- why: The column is new: completed, full or active is what flag, counter and capacity say.
-- you: Nothing.
-- new: workshop_sessions.status
update workshop_sessions as s
set status = case
    when s.is_completed then 'completed'
    when s.max_attendees > 0 and s.current_attendees >= s.max_attendees then 'full'
    else 'active'
end
where s.is_completed or s.current_attendees > 0;

-- what: default runs
with first_default as (
    select distinct on (r.workshop_id) r.id
    from workshop_runs as r
    where r.run_name like 'Default Run -%'
    order by r.workshop_id, r.created_at, r.id
)
update workshop_runs as r
set is_default = true
from first_default as f
where f.id = r.id;

-- what: one run, "Default Run - NAME", for each workshop that has sessions without a run of it
-- why: Our functions sell sessions by their run; a run that does not exist cannot be sold.
-- you: Nothing. The sessions point to this run from now on, those of other runs stay as they are.
insert into workshop_runs (workshop_id, run_name, run_name_ar, start_date, end_date, status, is_default)
select
    w.id,
    left('Default Run - ' || w.name, 255),
    left('الدورة الافتراضية - ' || coalesce(w.title_ar, w.name), 255),
    min(s.session_date),
    max(greatest(s.session_date, s.end_date)),
    'upcoming',
    true
from workshop_sessions as s
inner join workshops as w on s.workshop_id = w.id
left join workshop_runs as r on s.run_id = r.id and s.workshop_id = r.workshop_id
where r.id is null
group by w.id, w.name, w.title_ar
on conflict (workshop_id) where is_default do nothing;

-- what: sessions of default runs
update workshop_sessions as s
set run_id = d.id
from workshop_runs as d
where d.workshop_id = s.workshop_id
    and d.is_default
    and not exists (select from workshop_runs as r where r.id = s.run_id and r.workshop_id = s.workshop_id);

-- what: items of runs that are not there
update order_items as i
set run_id = (
    select s.run_id
    from workshop_sessions as s
    where s.id = i.session_id and s.workshop_id = i.workshop_id
)
where i.run_id is not null
    and not exists (select from workshop_runs as r where r.id = i.run_id and r.workshop_id = i.workshop_id);

-- what: workshops that were drafts and on sale are published
-- why: Only what is published is sold.
-- you: Nothing.
-- old: workshops.status
-- rows: from workshops as w where w.status = 'draft' and w.is_active
update workshops as w
set status = 'published'
where w.status = 'draft' and w.is_active;

-- what: enrollments know their item of the order, if there is just one of their session
-- why: What is due of an order follows from its seats.
-- you: Nothing.
-- old: order_items.session_id
update enrollments as e
set order_item_id = i.item_id
from (
    select x.order_id, x.session_id, (array_agg(x.id))[1] as item_id
    from order_items as x
    where x.session_id is not null
    group by x.order_id, x.session_id
    having count(*) = 1
) as i
where e.order_id = i.order_id and e.session_id = i.session_id;

-- what: a payment for each order that is paid, and a refund for each that was refunded
-- why: Money is recorded in rows of its own; these orders had no place for it.
-- you: Nothing.
-- rows: from orders as o where o.total_amount > 0 and o.status in ('paid', 'refunded')
insert into payments (order_id, kind, amount, method, changed_by, actor, recorded_at)
select
    o.id, k.kind, o.total_amount, to_jsonb(o) ->> 'payment_method', session_user, session_user,
    coalesce(o.updated_at, now())
from orders as o
cross join (values ('payment'), ('refund')) as k (kind)
where o.total_amount > 0 and (o.status = 'refunded' or o.status = 'paid' and k.kind = 'payment');

-- what: orders have the currency of their workshops
-- why: The column is new, and prices are the workshops'.
-- you: Nothing.
-- new: orders.currency
update orders as o
set currency = w.currency
from (
    select i.order_id, min(w.currency) as currency
    from order_items as i
    inner join workshops as w on i.workshop_id = w.id
    group by i.order_id
    having count(distinct w.currency) = 1
) as w
where w.order_id = o.id and w.currency is distinct from o.currency and length(w.currency) = 3;

-- what: order numbers of our functions count over all creators
-- why: order_number is unique over all of them here.
-- you: Nothing.
-- rows: from pg_temp.adopt_key as k where k.side = 'theirs' and k.is_unique and k.columns = '{order_number}'
update settings set order_numbers = 'all';
