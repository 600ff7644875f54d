-- The only place that defines which workshops are sold; takes_bookings() defines when their sessions are.
-- No search_path of its own: views and sellers inline it.
create or replace function is_on_sale(p_is_active boolean, p_status text, p_shop_is_open boolean)
returns boolean
language sql
immutable
security invoker
parallel safe
begin atomic
    select p_is_active and p_status = 'published' and p_shop_is_open;
end;

comment on function is_on_sale(boolean, text, boolean) is
'Whether a workshop is sold. p_is_active, p_status: of the workshop; p_shop_is_open: is_active of its creator. Returns
true for one that is active and published, of a shop that is open. Raises nothing.';

revoke all on function is_on_sale(boolean, text, boolean) from public;
grant execute on function is_on_sale(boolean, text, boolean) to sessionbook_app, sessionbook_reader;
