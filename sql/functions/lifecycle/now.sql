-- Named in full: pg_catalog.now() is what the bare name means.
-- The one clock. A fake time is for the owner of this schema only, judged by who logged in: inside a security definer
-- function current_user is the owner already, and an application could otherwise move the clock from outside.
create or replace function lifecycle.now()
returns timestamptz
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
declare
    v_fake constant text := nullif(pg_catalog.current_setting('lifecycle.fake_now', true), '');
begin
    if v_fake is null then
        return pg_catalog.now();
    end if;
    if not pg_catalog.pg_has_role(
        session_user,
        (select n.nspowner from pg_catalog.pg_namespace as n where n.nspname = 'lifecycle'),
        'member'
    ) then
        return pg_catalog.now();
    end if;
    return v_fake::timestamptz;
exception
    when invalid_datetime_format or datetime_field_overflow or invalid_parameter_value then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_fake_now',
            message = format('lifecycle.fake_now is not a time: %s', v_fake),
            detail = format('PostgreSQL says: %s.', sqlerrm),
            hint = 'Use a timestamp with a zone, such as 2026-01-31 09:00+03, or reset lifecycle.fake_now.';
end
$function$;

comment on function lifecycle.now() is
'The time that every rule of Sessionbook goes by: the transaction''s, or the setting lifecycle.fake_now where the login
role is a member of the owner of schema lifecycle (for anybody else the setting is passed over). No arguments.
Returns timestamptz. Raises PT400 invalid_fake_now.';

revoke all on function lifecycle.now() from public;
grant execute on function lifecycle.now() to sessionbook_app, sessionbook_reader, sessionbook_clock, sessionbook_courier;
