-- requires: functions/_open_hours
create or replace function _find_closed(
    p_trainer_id text,
    p_venue_id text,
    p_start_time timestamptz,
    p_end_time timestamptz
)
returns text
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select case when o.trainer_id is not null then 'trainer_absent' else 'venue_closed' end
    from _open_hours(
        array_remove(array[p_trainer_id], null), array_remove(array[p_venue_id], null), p_start_time, p_end_time
    ) as o
    where not tstzrange(p_start_time, p_end_time) <@ o.open
    order by o.trainer_id nulls last
    limit 1
$function$;

comment on function _find_closed(text, text, timestamptz, timestamptz) is
'Whether a trainer is away or a venue closed at some time of a stretch. p_trainer_id, p_venue_id: null: not checked;
p_start_time, p_end_time: the stretch. Returns trainer_absent, else venue_closed, else null. Raises nothing.';

revoke all on function _find_closed(text, text, timestamptz, timestamptz) from public;
