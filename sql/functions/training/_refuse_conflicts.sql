-- requires: functions/lifecycle.shown
-- Sessions in the calendar, buffers included, never overlap, so of those that are over after the time asked for begins
-- the first decides: a few steps in an index, however long the history is. A buffer is a day at most. Times are
-- compared in UTC, where a day has 24 hours. Volatile, because it must see what was committed while its caller waited.
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
    v_asked record;
    v_other record;
begin
    select
        (p_start_time at time zone 'UTC') - r.buffer_before as starts,
        (p_end_time at time zone 'UTC') + r.buffer_after as ends
    into v_asked
    from trainers as r
    where r.id = p_trainer_id;
    select
        s.id,
        s.course_id,
        s.start_time,
        s.end_time,
        (s.start_time at time zone 'UTC') - s.trainer_buffer_before as starts
    into v_other
    from sessions as s
    where s.trainer_id = p_trainer_id
        and s.end_time > p_start_time - interval '48 hours'
        and (s.end_time at time zone 'UTC') + s.trainer_buffer_after > v_asked.starts
        and s.status in ('SCHEDULED', 'COMPLETED')
        and s.deleted_at is null
        and s.id <> p_session_id
    order by s.end_time
    limit 1;
    if v_other.starts < v_asked.ends then
        raise exception using
            errcode = 'PT409',
            constraint = 'trainer_busy',
            message = format(
                'trainer %s is not free from %s to %s', lifecycle.shown(p_trainer_id), p_start_time, p_end_time
            ),
            detail = e'key: trainer_busy\n' || format(
                'Session %s (%s) is from %s to %s.%s',
                v_other.id,
                (select c.title from courses as c where c.id = v_other.course_id),
                v_other.start_time,
                v_other.end_time,
                case
                    when v_other.end_time <= p_start_time or v_other.start_time >= p_end_time
                        then ' The buffers between the two must stay free.'
                    else ''
                end
            ),
            hint = 'Choose another time or trainer; availability_check() lists the conflicts.';
    end if;
    select
        (p_start_time at time zone 'UTC') - r.buffer_before as starts,
        (p_end_time at time zone 'UTC') + r.buffer_after as ends
    into v_asked
    from venues as r
    where r.id = p_venue_id;
    select
        s.id,
        s.course_id,
        s.start_time,
        s.end_time,
        (s.start_time at time zone 'UTC') - s.venue_buffer_before as starts
    into v_other
    from sessions as s
    where s.venue_id = p_venue_id
        and s.end_time > p_start_time - interval '48 hours'
        and (s.end_time at time zone 'UTC') + s.venue_buffer_after > v_asked.starts
        and s.status in ('SCHEDULED', 'COMPLETED')
        and s.deleted_at is null
        and s.id <> p_session_id
    order by s.end_time
    limit 1;
    if v_other.starts < v_asked.ends then
        raise exception using
            errcode = 'PT409',
            constraint = 'venue_busy',
            message = format(
                'venue %s is not free from %s to %s', lifecycle.shown(p_venue_id), p_start_time, p_end_time
            ),
            detail = e'key: venue_busy\n' || format(
                'Session %s (%s) is from %s to %s.%s',
                v_other.id,
                (select c.title from courses as c where c.id = v_other.course_id),
                v_other.start_time,
                v_other.end_time,
                case
                    when v_other.end_time <= p_start_time or v_other.start_time >= p_end_time
                        then ' The buffers between the two must stay free.'
                    else ''
                end
            ),
            hint = 'Choose another time or venue; availability_check() lists the conflicts.';
    end if;
end
$function$;

comment on function _refuse_conflicts(text, text, text, timestamptz, timestamptz) is
'Refuses a time at which trainer or venue has another session, or one that is closer than the buffers allow.
p_session_id: the session to be placed, which is not in its own way; p_trainer_id, p_venue_id: whose calendars;
p_start_time, p_end_time: instants, the end not included. Returns nothing. Raises PT409 trainer_busy, venue_busy; the
detail names the session in the way.';

revoke all on function _refuse_conflicts(text, text, text, timestamptz, timestamptz) from public;
