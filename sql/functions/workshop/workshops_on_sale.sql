-- requires: functions/is_on_sale
-- No search_path of its own: views and sellers inline it.
create or replace function workshops_on_sale()
returns table (
    workshop_id uuid,
    creator_id uuid,
    workshop_name text,
    workshop_name_ar text,
    seat_price numeric,
    currency text
)
language sql
stable
security invoker
parallel safe
begin atomic
    select
        w.id,
        w.creator_id,
        w.name::text,
        w.title_ar::text,
        case when w.is_free then 0 else w.price end,
        w.currency::text
    from workshops as w
    inner join creators as c on w.creator_id = c.id
    where is_on_sale(w.is_active, w.status, c.is_active);
end;

comment on function workshops_on_sale() is
'Workshops that are sold: published and active, of a creator whose shop is open. No arguments. Returns workshop_id,
creator_id, workshop_name, workshop_name_ar (null: not translated), seat_price (of one seat, 0 for what is free, in
units of currency) and currency (ISO 4217). Raises nothing.';

revoke all on function workshops_on_sale() from public;
grant execute on function workshops_on_sale() to sessionbook_app, sessionbook_reader;
