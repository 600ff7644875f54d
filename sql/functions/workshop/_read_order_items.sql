-- requires: functions/workshops_on_sale, functions/lifecycle.shown
create or replace function _read_order_items(p_creator_id uuid, p_items jsonb, p_is_repeated boolean default false)
returns order_items[]
language plpgsql
stable
security invoker
parallel unsafe
as $function$
declare
    v_known constant text[] := array['workshop_id', 'run_id', 'session_id', 'quantity'];
    v_blank order_items;
    v_row order_items;
    v_rows order_items[] := array[]::order_items[];
    v_item jsonb;
    v_place integer := 0;
    v_problem text;
    v_sold record;
    v_run_workshop_id uuid;
    v_seat_price numeric;
    v_currency text;
    -- Of the column's type, so that an item that makes the sum too large is refused.
    v_total orders.total_amount%type := 0;
begin
    if jsonb_typeof(p_items) is distinct from 'array' or p_items = '[]' then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_items',
            message = 'p_items is not an array of at least one item',
            detail = e'key: invalid_items\n' || format('It is %s.', lifecycle.shown(left(p_items::text, 200))),
            hint = 'For example [{"workshop_id": "20000000-0000-4000-8000-000000000001", "quantity": 2}].';
    end if;
    -- Each item is looked up, and sessions are chosen with the other items in view.
    if jsonb_array_length(p_items) > 100 then
        raise exception using
            errcode = 'PT400',
            constraint = 'too_many',
            message = format('an order cannot have %s items', jsonb_array_length(p_items)),
            detail = e'key: too_many\n' || 'An order has at most 100 items.',
            hint = 'Use quantity for seats of the same session, or make several orders.';
    end if;
    v_blank.quantity := 1;
    begin
        while v_problem is null and v_place < jsonb_array_length(p_items) loop
            v_item := p_items -> v_place;
            v_place := v_place + 1;
            if jsonb_typeof(v_item) <> 'object' then
                v_problem := format('it is not an object but %s', jsonb_typeof(v_item));
                exit;
            elsif v_item - v_known <> '{}' then
                v_problem := (
                    select format('unknown: %s', lifecycle.shown(string_agg(k.name, ', ' order by k.name)))
                    from jsonb_object_keys(v_item - v_known) as k (name)
                );
                exit;
            end if;
            v_row := jsonb_populate_record(v_blank, v_item);
            v_run_workshop_id := null;
            if v_row.run_id is not null then
                select r.workshop_id, case when w.is_free then 0 else coalesce(r.price, w.price) end
                into v_run_workshop_id, v_seat_price
                from workshop_runs as r
                inner join workshops as w on r.workshop_id = w.id
                where r.id = v_row.run_id;
                v_row.workshop_id := coalesce(v_row.workshop_id, v_run_workshop_id);
            elsif v_row.session_id is not null and v_row.workshop_id is null then
                v_row.workshop_id := (
                    select s.workshop_id
                    from workshop_sessions as s
                    where s.id = v_row.session_id
                );
            end if;
            select
                w.creator_id,
                w.workshop_name,
                w.workshop_name_ar,
                w.seat_price,
                w.currency,
                exists (
                    select
                    from workshop_sessions as s
                    where s.id = v_row.session_id and s.workshop_id = w.workshop_id
                ) as has_session
            into v_sold
            from workshops_on_sale() as w
            where w.workshop_id = v_row.workshop_id;
            v_currency := coalesce(v_currency, v_sold.currency);
            v_problem := case
                when v_row.run_id is not null and v_row.session_id is not null
                    then 'it names a whole run and a session'
                when v_row.workshop_id is null and coalesce(v_row.run_id, v_row.session_id) is null
                    then 'it names no workshop, session or run'
                when coalesce(v_row.quantity, 0) not between 1 and 10000 then 'quantity is not 1 to 10000'
                when p_is_repeated then null
                when v_row.workshop_id is null
                    then format('there is no such %s', case when v_row.run_id is null then 'session' else 'run' end)
                when v_sold.creator_id is null then 'the workshop is not there or not on sale, or the shop is closed'
                when v_sold.creator_id is distinct from p_creator_id then 'it is of another creator'
                when v_sold.currency <> v_currency
                    then format('its price is in %s, others are in %s', v_sold.currency, v_currency)
                when v_row.run_id is not null and v_run_workshop_id is distinct from v_row.workshop_id
                    then format('the workshop has no run %s', v_row.run_id)
                when v_row.session_id is not null and not v_sold.has_session
                    then format('the workshop has no session %s', v_row.session_id)
            end;
            if v_problem is null and not p_is_repeated then
                v_row.workshop_name := v_sold.workshop_name;
                v_row.workshop_name_ar := v_sold.workshop_name_ar;
                v_row.price := case when v_row.run_id is null then v_sold.seat_price else v_seat_price end;
                v_row.subtotal := v_row.price * v_row.quantity;
                v_total := v_total + v_row.subtotal;
                v_problem := case when v_total = 'NaN' then 'its price is not a number' end;
            end if;
            v_rows := v_rows || v_row;
        end loop;
    exception
        when data_exception then
            v_problem := left(sqlerrm, 200);
    end;
    if v_problem is null then
        return v_rows;
    end if;
    if not exists (select from creators as c where c.id = p_creator_id) then
        raise exception using
            errcode = 'PT404',
            constraint = 'creator_not_found',
            message = format('there is no creator %s', coalesce(p_creator_id::text, 'null')),
            detail = e'key: creator_not_found\n' || 'No row of creators has this id.',
            hint = 'Look it up in creators.';
    end if;
    raise exception using
        errcode = 'PT400',
        constraint = 'invalid_item',
        message = format('item %s of %s is not valid: %s', v_place, jsonb_array_length(p_items), v_problem),
        detail = e'key: invalid_item\n' || format('It is %s.', lifecycle.shown(v_item::text)),
        hint = 'Items have run_id, session_id or workshop_id, and may have quantity; an order is of one creator.';
end
$function$;

comment on function _read_order_items(uuid, jsonb, boolean) is
'Reads and checks the items of an order without writing any. p_creator_id: who sells; p_items: array of objects with
run_id, session_id or workshop_id, and quantity (default 1, 1 to 10000 seats); p_is_repeated: the order was made
already, so nothing is checked that may have changed since, such as whether a workshop is on sale (default false).
Returns an array of rows of order_items in the order of the list, names and prices filled in unless it is repeated; a
row without session_id leaves the choice to create_order(). Raises PT400 invalid_items, PT400 too_many (more than 100
items), PT404 creator_not_found, PT400 invalid_item (the message says which element and what is wrong).';

revoke all on function _read_order_items(uuid, jsonb, boolean) from public;
