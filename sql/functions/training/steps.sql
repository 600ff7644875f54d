-- Attendance completes a training session; what time does is to let compliance lapse.
create or replace function steps()
returns text[]
language sql
immutable
security invoker
parallel safe
set search_path from current
return array['lapse_compliance'];

comment on function steps() is
'Steps of this unit''s clock, in order: items whose expiry date has passed lapse. No arguments. Returns text[]. Raises
nothing.';

revoke all on function steps() from public;
