-- First the steps that free seats, then the offers of seats, then past sessions; runs last, because all of this changes
-- them.
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
'The steps of this unit''s clock, in order; docs/operations.md describes them. No arguments. Returns text[]. Raises
nothing.';

revoke all on function steps() from public;
