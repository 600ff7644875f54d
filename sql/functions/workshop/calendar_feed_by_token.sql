-- requires: functions/calendar_feed
-- security: the token is hashed before it is compared, so that neither an index nor a timing tells anything of it.
-- Locks: none.
create or replace function calendar_feed_by_token(p_token text)
returns text
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_token calendar_tokens;
begin
    select t.* into v_token
    from calendar_tokens as t
    where t.token_hash = sha256(convert_to(left(p_token, 200), 'UTF8')) and t.revoked_at is null;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'calendar_not_found',
            message = 'the token is unknown or was revoked',
            detail = e'key: calendar_not_found\n' || 'It was never made, or it was revoked.',
            hint = 'create_calendar_token() makes a new one.';
    end if;
    return calendar_feed(v_token.scope, v_token.subject_id);
end
$function$;

comment on function calendar_feed_by_token(text) is
'The calendar that a token opens. p_token: as create_calendar_token() returned it. Returns text as calendar_feed().
Raises PT404 calendar_not_found (the token was never made, or it was revoked, or what it was for is gone).';

revoke all on function calendar_feed_by_token(text) from public;
grant execute on function calendar_feed_by_token(text) to sessionbook_app;
