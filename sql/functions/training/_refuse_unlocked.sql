-- requires: functions/lifecycle.shown
-- A caller that holds a session does not wait for its trainer or venue, so what was not locked before it is not
-- locked now.
create or replace function _refuse_unlocked(
    p_session sessions,
    p_locked_trainer_id text,
    p_locked_venue_id text
)
returns void
language plpgsql
immutable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if p_session.trainer_id <> coalesce(p_locked_trainer_id, '')
        or p_session.venue_id <> coalesce(p_locked_venue_id, '')
    then
        raise exception using
            errcode = '55P03',
            constraint = 'session_moved_meanwhile',
            message = format('session %s has just got another trainer or venue', lifecycle.shown(p_session.id)),
            detail = e'key: session_moved_meanwhile\n'
                || 'It was changed while this call waited for the locks of the trainer and venue that it had before.',
            hint = 'Call again.';
    end if;
end
$function$;

comment on function _refuse_unlocked(sessions, text, text) is
'Refuses a session whose calendars are not those that were locked for it. p_session: the row as it is to be;
p_locked_trainer_id, p_locked_venue_id: what _lock_calendars() was called with. Returns nothing. Raises 55P03
session_moved_meanwhile.';

revoke all on function _refuse_unlocked(sessions, text, text) from public;
