-- requires: functions/_is_owner, functions/shown
-- security: whether the caller is a member of the owner is asked by an internal. Nothing of the caller's runs.
-- Beside parallel workers no subtransaction may begin, also in the leader, where the views read the clock. So a text
-- that is a time beyond doubt is recognised by its form, and only the rest is tried in a block of its own.
create or replace function fake_now()
returns timestamptz
language plpgsql
stable
security definer
parallel restricted
set search_path from current
as $function$
declare
    v_fake constant text := pg_catalog.current_setting('lifecycle.fake_now', true);
begin
    if not _is_owner() then
        return pg_catalog.now();
    end if;
    if v_fake ~ '^[1-9][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)'
        '([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?$'
    then
        return v_fake::timestamptz;
    end if;
    begin
        return v_fake::timestamptz;
    exception
        when data_exception then
            raise exception using
                errcode = 'PT400',
                constraint = 'invalid_fake_now',
                message = format('lifecycle.fake_now is not a time: %s', shown(v_fake)),
                detail = e'key: invalid_fake_now\n' || format('PostgreSQL says: %s.', left(sqlerrm, 200)),
                hint = 'Use a timestamp with a zone, such as 2026-01-31 09:00+03, or reset lifecycle.fake_now.';
    end;
end
$function$;

comment on function fake_now() is
'What lifecycle.now() says while the setting lifecycle.fake_now is not empty: the time in it for members of the owner of
schema lifecycle, the transaction''s time for anybody else. No arguments. Returns timestamptz. Raises PT400
invalid_fake_now.';

revoke all on function fake_now() from public;
grant execute on function fake_now() to sessionbook_common;
