-- requires: functions/_require_amount, functions/_require_written, functions/_settle_order, functions/lifecycle.actor
-- requires: functions/lifecycle.changed_by
-- The item of the order says what was ordered at most, so that what is due never exceeds it.
-- Locks: none; the caller has locked the order, the sessions and the enrollment. Then as _settle_order().
create or replace function _change_booking(
    p_old enrollments,
    p_session_id uuid,
    p_seats integer,
    p_price numeric,
    p_now timestamptz
)
returns enrollments
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_session workshop_sessions;
    v_item order_items;
    v_new enrollments;
begin
    select s.*
    into v_session
    from workshop_sessions as s
    where s.id = p_session_id;
    update enrollments as e
    set session_id = p_session_id,
        workshop_id = coalesce(v_session.workshop_id, e.workshop_id),
        seats = p_seats,
        total_price = p_price,
        -- No hold can be paid once the session has begun.
        expires_at = case when e.status = 'pending' then least(e.expires_at, v_session.starts_at) end,
        -- Keys count within one workshop only
        idempotency_key = case when v_session.workshop_id <> e.workshop_id then null else e.idempotency_key end
    where e.id = p_old.id
    returning e.* into v_new;
    if not found then
        perform _require_written('enrollments', 0, 1);
    end if;
    insert into booking_changes (
        enrollment_id, from_session_id, to_session_id, from_seats, to_seats, from_price, to_price,
        changed_by, actor, changed_at
    )
    values (
        p_old.id, p_old.session_id, p_session_id, p_old.seats, p_seats, p_old.total_price, p_price,
        lifecycle.changed_by(), lifecycle.actor(), p_now
    );
    select i.*
    into v_item
    from order_items as i
    where i.id = p_old.order_item_id;
    if found then
        update order_items as i
        set subtotal = _require_amount(case
                when p_old.session_id = p_session_id
                    then greatest(
                        i.subtotal, (select sum(e.total_price) from enrollments as e where e.order_item_id = i.id)
                    )
                else greatest(i.subtotal + p_price - p_old.total_price, 0)
            end),
            -- An item that is a whole run stays one.
            quantity = case when i.session_id is null then i.quantity else greatest(i.quantity, p_seats) end,
            session_id = case when i.session_id is not null then p_session_id end,
            run_id = case when i.session_id is null then i.run_id else v_session.run_id end,
            workshop_id = case when i.session_id is null then i.workshop_id else v_session.workshop_id end,
            workshop_name = case when i.session_id is null then i.workshop_name else w.name end,
            workshop_name_ar = case when i.session_id is null then i.workshop_name_ar else w.title_ar end,
            price = case
                when i.session_id is null or i.workshop_id = v_session.workshop_id then i.price
                else round(p_price / p_seats, 3)
            end
        from workshops as w
        where i.id = v_item.id and w.id = v_session.workshop_id;
        update orders as o
        set total_amount = _require_amount(
            greatest(
                o.total_amount + (select i.subtotal from order_items as i where i.id = v_item.id) - v_item.subtotal, 0
            )
        )
        where o.id = p_old.order_id;
    end if;
    perform _settle_order(p_old.order_id, p_now);
    select e.*
    into v_new
    from enrollments as e
    where e.id = p_old.id;
    return v_new;
end
$function$;

comment on function _change_booking(enrollments, uuid, integer, numeric, timestamptz) is
'Writes a booking that moves or gets more or fewer seats, with its item, its order, its history and an event. p_old: the
enrollment as it was; p_session_id, p_seats, p_price: what it has now, the seats taken by the caller; p_now: time to
judge by. An order for which nothing more is due becomes paid. Returns the row of enrollments. Raises PT400
amount_too_large.';

revoke all on function _change_booking(enrollments, uuid, integer, numeric, timestamptz) from public;
