-- requires: functions/_choose_sessions, functions/_find_order, functions/_gather_sessions, functions/_insert_order
-- requires: functions/_order_request, functions/_read_order_items, functions/_record_money
-- requires: functions/_require_buyer, functions/_require_payment, functions/_require_run_turn
-- requires: functions/_take_order_seats, functions/lifecycle.now
-- security: prices, numbers and currency come from our tables; the caller says who buys what, in a list of at most
-- 100.
-- Locks: the sessions of all items in id order, in one go (if one has no run yet, with all others of its workshop
-- that have none); the creator's order counter late, so that it is held briefly. If a session chosen turns out to be
-- full, all of this is rolled back to before the first lock and the choice is made again: locks are never taken out of
-- order. It chooses again only if somebody else took or freed a seat, so the loop ends.
-- Plans are made once: for each number of items PostgreSQL would make them again with every order, which takes half as
-- long as the order itself. Subqueries instead of joins with the items keep each of them a look-up by key.
create or replace function create_order(
    p_creator_id uuid,
    p_customer_name text,
    p_customer_phone text,
    p_items jsonb,
    p_order_source text default 'whatsapp',
    p_hold interval default '30 minutes',
    p_customer_email text default null,
    p_idempotency_key text default null,
    p_paid numeric default null,
    p_payment_method text default null,
    p_payment_reference text default null
)
returns orders
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_email constant text := nullif(trim(p_customer_email), '');
    v_phone constant text := trim(p_customer_phone);
    v_key constant text := nullif(p_idempotency_key, '');
    v_reference constant text := nullif(trim(p_payment_reference), '');
    v_wanted order_items[];
    v_chosen order_items[];
    v_items order_items[];
    v_item order_items;
    v_is_open boolean;
    v_missing uuid;
    v_without_run uuid[];
    v_locked uuid[];
    v_request jsonb;
    v_total numeric;
    v_paid constant numeric := coalesce(p_paid, 0);
    v_starts_at timestamptz;
    v_expires_at timestamptz;
    v_order orders;
    v_refusal text;
