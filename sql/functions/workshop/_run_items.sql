-- requires: functions/_require_amount
-- The only place that defines what a run is made of, and what it costs. A row is filled field by field, because an
-- application's table may have more columns.
-- Locks: none; the booking call locks the sessions then.
create or replace function _run_items(p_run_id uuid, p_seats integer, p_now timestamptz)
returns setof order_items
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_run record;
    v_sessions uuid[];
    v_total numeric;
    v_share numeric;
    v_item order_items;
begin
    select
        r.workshop_id,
        w.name,
        w.title_ar,
        case when w.is_free then 0 else coalesce(r.price, w.price) end as seat_price
    into v_run
    from workshop_runs as r
    inner join workshops as w on r.workshop_id = w.id
    where r.id = p_run_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'run_not_found',
            message = format('there is no run %s', coalesce(p_run_id::text, 'null')),
            detail = e'key: run_not_found\n' || 'No row of workshop_runs has this id.',
            hint = 'Look it up in workshop_run_summary.';
    end if;
    v_sessions := array(
        select s.id
        from workshop_sessions as s
        where s.run_id = p_run_id and s.status in ('upcoming', 'active', 'full') and s.starts_at > p_now
        order by s.id
    );
    if v_sessions = '{}' then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_closed',
            message = format('run %s cannot be booked', p_run_id),
            detail = e'key: session_closed\n' || 'No session of it is still to come.',
            hint = 'Choose another run; workshop_run_summary shows the next session of each.';
    end if;
    v_total := _require_amount(v_run.seat_price * p_seats);
    v_share := trunc(v_total / cardinality(v_sessions), 3);
    v_item.run_id := p_run_id;
    v_item.workshop_id := v_run.workshop_id;
    v_item.workshop_name := v_run.name;
    v_item.workshop_name_ar := v_run.title_ar;
    v_item.price := v_run.seat_price;
    v_item.quantity := p_seats;
    v_item.subtotal := v_total - v_share * (cardinality(v_sessions) - 1);
    foreach v_item.session_id in array v_sessions loop
        return next v_item;
        v_item.subtotal := v_share;
    end loop;
end
$function$;

comment on function _run_items(uuid, integer, timestamptz) is
'What a booking of a whole run takes: one row for each session that is still to come, in id order. p_run_id: the run;
p_seats: seats in each, 1 or more; p_now: time to judge by. Returns rows of order_items with the run, session, seats
(quantity), the price of one seat in the whole run (price), and each session''s share of what is due (subtotal: alike,
the first has what does not divide). Raises PT404 run_not_found, PT409 session_closed (nothing is still to come), PT400
amount_too_large.';

revoke all on function _run_items(uuid, integer, timestamptz) from public;
