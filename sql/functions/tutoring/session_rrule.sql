-- requires: functions/_read_pattern
-- security: applications may read sessions anyway; the internal that reads the pattern is granted to nobody. The
-- argument is a key, and it is never executed as SQL.
-- Locks: none.
create or replace function session_rrule(p_session_id integer)
returns text
language plpgsql
stable
security definer
parallel safe
set search_path from current
as $function$
declare
    v_session sessions;
    v_rule jsonb;
begin
    select s.* into v_session
    from sessions as s
    where s.id = p_session_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('there is no session %s', coalesce(p_session_id::text, 'null')),
            detail = e'key: session_not_found\n' || 'No row of sessions has this id.',
            hint = 'Look it up in session_workflows.';
    end if;
    if v_session.recurring_pattern is null then
        return null;
    end if;
    v_rule := _read_pattern(
        v_session.recurring_pattern::jsonb, v_session.session_date, v_session.start_time, v_session.timezone
    );
    return concat_ws(
        ';',
        'FREQ=' || upper(v_rule ->> 'frequency' collate "C"),
        'INTERVAL=' || nullif(v_rule ->> 'interval', '1'),
        (
            select string_agg(
                format(
                    '%s=%s',
                    upper(l.name collate "C"),
                    (select string_agg(e.value, ',') from jsonb_array_elements_text(v_rule -> l.name) as e (value))
                ),
                ';' order by l.place
            )
            from (values (1, 'bymonth'), (2, 'bymonthday'), (3, 'byday'), (4, 'bysetpos')) as l (place, name)
            where v_rule ? l.name
        ),
        'WKST=' || nullif(v_rule ->> 'wkst', 'MO'),
        'COUNT=' || (v_rule ->> 'count'),
        'UNTIL=' || to_char(
            (((v_rule ->> 'until')::date + v_session.start_time) at time zone v_session.timezone) at time zone 'UTC',
            'YYYYMMDD"T"HH24MISS"Z"'
        )
    );
end
$function$;

comment on function session_rrule(integer) is
'The recurrence rule of a session in the format of RFC 5545, without its exdates. p_session_id: the session with the
pattern. Returns text such as FREQ=MONTHLY;BYDAY=2TU;COUNT=6; for months that are too short, BYSETPOS=-1 means the last
day; null: the session has no pattern. Raises PT404 session_not_found, PT400 invalid_recurring_pattern, PT400
too_many.';

revoke all on function session_rrule(integer) from public;
grant execute on function session_rrule(integer) to sessionbook_app;
