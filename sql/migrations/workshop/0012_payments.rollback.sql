comment on type cancellation_notice is
'A person to inform that a session was cancelled, as cancel_session() and cancel_run() return it.';
drop table payments;
drop index enrollments_order_item_id_idx;
alter table enrollments
drop constraint enrollments_order_item_id_fkey,
drop column order_item_id;
