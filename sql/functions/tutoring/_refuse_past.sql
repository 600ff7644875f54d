-- Locks: none.
create or replace function _refuse_past(
    p_session_id integer,
    p_starts_at timestamptz,
    p_now timestamptz
)
returns void
language plpgsql
stable
security invoker
parallel safe
set search_path from current
as $function$
begin
    if p_starts_at <= p_now then
        raise exception using
            errcode = 'PT400',
            constraint = 'time_is_over',
            message = format(
                '%s cannot start at %s, it is %s',
                coalesce('session ' || p_session_id, 'a new session'), p_starts_at, p_now
            ),
            detail = e'key: time_is_over\n' || 'The next tick would treat it as if it had taken place.',
            hint = 'Use a time in the future. If you mean a time in the past, pass p_allow_past => true.';
    end if;
end
$function$;

comment on function _refuse_past(integer, timestamptz, timestamptz) is
'Refuses a start in the past. p_session_id: the session, null for a new one; p_starts_at: its start; p_now: time to
judge by. Returns nothing. Raises PT400 time_is_over.';

revoke all on function _refuse_past(integer, timestamptz, timestamptz) from public;
