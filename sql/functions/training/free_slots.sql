-- requires: functions/_check_references, functions/_open_hours, functions/_refuse_too_many, functions/lifecycle.now
-- security: the same for every caller; it names a course and a time, and only reads.
-- Each calendar is made once, as open hours without what is booked and without the buffers of both sides; a slot is
-- what a trainer's and a venue's have in common. Takes no lock: the booking call locks then, and may find the hour
-- taken.
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
    v_near_from timestamptz;
    v_near_until timestamptz;
begin
    if v_missing is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'missing_field',
            message = format('the slots asked for have no %s', v_missing),
            detail = e'key: missing_field\n' || 'Slots are for a course, of a length, from a time to a time.',
            hint = format('Give p_%s.', v_missing);
    end if;
    if p_limit is null or p_limit < 1 then
        raise exception using
            errcode = 'PT400',
            constraint = 'limit_not_positive',
            message = format('p_limit is %s, it must be 1 or more', coalesce(p_limit::text, 'null')),
            detail = e'key: limit_not_positive\n' || 'The limit is the most slots that are returned.',
            hint = 'Leave p_limit out for 100.';
    end if;
    perform _refuse_too_many('p_limit', p_limit);
    if p_until <= p_from then
        raise exception using
            errcode = 'PT400',
            constraint = 'end_before_start',
            message = format('the time asked for ends at %s, not after its start at %s', p_until, p_from),
            detail = e'key: end_before_start\n' || 'Slots are looked for from a start to an end.',
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
            message = format('no slots of %s from %s to %s', p_duration, p_from, p_until),
            detail = e'key: slots_out_of_range\n' || 'A slot takes some time, and 92 days at most are looked through.',
            hint = 'Ask for less at once.';
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
    -- Two buffers of a day at most reach into the time asked for.
    v_near_from := v_from - interval '48 hours';
    v_near_until := p_until + interval '48 hours';
    return query
    with hours as materialized (
        select o.trainer_id, o.venue_id, o.open
        from _open_hours(v_trainer_ids, v_venue_ids, v_from, p_until) as o
    ),

    -- By start, for most take a day at most; those that take longer are in an index of their own.
    taken as materialized (
        select
            s.trainer_id,
            s.venue_id,
            s.start_time at time zone 'UTC' as starts,
            s.end_time at time zone 'UTC' as ends,
            s.trainer_buffer_before,
            s.trainer_buffer_after,
            s.venue_buffer_before,
            s.venue_buffer_after
        from sessions as s
        where s.start_time > v_near_from - interval '24 hours'
            and s.start_time < v_near_until
            and s.end_time - s.start_time <= interval '24 hours'
            and s.status in ('SCHEDULED', 'COMPLETED')
            and s.deleted_at is null
        union all
        select
            s.trainer_id,
            s.venue_id,
            s.start_time at time zone 'UTC',
            s.end_time at time zone 'UTC',
            s.trainer_buffer_before,
            s.trainer_buffer_after,
            s.venue_buffer_before,
            s.venue_buffer_after
        from sessions as s
        where s.end_time - s.start_time > interval '24 hours'
            and s.end_time > v_near_from
            and s.start_time < v_near_until
            and s.status in ('SCHEDULED', 'COMPLETED')
            and s.deleted_at is null
    ),

    trainer_ranges as materialized (
        select h.trainer_id as id, lower(f.range) as starts, upper(f.range) as ends
        from hours as h
        left join (
            select r.id, range_agg(tstzrange(
                (s.starts - s.trainer_buffer_before - r.buffer_after) at time zone 'UTC',
                (s.ends + s.trainer_buffer_after + r.buffer_before) at time zone 'UTC'
            )) as hours
            from taken as s
            inner join trainers as r on s.trainer_id = r.id
            group by r.id
        ) as b on h.trainer_id = b.id
        cross join lateral unnest(case when b.hours is null then h.open else h.open - b.hours end) as f (range)
        where h.trainer_id is not null and upper(f.range) - lower(f.range) >= p_duration
    ),

    venue_ranges as materialized (
        select h.venue_id as id, lower(f.range) as starts, upper(f.range) as ends
        from hours as h
        left join (
            select r.id, range_agg(tstzrange(
                (s.starts - s.venue_buffer_before - r.buffer_after) at time zone 'UTC',
                (s.ends + s.venue_buffer_after + r.buffer_before) at time zone 'UTC'
            )) as hours
            from taken as s
            inner join venues as r on s.venue_id = r.id
            group by r.id
        ) as b on h.venue_id = b.id
        cross join lateral unnest(case when b.hours is null then h.open else h.open - b.hours end) as f (range)
        where h.venue_id is not null and upper(f.range) - lower(f.range) >= p_duration
    )

    -- A slot starts when the later of the two is free. So each half is read in the order of its starts, and only as far
    -- as the limit goes.
    select u.trainer_id, u.venue_id, u.starts, u.ends
    from (
        (
            select t.id as trainer_id, v.id as venue_id, t.starts, least(t.ends, v.ends) as ends
            from (select r.id, r.starts, r.ends from trainer_ranges as r order by r.starts, r.id) as t
            cross join lateral (
                select r.id, r.ends
                from venue_ranges as r
                where r.starts <= t.starts and least(r.ends, t.ends) - t.starts >= p_duration
                order by r.id
            ) as v
            order by t.starts, t.id
            limit p_limit
        )
        union all
        (
            select t.id, v.id, v.starts, least(t.ends, v.ends)
            from (
                select r.id, r.starts, r.ends
                from venue_ranges as r
                where r.starts > v_from
                order by r.starts, r.id
            ) as v
            cross join lateral (
                select r.id, r.ends
                from trainer_ranges as r
                where r.starts < v.starts and least(r.ends, v.ends) - v.starts >= p_duration
                order by r.id
            ) as t
            order by v.starts, v.id
            limit p_limit
        )
    ) as u
    order by u.starts, u.trainer_id, u.venue_id
    limit p_limit;
end
$function$;

comment on function free_slots(text, interval, timestamptz, timestamptz, integer) is
'What could be booked: stretches in which a trainer who may teach a course and a venue are both free, open and at work,
buffers kept. A session of the length asked for may start anywhere in one if it ends in it. p_course_id: the course;
p_duration: shortest stretch; p_from, p_until: where to look, at most 92 days, and not in the past; p_limit: at most so
many (default 100, 1 to 1000). Returns trainer_id, venue_id, start_time and end_time, soonest first. Raises PT400
missing_field, limit_not_positive, too_many, end_before_start, slots_out_of_range; PT404 course_not_found.';

revoke all on function free_slots(text, interval, timestamptz, timestamptz, integer) from public;
grant execute on function free_slots(text, interval, timestamptz, timestamptz, integer) to sessionbook_app;
