-- requires: functions/_lock_calendars, functions/_lock_session, functions/_refuse_unlocked, functions/_book_session
-- requires: functions/_read_reason, functions/_refuse_overlap
-- security: the application writes no table; trainer and venue that it names must exist and be free, the trainer
-- qualified.
-- Locks: trainer and venue, as _lock_calendars(); then the session, whose trainer and venue are checked again.
create or replace function schedule_session(
    p_session_id text,
    p_trainer_id text default null,
    p_venue_id text default null,
    p_start_time timestamptz default null,
    p_end_time timestamptz default null,
    p_override boolean default false,
    p_reason text default null,
    p_expected_updated_at timestamptz default null
)
returns sessions
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_reason constant text := case when p_override then _read_reason(p_reason) end;
    v_session sessions;
    v_trainer_id text;
    v_venue_id text;
    v_constraint text;
    v_detail text;
begin
    select coalesce(p_trainer_id, s.trainer_id), coalesce(p_venue_id, s.venue_id) into v_trainer_id, v_venue_id
    from sessions as s
    where s.id = p_session_id;
    perform _lock_calendars(null, v_trainer_id, v_venue_id);
    v_session := _lock_session(p_session_id, p_expected_updated_at);
    -- A repeated call, for example after a lost answer.
    if v_session.status = 'SCHEDULED'
        and coalesce(p_trainer_id, v_session.trainer_id) = v_session.trainer_id
        and coalesce(p_venue_id, v_session.venue_id) = v_session.venue_id
        and coalesce(p_start_time, v_session.start_time) = v_session.start_time
        and coalesce(p_end_time, v_session.end_time) = v_session.end_time
    then
        return v_session;
    end if;
    v_session.trainer_id := coalesce(p_trainer_id, v_session.trainer_id);
    v_session.venue_id := coalesce(p_venue_id, v_session.venue_id);
    v_session.start_time := coalesce(p_start_time, v_session.start_time);
    v_session.end_time := coalesce(p_end_time, v_session.end_time);
    perform _refuse_unlocked(v_session, v_trainer_id, v_venue_id);
    return _book_session(v_session, null, 'DRAFT', v_reason);
exception
    when exclusion_violation then
        get stacked diagnostics v_constraint = constraint_name, v_detail = pg_exception_detail;
        perform _refuse_overlap(v_session, v_constraint, v_detail);
        raise;
end
$function$;

comment on function schedule_session(text, text, text, timestamptz, timestamptz, boolean, text, timestamptz) is
'Publishes a draft: puts it into the calendar and reserves trainer and venue for its time. p_session_id: the draft;
p_trainer_id, p_venue_id, p_start_time, p_end_time: the values to publish with (null: those of the draft); p_override:
true also books it if the trainer is absent or the venue closed (default false); p_reason: why, required with p_override
and stored in session_decisions; p_expected_updated_at: updated_at of the row that the caller has seen (null: not
checked). Returns its row, unchanged if it is already scheduled with these values. Raises PT404 session_not_found, PT409
changed_meanwhile, PT409 session_deleted, and in this order PT400 missing_field, end_before_start; PT404
course_not_found, trainer_not_found, venue_not_found; PT409 trainer_busy, venue_busy (the detail names the session in
the way); PT400 trainer_not_qualified; PT409 session_not_draft, trainer_absent, venue_closed; PT400 reason_missing,
reason_too_long; 23514 sessions_finite_check if a time is infinite; 55P03 session_moved_meanwhile (call it again).';

revoke all on function schedule_session(text, text, text, timestamptz, timestamptz, boolean, text, timestamptz)
from public;
grant execute on function schedule_session(text, text, text, timestamptz, timestamptz, boolean, text, timestamptz)
to sessionbook_app;
