-- requires: functions/takes_bookings, functions/workshops_on_sale
-- Locks: none; the clock asks again once it has the sessions.
create or replace function run_has_room(p_run_id uuid, p_now timestamptz)
returns boolean
language sql
stable
security invoker
parallel safe
set search_path from current
begin atomic
    -- noqa: disable=RF02,RF03
    select
        bool_and(
            takes_bookings(s.status, s.starts_at, s.booking_opens_at, s.booking_closes_at, p_now)
            and s.waiting_count = 0
            and coalesce(nullif(s.max_attendees, 0), 2147483647) - s.current_attendees >= (
                select f.seats
                from waitlist_entries as f
                where f.run_id = p_run_id and f.status = 'waiting'
                order by f.priority desc, f.joined_at asc, f.id asc
                limit 1
            )
            and exists (select from workshops_on_sale() as w where w.workshop_id = s.workshop_id)
        )
    from workshop_sessions as s
    where s.run_id = p_run_id and s.status in ('upcoming', 'active', 'full') and s.starts_at > p_now;
end;
-- noqa: enable=RF02,RF03

comment on function run_has_room(uuid, timestamptz) is
'Whether the first in line for a whole run can be offered seats: every future session is on sale and has room, and
nobody waits for a single one of them. p_run_id: the run; p_now: time to judge by. Returns null if the run has no future
session. Raises nothing.';

revoke all on function run_has_room(uuid, timestamptz) from public;
grant execute on function run_has_room(uuid, timestamptz) to sessionbook_app, sessionbook_reader;
