-- What actor() calls if there is something to be read.
create or replace function said_actor()
returns text
language plpgsql
stable
security invoker
parallel restricted
set search_path from current
as $function$
declare
    v_actor text := nullif(trim(pg_catalog.current_setting('sessionbook.actor', true)), '');
    v_claims constant text := pg_catalog.current_setting('request.jwt.claims', true);
begin
    if v_actor is null and v_claims like '{%"sub"%' then
        begin
            v_actor := nullif(trim(v_claims::jsonb ->> 'sub'), '');
        exception
            -- Anybody may write the setting; what is no JSON, or too deep to be read, names nobody.
            when data_exception or program_limit_exceeded then
                v_actor := null;
        end;
    end if;
    return left(coalesce(v_actor, session_user), 200);
end
$function$;

comment on function said_actor() is
'What actor() says if the setting sessionbook.actor or request.jwt.claims is not empty. No arguments. Returns text of at
most 200 characters. Raises nothing.';

revoke all on function said_actor() from public;
grant execute on function said_actor() to sessionbook_common;
