-- Orders are found by their number, and pages of sessions by their start.
-- depends: 0012_payments
--
-- Why:      track_order() and store_sessions answer from an index: a page of one shop window or of all of them is read
--           in its order, however many sessions there are.
-- Locks:    share on orders and workshop_sessions while their indexes are built, access exclusive on the latter for a
--           moment while the index that the new one replaces is dropped.
-- Data:     none.
-- Rollback: 0013_reading.rollback.sql drops the indexes and makes the one that was replaced.
create index orders_order_number_idx on orders (order_number);
create index workshop_sessions_workshop_id_starts_at_idx on workshop_sessions (workshop_id, starts_at, id);
drop index if exists workshop_sessions_workshop_id_session_date_idx;
-- Status is in other indexes already: an update that moves it could not stay within its page (HOT) before either.
create index workshop_sessions_starts_at_idx on workshop_sessions (starts_at, id) where status <> 'completed';
