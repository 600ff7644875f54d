-- requires: functions/calendar_feed, functions/lifecycle.actor, functions/lifecycle.now
-- security: the token is two random UUIDs, of which only the hash is kept; scope and key are judged as calendar_feed()
-- judges them, and they are never executed as SQL.
-- Locks: none; it only inserts.
create or replace function create_calendar_token(p_scope text, p_id text)
returns text
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_token constant text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
    perform calendar_feed(p_scope, p_id);
    insert into calendar_tokens (token_hash, scope, subject_id, actor, created_at)
    values (sha256(convert_to(v_token, 'UTF8')), p_scope, btrim(p_id), lifecycle.actor(), lifecycle.now());
    return v_token;
end
$function$;

comment on function create_calendar_token(text, text) is
'Makes a secret that opens one calendar to anybody who has it, without signing in. p_scope, p_id: as calendar_feed()
takes them. Returns the token, 64 letters and digits; it is returned once and not stored. Raises PT400 unknown_scope,
PT404 calendar_not_found.';

revoke all on function create_calendar_token(text, text) from public;
grant execute on function create_calendar_token(text, text) to sessionbook_app;
