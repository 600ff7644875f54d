-- requires: functions/said_actor
-- Behind a pool all callers share one role, so an application may say who acts. That is no proof.
-- No search_path of its own: PostgreSQL inlines it on the path of every seat.
create or replace function actor()
returns text
language sql
stable
security invoker
parallel restricted
begin atomic
    select case
        when coalesce(pg_catalog.current_setting('sessionbook.actor', true), '') = ''
            and coalesce(pg_catalog.current_setting('request.jwt.claims', true), '') = ''
            then session_user
        else lifecycle.said_actor()
    end;
end;

comment on function actor() is
'Who acts, as the application says: the setting sessionbook.actor, else the claim sub of the setting request.jwt.claims
(PostgREST), else the login role. No arguments. Returns text of at most 200 characters. Raises nothing.';

revoke all on function actor() from public;
grant execute on function actor() to sessionbook_common;
