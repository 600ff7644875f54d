-- sessionbook_reader must not see phone numbers and addresses, nor columns that may contain them (notes, callers'
-- keys).
grant select on table orders to sessionbook_app;
grant insert, update, delete on table orders to sessionbook_writer;
grant select (
    id, creator_id, order_number, customer_name, total_amount, currency, status, status_ar, payment_method,
    payment_reference, order_source, is_viewed, viewed_at, created_at, updated_at, expires_at
) on table orders to sessionbook_reader;
