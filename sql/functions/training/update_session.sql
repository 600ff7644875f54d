-- requires: functions/_lock_calendars, functions/_lock_open_session, functions/_read_changes
-- requires: functions/_refuse_unlocked, functions/_book_session, functions/_check_references
-- requires: functions/_read_reason, functions/_refuse_overlap, functions/lifecycle.shown
-- security: the application writes no table; what it names must exist; for a scheduled session also be free and
-- qualified.
-- Locks: what the session is to refer to, as _lock_calendars(): of a draft only what is new; then the session, whose
-- trainer and venue are checked again.
create or replace function update_session(
    p_session_id text,
    p_changes jsonb,
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
    v_old sessions;
    v_seen sessions;
    v_new sessions;
    v_session sessions;
    v_constraint text;
    v_detail text;
begin
    select s.* into v_old
    from sessions as s
    where s.id = p_session_id;
    if found then
        v_seen := _read_changes(v_old, p_changes);
        if v_old.status = 'SCHEDULED' then
            perform _lock_calendars(nullif(v_seen.course_id, v_old.course_id), v_seen.trainer_id, v_seen.venue_id);
        else
            perform _lock_calendars(
                nullif(v_seen.course_id, v_old.course_id),
                nullif(v_seen.trainer_id, v_old.trainer_id),
                nullif(v_seen.venue_id, v_old.venue_id)
            );
        end if;
    end if;
    v_old := _lock_open_session(p_session_id, p_expected_updated_at);
    v_new := _read_changes(v_old, p_changes);
    if v_new.course_id is null then
        raise exception using
            errcode = 'PT400',
            constraint = 'missing_field',
            message = format('session %s needs a course_id', lifecycle.shown(p_session_id)),
            detail = e'key: missing_field\n' || 'Every session has a course.',
            hint = 'Leave course_id out, or give the other course.';
    end if;
    if v_old.status = 'SCHEDULED' then
        if v_seen.status <> 'SCHEDULED' then
            v_seen := null;
        end if;
        perform _refuse_unlocked(v_new, v_seen.trainer_id, v_seen.venue_id);
        return _book_session(v_new, v_old, 'SCHEDULED', v_reason);
    end if;
    -- What a draft already has may stay, even if it has been deleted since.
    perform _check_references(
        nullif(v_new.course_id, v_old.course_id),
        nullif(v_new.trainer_id, v_old.trainer_id),
        nullif(v_new.venue_id, v_old.venue_id)
    );
    update sessions as s
    set course_id = v_new.course_id,
        trainer_id = v_new.trainer_id,
        venue_id = v_new.venue_id,
        start_time = v_new.start_time,
        end_time = v_new.end_time
    where s.id = p_session_id
    returning s.* into v_session;
    return v_session;
exception
    when exclusion_violation then
        get stacked diagnostics v_constraint = constraint_name, v_detail = pg_exception_detail;
        perform _refuse_overlap(v_new, v_constraint, v_detail);
        raise;
end
$function$;

comment on function update_session(text, jsonb, boolean, text, timestamptz) is
'Changes a draft or a scheduled session. p_session_id: the session; p_changes: object with any of course_id, trainer_id,
venue_id, start_time and end_time; fields that are not named stay, null empties a field; p_override, p_reason: as for
schedule_session(); p_expected_updated_at: updated_at of the row that the caller has seen (null: not checked). Returns
its row. A draft may have any values, but needs a course. A scheduled session must meet the conditions of
schedule_session(), for the fields that change: for example it may get another trainer even if its venue has been
deleted. Raises PT400 missing_field, and PT404 session_not_found, PT409 changed_meanwhile, session_deleted,
session_closed; PT400 invalid_changes, unknown_field, invalid_field; PT404 course_not_found, trainer_not_found,
venue_not_found; PT400 end_before_start; PT409 trainer_busy, venue_busy; PT400 trainer_not_qualified; PT409
trainer_absent, venue_closed; PT400 reason_missing, reason_too_long; 23514 sessions_finite_check if a scheduled session
would have an infinite time; 55P03 session_moved_meanwhile (call it again).';

revoke all on function update_session(text, jsonb, boolean, text, timestamptz) from public;
grant execute on function update_session(text, jsonb, boolean, text, timestamptz) to sessionbook_app;
