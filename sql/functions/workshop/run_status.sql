-- No search_path of its own: views inline it.
create or replace function run_status(p_live bigint, p_open bigint, p_full bigint, p_taken bigint)
returns text
language sql
immutable
security invoker
parallel safe
begin atomic
    select case
        when p_live = 0 then 'cancelled'
        when p_open = 0 then 'completed'
        when p_full = p_open then 'full'
        when p_taken > 0 then 'active'
        else 'upcoming'
    end;
end;

comment on function run_status(bigint, bigint, bigint, bigint) is
'The status of a run, from its sessions. p_live: sessions not cancelled; p_open: of these, not over; p_full: of the open
ones, full; p_taken: seats taken in live sessions. Returns text: cancelled (none live), completed (none open), full (all
open ones), active (a seat taken), else upcoming. Raises nothing.';

revoke all on function run_status(bigint, bigint, bigint, bigint) from public;
grant execute on function run_status(bigint, bigint, bigint, bigint) to sessionbook_app, sessionbook_reader;
