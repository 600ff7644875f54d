-- No search_path of its own: PostgreSQL inlines it.
create or replace function shown(p_value text)
returns text
language sql
immutable
security invoker
parallel safe
begin atomic
    select quote_nullable(
        case when length(p_value) > 100 then left(p_value, 100) || '…' else p_value end
    );
end;

comment on function shown(text) is
'A caller''s value as an error message shows it: quoted, cut after 100 characters. p_value: the value. Returns text,
NULL without quotes for null. Raises nothing.';

revoke all on function shown(text) from public;
grant execute on function shown(text) to sessionbook_common;
