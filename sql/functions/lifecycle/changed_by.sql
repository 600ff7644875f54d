-- Never current_user: inside a security definer function that is the owner.
create or replace function changed_by()
returns text
language sql
stable
security invoker
parallel safe
set search_path from current
return coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user);

comment on function changed_by() is
'The database role that history names: the one of SET ROLE, else the login role. No arguments. Returns text. Raises
nothing.';

revoke all on function changed_by() from public;
grant execute on function changed_by() to sessionbook_common;
