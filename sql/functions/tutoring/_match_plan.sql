-- requires: functions/_session_ends_at
-- In five passes, from the most to the least specific match: local times and zone; local times, if an element names no
-- zone; instants of start and end; the start alone, with and without a zone. Each pass pairs what is left one to one. A
-- cancelled session or a no-show matches only a time that is over: at a future time a session may still take place.
-- Locks: none; the caller has locked what can move.
create or replace function _match_plan(
    p_enrolled_courses_id integer,
    p_elements sessions[],
    p_now timestamptz
)
returns table (place integer, session_id integer)
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_places integer[] := array[]::integer[];
    v_ids integer[] := array[]::integer[];
    v_more_places integer[];
    v_more_ids integer[];
begin
    for v_pass in 1 .. 5 loop
        with wanted as (
            select k.place, k.key, row_number() over (partition by k.key order by k.place) as turn
            from (
                select
                    e.id as place,
                    case v_pass
                        when 1 then lower(e.timezone collate "C")
                            || concat_ws(' ', '', e.session_date, e.start_time, e.end_time)
                        when 2 then concat_ws(' ', e.session_date, e.start_time, e.end_time)
                        when 3
                            then ((e.session_date + e.start_time) at time zone e.timezone)::text
                                || _session_ends_at(e.session_date, e.start_time, e.end_time, e.timezone)::text
                        when 4 then ((e.session_date + e.start_time) at time zone e.timezone)::text
                        else concat_ws(' ', e.session_date, e.start_time)
                    end as key
                from unnest(p_elements) as e
                where e.id <> all(v_places) and (v_pass not in (2, 5) or e.timezone is null)
            ) as k
            where k.key is not null
        ),
        held as (
            select k.id, k.key, row_number() over (partition by k.key order by k.id) as turn
            from (
                select
                    s.id,
                    case v_pass
                        when 1 then lower(s.timezone collate "C")
                            || concat_ws(' ', '', s.session_date, s.start_time, s.end_time)
                        when 2 then concat_ws(' ', s.session_date, s.start_time, s.end_time)
                        when 3 then s.starts_at::text || s.ends_at::text
                        when 4 then s.starts_at::text
                        else concat_ws(' ', s.session_date, s.start_time)
                    end as key
                from sessions as s
                where s.enrolled_courses_id = p_enrolled_courses_id
                    and s.deleted_at is null
                    and (coalesce(s.status, 'scheduled') not in ('cancelled', 'no_show') or s.starts_at <= p_now)
                    and s.id <> all(v_ids)
            ) as k
        )
        select coalesce(array_agg(w.place), array[]::integer[]), coalesce(array_agg(h.id), array[]::integer[])
        into v_more_places, v_more_ids
        from wanted as w
        inner join held as h on w.key = h.key and w.turn = h.turn;
        v_places := v_places || v_more_places;
        v_ids := v_ids || v_more_ids;
    end loop;
    return query
    select p.place, p.session_id
    from unnest(v_places, v_ids) as p (place, session_id);
end
$function$;

comment on function _match_plan(integer, sessions[], timestamptz) is
'Which sessions of a course are already at a time that a plan asks for. p_enrolled_courses_id: the course; p_elements:
the plan, as _read_sessions() gives it; p_now: time to judge by; cancelled sessions and no-shows count only if they
began by then. Returns pairs: place in the list, key of the session. Raises nothing.';

revoke all on function _match_plan(integer, sessions[], timestamptz) from public;
