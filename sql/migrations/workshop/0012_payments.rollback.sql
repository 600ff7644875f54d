comment on type cancellation_notice is
'Somebody to be told that a session was cancelled, as cancel_session() returns it.';
drop table payments;
drop index enrollments_order_item_id_idx;
alter table enrollments
drop constraint enrollments_order_item_id_fkey,
drop column order_item_id;
