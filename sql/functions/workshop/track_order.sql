-- requires: functions/_phone_keys, functions/lifecycle.phone_key, views/order_tracking
-- security: for buyers without an account. Number and phone must both fit, and a wrong one of either is answered alike;
-- the layer in front limits how often somebody may ask.
create or replace function track_order(p_order_number text, p_phone text)
returns setof order_tracking
language sql
stable
security definer
parallel unsafe
set search_path from current
as $function$
select t.*
from orders as o
inner join order_tracking as t on o.id = t.order_id
where o.order_number = p_order_number
    and lifecycle.phone_key(o.customer_phone)
    = any(_phone_keys(left(p_phone, 50), (select g.country_code from settings as g)))
order by t.ordered_at, t.order_item_id
limit 100
$function$;

comment on function track_order(text, text) is
'An order, for its buyer, who needs no account. p_order_number: its number; p_phone: the phone number it was made with,
in any spelling with the country code. Returns its items as rows of order_tracking, at most 100; no rows: there is no
order with this number and phone number. Raises nothing.';

revoke all on function track_order(text, text) from public;
grant execute on function track_order(text, text) to sessionbook_app;
