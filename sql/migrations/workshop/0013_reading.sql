-- Orders are found by their number.
-- depends: 0012_payments
--
-- Why:      track_order() answers from an index.
-- Locks:    share on orders while the index is built.
-- Data:     none.
-- Rollback: 0013_reading.rollback.sql drops the index.
create index orders_order_number_idx on orders (order_number);
