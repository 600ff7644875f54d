-- requires: functions/_lock_calendars, functions/_lock_open_session, functions/_refuse_unlocked, functions/_read_reason
-- requires: functions/_record_decision, functions/update_session, functions/lifecycle.shown
-- security: the application writes no table; the substitute must exist, be free and qualified.
-- Locks: the substitute and the venue, as _lock_calendars(); then the session. update_session() finds all three held.
create or replace function substitute_trainer(
    p_session_id text,
    p_trainer_id text,
    p_reason text,
    p_override boolean default false,
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
    v_reason constant text := _read_reason(p_reason);
    v_venue_id constant text := (select s.venue_id from sessions as s where s.id = p_session_id);
    v_old sessions;
    v_new sessions;
begin
    perform _lock_calendars(null, p_trainer_id, v_venue_id);
    v_old := _lock_open_session(p_session_id, p_expected_updated_at);
    if v_old.status <> 'SCHEDULED' then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_not_scheduled',
            message = format('session %s is %s', lifecycle.shown(p_session_id), v_old.status),
            detail = e'key: session_not_scheduled\n' || 'A substitute can only be given to a scheduled session.',
            hint = 'update_session() gives a draft another trainer.';
    end if;
    if v_old.trainer_id = p_trainer_id then
        return v_old;
    end if;
    v_new := v_old;
    v_new.trainer_id := p_trainer_id;
    perform _refuse_unlocked(v_new, p_trainer_id, v_venue_id);
    v_new := update_session(p_session_id, jsonb_build_object('trainer_id', p_trainer_id), p_override, v_reason);
    perform _record_decision(
        p_session_id,
        'substitute_trainer',
        v_reason,
        jsonb_build_object('from_trainer_id', v_old.trainer_id, 'to_trainer_id', v_new.trainer_id)
    );
    return v_new;
end
$function$;

comment on function substitute_trainer(text, text, text, boolean, timestamptz) is
'Gives a scheduled session another trainer. The table session_decisions stores the trainer before and the reason.
p_session_id: the session; p_trainer_id: the substitute; p_reason: why, 1 to 1000 characters; p_override: true also if
the substitute is absent (default false); p_expected_updated_at: updated_at of the row that the caller has seen (null:
not checked). Returns its row, unchanged if it has that trainer already. Raises PT409 session_not_scheduled, and PT400
reason_missing, reason_too_long, missing_field; PT404 session_not_found, trainer_not_found; PT409 changed_meanwhile,
session_deleted, session_closed, trainer_busy, trainer_absent; PT400 trainer_not_qualified; 55P03
session_moved_meanwhile (call it again).';

revoke all on function substitute_trainer(text, text, text, boolean, timestamptz) from public;
grant execute on function substitute_trainer(text, text, text, boolean, timestamptz) to sessionbook_app;
