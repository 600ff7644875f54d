-- The login role counts: inside a security definer function current_user is the owner.
create or replace function _is_owner()
returns boolean
language sql
stable
security invoker
parallel safe
set search_path from current
return pg_catalog.pg_has_role(
    session_user,
    (select n.nspowner from pg_catalog.pg_namespace as n where n.nspname = 'lifecycle'),
    'member'
);

comment on function _is_owner() is
'Whether the login role is a member of the owner of schema lifecycle. No arguments. Returns boolean. Raises nothing.';

revoke all on function _is_owner() from public;
