-- Behind a pool all callers share one role, so an application may say for whom it acts. That is what it says, not
-- proof.
create or replace function actor()
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
            -- Anybody may write the setting; what is no JSON names nobody.
            when data_exception then
                v_actor := null;
        end;
    end if;
    return left(coalesce(v_actor, session_user), 200);
end
$function$;

comment on function actor() is
'For whom the application says that it acts: the setting sessionbook.actor, else the claim sub of the setting
request.jwt.claims (PostgREST), else the login role. No arguments. Returns text of at most 200 characters. Raises
nothing.';

revoke all on function actor() from public;
grant execute on function actor() to sessionbook_app;
