-- requires: functions/_find_closed, functions/_record_decision, functions/lifecycle.shown
-- One after the other: a caller that overrides may meet both, and each is noted.
create or replace function _refuse_closed(
    p_session sessions,
    p_asks_trainer boolean,
    p_asks_venue boolean,
    p_reason text
)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_trainer_id constant text := case when p_asks_trainer then p_session.trainer_id end;
    v_venue_id constant text := case when p_asks_venue then p_session.venue_id end;
    v_closed constant text[] := array_remove(
        array[
            _find_closed(v_trainer_id, null, p_session.start_time, p_session.end_time),
            _find_closed(null, v_venue_id, p_session.start_time, p_session.end_time)
        ],
        null
    );
    v_key text;
begin
    foreach v_key in array v_closed loop
        if p_reason is not null then
            perform _record_decision(
                p_session.id,
                'override',
                p_reason,
                jsonb_strip_nulls(jsonb_build_object(
                    'key', v_key,
                    'trainer_id', case when v_key = 'trainer_absent' then v_trainer_id end,
                    'venue_id', case when v_key = 'venue_closed' then v_venue_id end,
                    'start_time', p_session.start_time,
                    'end_time', p_session.end_time
                ))
            );
        elsif v_key = 'trainer_absent' then
            raise exception using
                errcode = 'PT409',
                constraint = 'trainer_absent',
                message = format(
                    'trainer %s is not available for the whole time from %s to %s',
                    lifecycle.shown(v_trainer_id), p_session.start_time, p_session.end_time
                ),
                detail = e'key: trainer_absent\n'
                    || 'It is outside the trainer''s working hours, or the trainer is absent.',
                hint = 'See free_slots() for another time or trainer; p_override with p_reason books it anyway.';
        else
            raise exception using
                errcode = 'PT409',
                constraint = 'venue_closed',
                message = format(
                    'venue %s is not open for the whole time from %s to %s',
                    lifecycle.shown(v_venue_id), p_session.start_time, p_session.end_time
                ),
                detail = e'key: venue_closed\n'
                    || 'It is outside the venue''s hours, the venue is closed, or it is a holiday.',
                hint = 'See free_slots() for another time or venue; p_override with p_reason books it anyway.';
        end if;
    end loop;
end
$function$;

comment on function _refuse_closed(sessions, boolean, boolean, text) is
'Refuses a time at which the trainer is away or the venue closed, or notes that it was overridden. p_session: the row as
it is to be; p_asks_trainer, p_asks_venue: about whom it is asked; p_reason: why it is booked anyway; null: it is not.
Returns nothing. Raises PT409 trainer_absent, venue_closed.';

revoke all on function _refuse_closed(sessions, boolean, boolean, text) from public;