begin
    -- One expression, because PL/pgSQL prepares each expression again in every transaction.
    if p_hold is null or p_hold > interval '366 days' or p_hold < interval '-1 year' or v_now + p_hold <= v_now
        or p_order_source is null or p_order_source not in ('whatsapp', 'direct', 'qr')
        or coalesce(trim(p_customer_name), '') = '' or coalesce(v_phone, '') = ''
        or greatest(length(p_customer_name), length(v_email)) > 255 or length(v_phone) > 50 or length(v_key) > 200
        or p_paid is not null or p_payment_method is not null or v_reference is not null
    then
        perform _require_buyer(p_customer_name, v_phone, v_email, p_order_source, p_hold, v_key, v_now);
        if p_paid is not null or p_payment_method is not null or v_reference is not null then
            perform _require_payment(p_paid, p_payment_method, v_reference);
        end if;
    end if;
    -- Before checks whose result may have changed since, such as whether the workshops are on sale and their price.
    if v_key is not null
        and exists (select from orders as o where o.creator_id = p_creator_id and o.idempotency_key = v_key)
    then
        v_wanted := _read_order_items(p_creator_id, p_items, true);
        v_order := _find_order(
            p_creator_id, v_key, p_customer_name, v_phone, v_email, _order_request(v_wanted), p_paid, v_reference
        );
        if v_order.id is not null then
            return v_order;
        end if;
    end if;
    v_wanted := _read_order_items(p_creator_id, p_items);
    if v_key is not null then
        v_request := _order_request(v_wanted);
    end if;

    for v_try in 1 .. 100 loop
        v_chosen := _choose_sessions(v_wanted, v_now);
        v_items := v_chosen;
        -- After the choice: the first call with this key was committed before its seats were seen to be gone.
        if v_key is not null then
            v_order := _find_order(
                p_creator_id, v_key, p_customer_name, v_phone, v_email, v_request, p_paid, v_reference
            );
            if v_order.id is not null then
                return v_order;
            end if;
        end if;
        v_is_open := false;
        v_total := 0;
        foreach v_item in array v_items loop
            v_is_open := v_is_open or v_item.session_id is null;
            v_total := v_total + v_item.subtotal;
        end loop;
        v_missing := null;
        if v_is_open then
            select i.workshop_id
            into v_missing
            from unnest(v_items) as i
            where i.session_id is null
                and not exists (
                    select
                    from workshop_sessions as s
                    where s.workshop_id = i.workshop_id and s.run_id is null
                )
            limit 1;
        end if;
        begin
            if v_missing is null then
                v_without_run := array(
                    select i.workshop_id
                    from unnest(v_items) as i
                    where (select s.run_id from workshop_sessions as s where s.id = i.session_id) is null
                );
                if v_without_run <> '{}' then
                    v_locked := array(
                        select s.id
                        from workshop_sessions as s
                        where s.id in (select i.session_id from unnest(v_items) as i)
                            or s.workshop_id = any(v_without_run) and s.run_id is null
                        order by s.id
                        for no key update
                    );
                    -- Not ensure_default_workshop_run(), which would lock sessions that have lost their run since.
                    perform _gather_sessions(g.workshop_id, g.session_ids)
                    from (
                        select s.workshop_id, array_agg(s.id) as session_ids
                        from workshop_sessions as s
                        where s.id = any(v_locked) and s.run_id is null
                        group by s.workshop_id
                    ) as g;
                    v_items := _choose_sessions(v_items, v_now);
                    select i.workshop_id
                    into v_missing
                    from unnest(v_items) as i
                    where i.session_id is null
                    limit 1;
                    -- Seats have become free elsewhere; the next choice finds them, starting without locks.
                    if exists (select from unnest(v_items) as i where i.session_id <> all(v_locked)) then
                        raise exception using
                            errcode = 'PT409',
                            constraint = 'session_full',
                            message = 'other bookings took the free seats several times',
                            detail = e'key: session_full\n'
                                || 'The sessions chosen first are full now.',
                            hint = 'Name the session, or try again.';
                    end if;
                end if;
            end if;
            if v_missing is not null then
                raise exception using
                    errcode = 'PT409',
                    constraint = 'session_full',
                    message = format('no session of workshop %s takes so many seats', v_missing),
                    detail = e'key: session_full\n' || 'Its sessions are full, closed, or have a waiting list.',
                    hint = 'Order fewer seats, or see session_availability.';
            end if;
            v_starts_at := _take_order_seats(v_items, v_now);
            if v_items[cardinality(v_items)].run_id is not null then
                perform _require_run_turn(v_items, v_now);
            end if;
            -- Nothing is held that could be paid after the first session has begun; if nothing is due, nothing is
            -- held at all.
            v_expires_at := case when v_total > v_paid then least(v_now + p_hold, v_starts_at) end;
            v_order := _insert_order(
                p_creator_id, p_customer_name, v_phone, v_email, p_order_source, v_items, v_expires_at, v_key, v_request,
                v_paid, p_payment_method, v_reference
            );
            exit;
        exception
            when sqlstate 'PT409' then
                get stacked diagnostics v_refusal = constraint_name;
                if v_key is not null then
                    v_order := _find_order(
                        p_creator_id, v_key, p_customer_name, v_phone, v_email, v_request, p_paid, v_reference
                    );
                    if v_order.id is not null then
                        return v_order;
                    end if;
                end if;
                if v_try = 100
                    or v_missing is not null
                    or v_refusal not in ('session_full', 'session_closed')
                    -- By their keys: a column of the application, such as one of type json, may have no equality
                    -- operator.
                    or array(
                        select c.session_id
                        from unnest(_choose_sessions(v_wanted, v_now)) with ordinality as c
                        order by c.ordinality
                    ) = array(
                        select c.session_id
                        from unnest(v_chosen) with ordinality as c
                        order by c.ordinality
                    )
                then
                    raise;
                end if;
            when unique_violation then
                -- The key or the number has just been used; an older snapshot cannot see that.
                get stacked diagnostics v_refusal = constraint_name;
                if v_try = 100
                    or v_refusal <> 'orders_creator_id_idempotency_key_key' and not exists (
                        -- The unique index of the order number, under any name.
                        select
                        from pg_index as x
                        inner join pg_attribute as a on a.attrelid = x.indrelid and a.attnum = any(x.indkey)
                        where x.indexrelid = to_regclass(quote_ident(v_refusal))
                            and x.indrelid = 'orders'::regclass
                            and a.attname = 'order_number'
                    )
                    or current_setting('transaction_isolation') in ('repeatable read', 'serializable')
                then
                    raise;
                end if;
        end;
    end loop;
    if p_paid is not null then
        perform _record_money(v_order.id, 'payment', p_paid, p_payment_method, v_reference);
    end if;
    return v_order;
end
$function$;

comment on function create_order(uuid, text, text, jsonb, text, interval, text, text, numeric, text, text) is
'Makes an order and holds its seats until it is paid, all of them or none. p_creator_id: who sells; p_customer_name,
p_customer_phone, p_customer_email: who buys (e-mail default none); p_items: array of objects with run_id (all sessions
of that run that are still to come), session_id, or workshop_id (its soonest session with enough seats), and optionally
quantity (seats in each session, default 1); p_order_source: whatsapp, direct or qr (default whatsapp); p_hold: how long
the seats are held without payment (default 30 minutes, at most 366 days, and never beyond the start of the first
session); p_idempotency_key: made up by the caller for this order, so that a repeated call returns the same order
(default none); p_paid: money that has already been paid, above 0, in units of the order''s currency; recorded as by
record_payment() (default null: none); p_payment_method, p_payment_reference: of that payment (default null: not given).
Returns the row of orders, pending, with its number and the sum of today''s prices; its order_items have their session
and run (for a whole run only the run); its enrollments, one for each session and item, are pending until expires_at,
and order_enrollments() returns them, even in the same statement. If it costs 0 or no more than p_paid, the order is
paid and its enrollments are successful at once; if it costs more, it stays pending, as after a part payment. Raises
PT400 hold_not_positive, PT400 hold_too_long, PT400 name_missing, PT400 phone_missing, PT400 unknown_source, PT400
text_too_long, PT400 invalid_amount, PT400 invalid_items, PT400 invalid_item, PT400 too_many (more than 100 items),
PT400 amount_too_large, PT404 creator_not_found, PT409 session_full, PT409 session_closed, PT409 idempotency_key_reused
(also if the order with that key has another payment).';

revoke all on function create_order(
    uuid, text, text, jsonb, text, interval, text, text, numeric, text, text
) from public;
grant execute on function create_order(
    uuid, text, text, jsonb, text, interval, text, text, numeric, text, text
) to sessionbook_app;
