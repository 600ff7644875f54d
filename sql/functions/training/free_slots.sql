-- requires: functions/_check_references, functions/_free_ranges, functions/_refuse_too_many, functions/lifecycle.now
-- security: the same for every caller; it names a course and a time, and only reads.
-- A slot is what the free ranges of a trainer and of a venue have in common. Takes no lock: the booking call locks
-- then, and may find the hour taken.
create or replace function free_slots(
    p_course_id text,
    p_duration interval,
    p_from timestamptz,
    p_until timestamptz,
    p_limit integer default 100
)
returns table (
    trainer_id text,
    venue_id text,
    start_time timestamptz,
    end_time timestamptz
)
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
set jit = off
as $function$
declare
    v_missing constant text := case
        when p_course_id is null then 'course_id'
        when p_duration is null then 'duration'
        when p_from is null then 'from'
        when p_until is null then 'until'
    end;
    v_from constant timestamptz := greatest(p_from, lifecycle.now());
    v_trainer_ids text[];
    v_venue_ids text[];
    v_seen timestamptz;
    v_slot_trainers text[];
    v_slot_venues text[];
    v_starts timestamptz[];
    v_ends timestamptz[];
begin
    if v_missing is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'missing_field',
            message = format('the search for slots has no %s', v_missing),
            detail = e'key: missing_field\n' || 'It needs a course, a duration, and a span from p_from to p_until.',
            hint = format('Give p_%s.', v_missing);
    end if;
    if p_limit is null or p_limit < 1 then
        raise exception using
            errcode = 'PT400',
            constraint = 'limit_not_positive',
            message = format('p_limit is %s, it must be 1 or more', coalesce(p_limit::text, 'null')),
            detail = e'key: limit_not_positive\n' || 'The limit is the number of slots that are returned at most.',
            hint = 'Leave p_limit out for 100.';
    end if;
    perform _refuse_too_many('p_limit', p_limit);
    if p_until <= p_from then
        raise exception using
            errcode = 'PT400',
            constraint = 'end_before_start',
            message = format('the time ends at %s, which is not after its start at %s', p_until, p_from),
            detail = e'key: end_before_start\n' || 'The span needs a start and an end after it.',
            hint = 'Give a p_until after p_from.';
    end if;
    if p_duration <= interval '0'
        or not isfinite(p_from)
        or not isfinite(p_until)
        or p_until - p_from > interval '92 days'
    then
        raise exception using
            errcode = 'PT400',
            constraint = 'slots_out_of_range',
            message = format('cannot search for slots of %s from %s to %s', p_duration, p_from, p_until),
            detail = e'key: slots_out_of_range\n' || 'The duration must be above zero, and the span 92 days at most.',
            hint = 'Search a shorter span.';
    end if;
    perform _check_references(p_course_id, null, null);
    if v_from >= p_until then
        return;
    end if;
    v_trainer_ids := array(
        select q.trainer_id
        from trainer_qualifications as q
        inner join trainers as t on q.trainer_id = t.id
        where q.course_id = p_course_id and t.deleted_at is null
    );
    v_venue_ids := array(select v.id from venues as v where v.deleted_at is null);
    -- Soonest first: so a short stretch of time is looked through, and a longer one only if it has too few. Slots that
    -- are found are all that begin early enough in it to be long enough.
    v_seen := least(p_until, v_from + greatest(interval '1 day', p_duration * 2));
    loop
        with ranges as materialized (
            select r.trainer_id, r.venue_id, r.starts, r.ends
            from _free_ranges(v_trainer_ids, v_venue_ids, v_from, v_seen, p_duration) as r
        )

        -- A slot starts when the later of the two is free. So each half is read in the order of its starts, and only
        -- as far as the limit goes.
        select
            array_agg(f.trainer_id order by f.starts, f.trainer_id, f.venue_id),
            array_agg(f.venue_id order by f.starts, f.trainer_id, f.venue_id),
            array_agg(f.starts order by f.starts, f.trainer_id, f.venue_id),
            array_agg(f.ends order by f.starts, f.trainer_id, f.venue_id)
        into v_slot_trainers, v_slot_venues, v_starts, v_ends
        from (
            select u.trainer_id, u.venue_id, u.starts, u.ends
            from (
                (
                    select t.id as trainer_id, v.id as venue_id, t.starts, least(t.ends, v.ends) as ends
                    from (
                        select r.trainer_id as id, r.starts, r.ends
                        from ranges as r
                        where r.trainer_id is not null
                        order by r.starts, r.trainer_id
                    ) as t
                    cross join lateral (
                        select r.venue_id as id, r.ends
                        from ranges as r
                        where r.venue_id is not null
                            and r.starts <= t.starts
                            and least(r.ends, t.ends) - t.starts >= p_duration
                        order by r.venue_id
                    ) as v
                    order by t.starts, t.id
                    limit p_limit
                )
                union all
                (
                    select t.id, v.id, v.starts, least(t.ends, v.ends)
                    from (
                        select r.venue_id as id, r.starts, r.ends
                        from ranges as r
                        where r.venue_id is not null and r.starts > v_from
                        order by r.starts, r.venue_id
                    ) as v
                    cross join lateral (
                        select r.trainer_id as id, r.ends
                        from ranges as r
                        where r.trainer_id is not null
                            and r.starts < v.starts
                            and least(r.ends, v.ends) - v.starts >= p_duration
                        order by r.trainer_id
                    ) as t
                    order by v.starts, v.id
                    limit p_limit
                )
            ) as u
            order by u.starts, u.trainer_id, u.venue_id
            limit p_limit
        ) as f;
        exit when v_seen = p_until or cardinality(v_starts) = p_limit;
        v_seen := least(p_until, v_from + (v_seen - v_from) * 2);
    end loop;
    -- What is free until the end of what was looked through may be free for longer.
    return query
    with slots as (
        select u.trainer_id, u.venue_id, u.starts, u.ends, u.place, u.ends = v_seen as goes_on
        from unnest(v_slot_trainers, v_slot_venues, v_starts, v_ends)
            with ordinality as u (trainer_id, venue_id, starts, ends, place)
    ),

    later as materialized (
        select r.trainer_id, r.venue_id, r.ends
        from _free_ranges(
            array(select distinct s.trainer_id from slots as s where s.goes_on),
            array(select distinct s.venue_id from slots as s where s.goes_on),
            v_seen,
            p_until,
            interval '0'
        ) as r
        where r.starts = v_seen and v_seen < p_until
    )

    select
        s.trainer_id,
        s.venue_id,
        s.starts,
        case when s.goes_on then least(coalesce(t.ends, v_seen), coalesce(v.ends, v_seen)) else s.ends end
    from slots as s
    left join later as t on s.goes_on and s.trainer_id = t.trainer_id
    left join later as v on s.goes_on and s.venue_id = v.venue_id
    order by s.place;
end
$function$;

comment on function free_slots(text, interval, timestamptz, timestamptz, integer) is
'Free time for sessions of a course: spans in which a qualified trainer and a venue are both available, with their
buffers. A session may lie anywhere within a span. p_course_id: the course; p_duration: the shortest span; p_from,
p_until: the time to search, at most 92 days; the past is left out; p_limit: most spans (default 100, 1 to 1000).
Returns trainer_id, venue_id, start_time and end_time, soonest first. Raises PT400 missing_field, limit_not_positive,
too_many, end_before_start, slots_out_of_range; PT404 course_not_found.';

revoke all on function free_slots(text, interval, timestamptz, timestamptz, integer) from public;
grant execute on function free_slots(text, interval, timestamptz, timestamptz, integer) to sessionbook_app;
