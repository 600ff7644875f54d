-- First what gives seats back, then who may have them, then what is over; runs last, since all of this moves them.
create or replace function steps()
returns text[]
language sql
immutable
security invoker
parallel safe
set search_path from current
return array[
    'release_holds', 'expire_offers', 'offer_seats', 'offer_runs', 'close_waitlists', 'ask_minimums',
    'complete_sessions', 'follow_runs'
];

comment on function steps() is
'Steps of this unit''s clock, in the order in which a pass takes them: seats of orders whose hold ran out are released;
offers that ran out expire, and the next in line has one; seats that are free are offered to those who wait, first for a
session, then for a whole run; waiting lists of sessions that have started are closed; sessions are asked whether enough
people come; sessions whose last day has passed in their own zone are completed; runs that somebody held follow their
sessions. No arguments. Returns text[]. Raises nothing.';

revoke all on function steps() from public;
