do $engine$
declare
    v_found text;
begin
    if to_regclass('sessionbook.settings') is not null then
        select value into v_found from sessionbook.settings where key = 'engine';
    end if;
    if v_found is distinct from '{sha256}' then
        execute $sessionbook$
{text}
insert into sessionbook.settings (key, value) values ('engine', '{sha256}'), ('version', '{version}')
on conflict (key) do update set value = excluded.value;
$sessionbook$;
    end if;
end
$engine$;