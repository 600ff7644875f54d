-- Phone numbers and addresses, and notes that may hold them, are not for the reader.
grant select, insert, update, delete on table orders to sessionbook_app;
grant select (
    id, creator_id, order_number, customer_name, total_amount, currency, status, status_ar, payment_method,
    payment_reference, order_source, is_viewed, viewed_at, created_at, updated_at
) on table orders to sessionbook_reader;
