-- requires: functions/lifecycle.actor, functions/lifecycle.changed_by, functions/lifecycle.now
-- Locks: none; it only inserts.
create or replace function _record_decision(p_session_id text, p_kind text, p_reason text, p_details jsonb)
returns void
language sql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
    insert into session_decisions (session_id, kind, reason, details, changed_by, actor, changed_at)
    values (
        p_session_id, p_kind, p_reason, p_details, lifecycle.changed_by(), lifecycle.actor(), lifecycle.now()
    )
$function$;

comment on function _record_decision(text, text, text, jsonb) is
'Notes what was decided about a session. p_session_id: the session; p_kind: as in session_decisions; p_reason: why;
p_details: an object. Returns nothing. Raises nothing.';

revoke all on function _record_decision(text, text, text, jsonb) from public;
