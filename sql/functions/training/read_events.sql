-- requires: functions/lifecycle._number_events, functions/lifecycle.shown
-- security: applications read events without the right to number them; the arguments are numbers, and they are never
-- executed as SQL.
-- Locks: the row of event_counter, skipped if another reader has it; then the new events come with the next call.
create or replace function read_events(p_after bigint default 0, p_limit integer default 1000)
returns setof events
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
begin
    if p_limit is null or p_limit < 1 then
        raise exception using
            errcode = 'PT400',
            constraint = 'limit_not_positive',
            message = format('cannot read %s events', coalesce(p_limit::text, 'null')),
            detail = e'key: limit_not_positive\n' || 'p_limit must be 1 or more; above 10000 it means 10000.',
            hint = 'Leave p_limit out for 1000.';
    end if;
    perform lifecycle._number_events(current_schema());
    return query
    select e.*
    from events as e
    where e.position > coalesce(p_after, 0)
    order by e.position
    limit least(p_limit, 10000);
end
$function$;

comment on function read_events(bigint, integer) is
'Reads the events after a position, in order: a cause comes before its effect, and no event is added before one that was
read. It gives positions to new events, so it writes. Act on the events after the commit, store the last position, and
continue from it: then each event is read once. p_after: position of the last event that you handled (default 0: from
the oldest that is stored); p_limit: most events (default 1000; at most 10000 are returned). Returns rows of events.
Raises PT400 limit_not_positive.';

revoke all on function read_events(bigint, integer) from public;
grant execute on function read_events(bigint, integer) to sessionbook_app;
