-- requires: functions/_require_payment, functions/lifecycle.actor, functions/lifecycle.changed_by
-- requires: functions/lifecycle.now, functions/lifecycle.shown
-- Locks: none; callers have locked the order, so that a reference is looked for and used by one at a time.
create or replace function _record_money(
    p_order_id uuid,
    p_kind text,
    p_amount numeric,
    p_method text,
    p_reference text
)
returns boolean
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_reference constant text := nullif(trim(p_reference), '');
    v_amount numeric;
begin
    perform _require_payment(p_amount, p_method, v_reference);
    select y.amount
    into v_amount
    from payments as y
    where y.order_id = p_order_id and y.kind = p_kind and y.reference = v_reference;
    if found then
        if v_amount <> p_amount then
            raise exception using
                errcode = 'PT409',
                constraint = 'reference_reused',
                message = format('reference %s was recorded with another amount', lifecycle.shown(v_reference)),
                detail = e'key: reference_reused\n' || format('It is a %s of %s.', p_kind, v_amount),
                hint = 'Each payment and each refund has a reference of its own.';
        end if;
        return false;
    end if;
    insert into payments (order_id, kind, amount, method, reference, changed_by, actor, recorded_at)
    values (
        p_order_id, p_kind, p_amount, p_method, v_reference, lifecycle.changed_by(), lifecycle.actor(), lifecycle.now()
    );
    return true;
end
$function$;

comment on function _record_money(uuid, text, numeric, text, text) is
'Records money of an order. p_order_id: the order, locked by the caller; p_kind: payment or refund; p_amount: above 0,
in units of its currency; p_method: how (at most 50 characters, null: not said); p_reference: the payment provider''s
(at most 255, null: none). Returns true; false if the same was recorded before. Raises PT400 invalid_amount, PT400
text_too_long, PT409 reference_reused.';

revoke all on function _record_money(uuid, text, numeric, text, text) from public;
