-- A separate function: it is rarely called, but inline its query would be planned every time.
create or replace function _is_superuser(p_role oid)
returns boolean
language sql
stable
security invoker
parallel safe
set search_path from current
return coalesce((select r.rolsuper from pg_catalog.pg_roles as r where r.oid = p_role), false); -- noqa: RF03

comment on function _is_superuser(oid) is
'Whether a role is a superuser. p_role: number of the role. Returns boolean, false for a role that is gone. Raises
nothing.';

revoke all on function _is_superuser(oid) from public;
