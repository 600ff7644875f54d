-- requires: functions/_is_owner, functions/now
create or replace function judged_at(p_now timestamptz)
returns timestamptz
language sql
stable
security invoker
parallel restricted
set search_path from current
return case when p_now is not null and _is_owner() then p_now else lifecycle.now() end;

comment on function judged_at(timestamptz) is
'The time that a step of the clock is judged by. p_now: a time that the caller asks for; it counts only if the login
role is a member of the owner of schema lifecycle. Returns p_now, else lifecycle.now(). Raises PT400 invalid_fake_now.';

revoke all on function judged_at(timestamptz) from public;
