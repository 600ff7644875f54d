create or replace function steps()
returns text[]
language sql
immutable
security invoker
parallel safe
set search_path from current
return array['lapse_compliance'];

comment on function steps() is
'Steps of the clock in their order; lifecycle.advance() asks. Time completes no training session, attendance does; what
time does is to let compliance lapse. No arguments. Returns an array of names. Raises nothing.';

revoke all on function steps() from public;
