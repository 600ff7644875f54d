-- No search_path of its own: views inline it.
create or replace function session_days(p_first date, p_last date, p_session_dates jsonb)
returns table (day date)
language sql
immutable
security invoker
parallel safe
begin atomic
    select d.day::date
    from jsonb_array_elements_text(
        case when jsonb_typeof(p_session_dates) = 'array' then p_session_dates else '[]' end -- noqa: RF03
    ) as d (day)
    union
    select g.day::date
    from generate_series(p_first::timestamp, greatest(p_first, p_last)::timestamp, '1 day') as g (day)
    where jsonb_typeof(p_session_dates) is distinct from 'array' or jsonb_array_length(p_session_dates) = 0;
end;

comment on function session_days(date, date, jsonb) is
'The local days of a session. p_first: its session_date; p_last: its end_date, null or earlier: the first day;
p_session_dates: the days of a spread session, null: all from first to last. Returns one row a day. Raises nothing.';

revoke all on function session_days(date, date, jsonb) from public;
grant execute on function session_days(date, date, jsonb) to sessionbook_app, sessionbook_reader;
