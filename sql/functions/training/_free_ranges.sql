-- requires: functions/_open_hours
-- Each calendar is made once, as open hours without what is booked and without the buffers of both sides.
create or replace function _free_ranges(
    p_trainer_ids text[],
    p_venue_ids text[],
    p_from timestamptz,
    p_until timestamptz,
    p_least interval
)
returns table (trainer_id text, venue_id text, starts timestamptz, ends timestamptz)
language plpgsql
stable
security invoker
parallel unsafe
set search_path from current
set jit = off
as $function$
declare
    -- Two buffers of a day at most reach into the time asked for.
    v_near_from constant timestamptz := p_from - interval '48 hours';
    v_near_until constant timestamptz := p_until + interval '48 hours';
begin
    if cardinality(p_trainer_ids) + cardinality(p_venue_ids) = 0 then
        return;
    end if;
    return query
    -- By start, for most take a day at most; those that take longer are in an index of their own.
    with taken as materialized (
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

    busy as (
        select
            r.id,
            false as is_venue,
            (s.starts - s.trainer_buffer_before - r.buffer_after) at time zone 'UTC' as starts,
            (s.ends + s.trainer_buffer_after + r.buffer_before) at time zone 'UTC' as ends
        from taken as s
        inner join trainers as r on s.trainer_id = r.id
        where r.id = any(p_trainer_ids)
        union all
        select
            r.id,
            true,
            (s.starts - s.venue_buffer_before - r.buffer_after) at time zone 'UTC',
            (s.ends + s.venue_buffer_after + r.buffer_before) at time zone 'UTC'
        from taken as s
        inner join venues as r on s.venue_id = r.id
        where r.id = any(p_venue_ids)
    ),

    blocked as (
        select b.id, b.is_venue, range_agg(tstzrange(b.starts, b.ends)) as hours
        from busy as b
        where b.ends > p_from and b.starts < p_until
        group by b.id, b.is_venue
    )

    select h.trainer_id, h.venue_id, lower(f.range), upper(f.range)
    from _open_hours(p_trainer_ids, p_venue_ids, p_from, p_until) as h
    left join blocked as b
        on coalesce(h.trainer_id, h.venue_id) = b.id and b.is_venue = (h.trainer_id is null)
    cross join lateral unnest(case when b.hours is null then h.open else h.open - b.hours end) as f (range)
    where upper(f.range) - lower(f.range) >= p_least;
end
$function$;

comment on function _free_ranges(text[], text[], timestamptz, timestamptz, interval) is
'When trainers and venues can be booked, buffers kept. p_trainer_ids, p_venue_ids: whose; p_from, p_until: the stretch
asked about; p_least: the shortest range. Returns a row for each range: trainer_id or venue_id, starts and ends. Raises
nothing.';

revoke all on function _free_ranges(text[], text[], timestamptz, timestamptz, interval) from public;
