-- requires: functions/lifecycle.now
-- security: applications close what they opened; the arguments are compared, and they are never executed as SQL.
-- Locks: the rows of calendar_tokens that it closes, and nothing after them.
create or replace function revoke_calendar_tokens(p_scope text, p_id text)
returns integer
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_revoked integer;
begin
    update calendar_tokens as t
    set revoked_at = v_now
    where t.scope = p_scope and t.subject_id = btrim(p_id) and t.revoked_at is null;
    get diagnostics v_revoked = row_count;
    return v_revoked;
end
$function$;

comment on function revoke_calendar_tokens(text, text) is
'Closes all tokens of one calendar at once. p_scope, p_id: as they were made with. Returns how many it closed, 0 if none
was open. Raises nothing.';

revoke all on function revoke_calendar_tokens(text, text) from public;
grant execute on function revoke_calendar_tokens(text, text) to sessionbook_app;
