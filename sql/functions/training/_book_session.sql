-- requires: functions/_check_references, functions/_find_closed, functions/_refuse_closed, functions/_refuse_conflicts
-- requires: functions/lifecycle.shown
-- Fields that do not change are not checked again: a session may get another trainer although its venue has been
-- deleted. A new time concerns both.
-- Locks: nothing; the caller has locked trainer and venue (_lock_calendars()), then the session, and catches an
-- exclusion_violation. It locks the session in the same block: to update a row in a subtransaction that the transaction
-- around it has locked makes a multixact each time.
create or replace function _book_session(
    p_session sessions,
    p_old sessions,
    p_expected text,
    p_reason text
)
returns sessions
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_missing constant text := case
        when p_session.course_id is null then 'course_id'
        when p_session.trainer_id is null then 'trainer_id'
        when p_session.venue_id is null then 'venue_id'
        when p_session.start_time is null then 'start_time'
        when p_session.end_time is null then 'end_time'
    end;
    v_is_moved constant boolean
        := p_old.start_time is distinct from p_session.start_time or p_old.end_time is distinct from p_session.end_time;
    v_has_new_course constant boolean := p_old.course_id is distinct from p_session.course_id;
    v_asks_trainer constant boolean
        := v_is_moved or v_has_new_course or p_old.trainer_id is distinct from p_session.trainer_id;
    v_asks_venue constant boolean := v_is_moved or p_old.venue_id is distinct from p_session.venue_id;
    v_qualified boolean;
    v_is_closed boolean;
    v_session sessions;
begin
    if v_missing is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'missing_field',
            message = format('session %s has no %s', lifecycle.shown(p_session.id), v_missing),
            detail = e'key: missing_field\n'
                || 'A scheduled session has a course, a trainer, a venue, a start and an end.',
            hint = format('Give %s.', v_missing);
    end if;
    if p_session.end_time <= p_session.start_time then
        raise exception using
            errcode = 'PT400',
            constraint = 'end_before_start',
            message = format(
                'session %s would end at %s, which is not after its start at %s',
                lifecycle.shown(p_session.id), p_session.end_time, p_session.start_time
            ),
            detail = e'key: end_before_start\n' || 'A session must have a length above zero.',
            hint = 'Give an end_time after start_time.';
    end if;
    perform _check_references(
        case when v_has_new_course then p_session.course_id end,
        case when v_asks_trainer then p_session.trainer_id end,
        case when v_asks_venue then p_session.venue_id end
    );
    v_qualified := not v_asks_trainer or exists (
        select
        from trainer_qualifications as q
        where q.trainer_id = p_session.trainer_id and q.course_id = p_session.course_id
    );
    -- An infinite time has no hours; the constraint refuses it.
    v_is_closed := isfinite(p_session.start_time) and isfinite(p_session.end_time) and _find_closed(
        case when v_asks_trainer then p_session.trainer_id end,
        case when v_asks_venue then p_session.venue_id end,
        p_session.start_time,
        p_session.end_time
    ) is not null;
    -- Otherwise the exclusion constraints find a conflict, with one search each instead of two.
    if not v_qualified or v_is_closed or p_session.status::text <> p_expected then
        perform _refuse_conflicts(
            p_session.id, p_session.trainer_id, p_session.venue_id, p_session.start_time, p_session.end_time
        );
    end if;
    if not v_qualified then
        raise exception using
            errcode = 'PT400',
            constraint = 'trainer_not_qualified',
            message = format(
                'trainer %s may not teach course %s',
                lifecycle.shown(p_session.trainer_id), lifecycle.shown(p_session.course_id)
            ),
            detail = e'key: trainer_not_qualified\n'
                || 'trainer_qualifications has no row for this trainer and course.',
            hint = 'list_trainers() returns those who may teach a course.';
    end if;
    if p_session.status::text <> p_expected then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_draft',
            message = format(
                'session %s cannot be scheduled, it is %s', lifecycle.shown(p_session.id), p_session.status
            ),
            detail = e'key: session_not_draft\n' || 'Only a draft can be scheduled.',
            hint = 'update_session() changes a session that is scheduled; for another one make a new draft.';
    end if;
    if v_is_closed then
        perform _refuse_closed(p_session, v_asks_trainer, v_asks_venue, p_reason);
    end if;
    update sessions as s
    set course_id = p_session.course_id,
        trainer_id = p_session.trainer_id,
        venue_id = p_session.venue_id,
        start_time = p_session.start_time,
        end_time = p_session.end_time,
        status = 'SCHEDULED'
    where s.id = p_session.id
    returning s.* into v_session;
    return v_session;
end
$function$;

comment on function _book_session(sessions, sessions, text, text) is
'Puts a session into the calendar, or to another place in it. p_session: the row as it is to be, with the status it has
now; its row is locked; p_old: the row that passed before, null: none did; p_expected: status that it must have now;
p_reason: why it is booked although somebody is away, null: then it is refused. Returns its row, SCHEDULED. Raises, in
this order, PT400 missing_field, end_before_start; PT404 course_not_found, trainer_not_found, venue_not_found, of what
is new or at a new time; PT400 trainer_not_qualified and PT409 session_not_draft, trainer_absent, venue_closed, all
after PT409 trainer_busy, venue_busy; 23P01, which _refuse_overlap() makes these two of; 23514 sessions_finite_check if
a time is infinite.';

revoke all on function _book_session(sessions, sessions, text, text) from public;
