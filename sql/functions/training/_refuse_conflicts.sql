-- requires: functions/lifecycle.shown
-- Sessions in the calendar never overlap, so of those that end after the start asked for the first decides: one step in
-- an index, however long the history is. Volatile, because it must see what was committed while its caller waited.
create or replace function _refuse_conflicts(
    p_session_id text,
    p_trainer_id text,
    p_venue_id text,
    p_start_time timestamptz,
    p_end_time timestamptz
)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_other record;
begin
    select s.id, s.course_id, s.start_time, s.end_time into v_other
    from sessions as s
    where s.trainer_id = p_trainer_id
        and s.end_time > p_start_time
        and s.status in ('SCHEDULED', 'COMPLETED')
        and s.deleted_at is null
        and s.id <> p_session_id
    order by s.end_time
    limit 1;
    if v_other.start_time < p_end_time then
        raise exception using
            errcode = 'PT409',
            constraint = 'trainer_busy',
            message = format(
                'trainer %s is not free from %s to %s', lifecycle.shown(p_trainer_id), p_start_time, p_end_time
            ),
            detail = e'key: trainer_busy\n' || format(
                'Session %s (%s) is from %s to %s.',
                v_other.id,
                (select c.title from courses as c where c.id = v_other.course_id),
                v_other.start_time,
                v_other.end_time
            ),
            hint = 'Choose another time or trainer; availability_check() lists what is in the way.';
    end if;
    select s.id, s.course_id, s.start_time, s.end_time into v_other
    from sessions as s
    where s.venue_id = p_venue_id
        and s.end_time > p_start_time
        and s.status in ('SCHEDULED', 'COMPLETED')
        and s.deleted_at is null
        and s.id <> p_session_id
    order by s.end_time
    limit 1;
    if v_other.start_time < p_end_time then
        raise exception using
            errcode = 'PT409',
            constraint = 'venue_busy',
            message = format(
                'venue %s is not free from %s to %s', lifecycle.shown(p_venue_id), p_start_time, p_end_time
            ),
            detail = e'key: venue_busy\n' || format(
                'Session %s (%s) is from %s to %s.',
                v_other.id,
                (select c.title from courses as c where c.id = v_other.course_id),
                v_other.start_time,
                v_other.end_time
            ),
            hint = 'Choose another time or venue; availability_check() lists what is in the way.';
    end if;
end
$function$;

comment on function _refuse_conflicts(text, text, text, timestamptz, timestamptz) is
'Refuses a time at which trainer or venue has another session. p_session_id: the session to be placed, which is not in
its own way; p_trainer_id, p_venue_id: whose calendars; p_start_time, p_end_time: instants, the end not included.
Returns nothing. Raises PT409 trainer_busy, venue_busy; the detail names the session in the way.';

revoke all on function _refuse_conflicts(text, text, text, timestamptz, timestamptz) from public;
