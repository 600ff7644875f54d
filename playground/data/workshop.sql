-- What the playground adds to the demo's marketplace: orders that were paid, so that runs show money. One seat of Sadu
-- Weaving is left: the last one is there to be booked.

do $orders$
declare
    v_wanted record;
    v_order_id uuid;
begin
    for v_wanted in
        select *
        from (
            values
                (4, 1, 3, 'Hassan Ashkanani', '+965 5555 0302', 2),
                (3, 2, 5, 'Priya Nair', '+965 5555 0303', 1),
                (2, 3, 11, 'Elena Rossi', '+965 5555 0304', 2)
        ) as w (days, creator, workshop, customer, phone, seats)
    loop
        perform set_config('lifecycle.fake_now', (pg_catalog.now() - v_wanted.days * interval '1 day')::text, true);
        select o.id
        into v_order_id
        from create_order(
            format('10000000-0000-4000-8000-%s', lpad(v_wanted.creator::text, 12, '0'))::uuid,
            v_wanted.customer,
            v_wanted.phone,
            jsonb_build_array(
                jsonb_build_object(
                    'workshop_id', format('20000000-0000-4000-8000-%s', lpad(v_wanted.workshop::text, 12, '0')),
                    'quantity', v_wanted.seats
                )
            )
        ) as o;
        perform set_order_status(v_order_id, 'paid');
    end loop;
end
$orders$;
