-- security: it reads the dates of the session that is named, which everybody sees who may call it.
-- Locks: none.
create or replace function session_days(p_session_id uuid)
returns table (day date)
language sql
stable
security definer
parallel restricted
set search_path from current
as $function$
    select d.day::date
    from workshop_sessions as s
    cross join lateral jsonb_array_elements_text(
        case when jsonb_typeof(s.session_dates) = 'array' then s.session_dates else '[]' end
    ) as d (day)
    where s.id = p_session_id
    union
    select s.session_date + g.n
    from workshop_sessions as s
    cross join lateral generate_series(0, greatest(s.end_date - s.session_date, 0)) as g (n)
    where s.id = p_session_id
        and (jsonb_typeof(s.session_dates) is distinct from 'array' or s.session_dates = '[]');
$function$;

comment on function session_days(uuid) is
'The local days of a session: those of a spread one, else all from the first to the last. p_session_id: the session.
Returns one row a day; none: there is no such session. Raises nothing.';

revoke all on function session_days(uuid) from public;
grant execute on function session_days(uuid) to sessionbook_app, sessionbook_reader;
