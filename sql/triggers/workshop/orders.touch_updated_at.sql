-- requires: functions/lifecycle.touch_updated_at
create or replace trigger zz_900_touch_updated_at
before update on orders
for each row
when (
    (
        old.id, old.creator_id, old.order_number, old.customer_name, old.customer_phone, old.customer_email,
        old.total_amount, old.currency, old.status, old.status_ar, old.payment_method, old.payment_reference,
        old.order_source, old.notes, old.is_viewed, old.viewed_at, old.created_at, old.updated_at,
        old.expires_at, old.idempotency_key, old.idempotency_request
    ) is distinct from (
        new.id, new.creator_id, new.order_number, new.customer_name, new.customer_phone, new.customer_email,
        new.total_amount, new.currency, new.status, new.status_ar, new.payment_method, new.payment_reference,
        new.order_source, new.notes, new.is_viewed, new.viewed_at, new.created_at, new.updated_at,
        new.expires_at, new.idempotency_key, new.idempotency_request
    )
)
execute function lifecycle.touch_updated_at();

comment on trigger zz_900_touch_updated_at on orders is
'updated_at is the time of the last real change.';
