-- requires: functions/_refuse_conflicts, functions/lifecycle.shown
-- After the update has failed, for only then is it worth the search. What _refuse_conflicts() does not find was written
-- without locking trainer and venue, or this transaction cannot see it.
create or replace function _refuse_overlap(p_session sessions, p_constraint text, p_detail text)
returns void
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
begin
    perform _refuse_conflicts(
        p_session.id, p_session.trainer_id, p_session.venue_id, p_session.start_time, p_session.end_time
    );
    if p_constraint = 'sessions_trainer_id_excl' then
        raise exception using
            errcode = 'PT409',
            constraint = 'trainer_busy',
            message = format('trainer %s is not free', lifecycle.shown(p_session.trainer_id)),
            detail = e'key: trainer_busy\n' || p_detail,
            hint = 'Try again in a new transaction, which can see the conflicting session.';
    elsif p_constraint = 'sessions_venue_id_excl' then
        raise exception using
            errcode = 'PT409',
            constraint = 'venue_busy',
            message = format('venue %s is not free', lifecycle.shown(p_session.venue_id)),
            detail = e'key: venue_busy\n' || p_detail,
            hint = 'Try again in a new transaction, which can see the conflicting session.';
    end if;
end
$function$;

comment on function _refuse_overlap(sessions, text, text) is
'Says of an exclusion_violation in the calendar whom or what it is about. p_session: the row as it was to be;
p_constraint, p_detail: of the violation. Returns nothing if the constraint is another one. Raises PT409 trainer_busy,
venue_busy; the detail names the session in the way, or is PostgreSQL''s own if the transaction cannot see it.';

revoke all on function _refuse_overlap(sessions, text, text) from public;
