-- What the history of the unit did to rows, for tables that did not go through it, as in training.sql.
-- tables: creators, workshops, workshop_runs, workshop_sessions, orders, order_items, enrollments
-- derived: timezone, last_date, starts_at, ends_at, over_at, search_text

-- sql 3
-- migration: 0018_search search_text
select;

-- change 3: sessions without a time zone get that of {timezone}
-- why: Their dates and times are local, and the clock needs their time zone.
-- you: If they are elsewhere, use --timezone, or correct the rows first.
-- do: update workshop_sessions set timezone = (select x.timezone from settings as x) where timezone is null
select where exists (select from theirs.workshop_sessions as s where to_jsonb(s) ->> 'timezone' is null);

-- change 3: statuses of sessions
-- why: The column is new: completed, full or active follows from flag, counter and capacity.
-- migration: 0002_session_tracking
select from adopt_pair as p where p.place_name = 'workshop_sessions.status' and p.is_new;

-- change 3: one run, "Default Run - NAME", for each workshop that has sessions without a run of it
-- why: Our functions sell sessions by their run, so each session needs one.
-- you: Nothing. The sessions point to this run from now on, those of other runs stay as they are.
-- migration: 0003_fix_run_id_foreign_keys
select;

-- change 3: workshops that were drafts and on sale are published ({rows} rows)
-- why: Only published workshops are sold.
-- do: update workshops set status = 'published' where status = 'draft' and is_active
select count(*) as rows from theirs.workshops as w where w.status = 'draft' and w.is_active having count(*) > 0;

-- change 3: enrollments know their item of the order, if there is just one of their session
-- why: The amount due of an order follows from its seats.
-- migration: 0012_payments order_item_id
select from adopt_pair as p where p.place_name = 'order_items.session_id' and not p.is_new;

-- change 3: a payment for each order that is paid, and a refund for each that was refunded ({rows} rows)
-- why: Payments are rows of their own; these orders had none.
-- migration: 0012_payments recorded_at
select count(*) as rows
from theirs.orders as o
where o.total_amount > 0 and o.status in ('paid', 'refunded')
having count(*) > 0;

-- change 3: orders have the currency of their workshops
-- why: The column is new, and prices are in the currency of the workshop.
-- do: update orders as o set currency = w.currency
--   from (select i.order_id, min(w.currency) as currency from order_items as i
--   inner join workshops as w on i.workshop_id = w.id group by i.order_id having count(distinct w.currency) = 1) as w
--   where w.order_id = o.id and w.currency is distinct from o.currency and length(w.currency) = 3
select from adopt_pair as p where p.place_name = 'orders.currency' and p.is_new;

-- change 3: order numbers of our functions count over all creators
-- why: order_number is unique over all of them here.
-- do: update settings set order_numbers = 'all'
select from adopt_key as k where k.taken and k.is_unique and k.columns = '{order_number}';
