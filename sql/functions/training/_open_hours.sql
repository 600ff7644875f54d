-- The only place that knows hours, absences and holidays, so free_slots() and a refusal cannot differ. It handles many
-- trainers and venues at once, because free_slots() asks for all. Days are counted in the rule's zone, from the week
-- before on, for stretches across midnight.
create or replace function _open_hours(
    p_trainer_ids text[],
    p_venue_ids text[],
    p_from timestamptz,
    p_until timestamptz
)
returns table (trainer_id text, venue_id text, open tstzmultirange)
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    with asked as (
        select t.id, false as is_venue
        from unnest(p_trainer_ids) as t (id)
        union all
        select v.id, true
        from unnest(p_venue_ids) as v (id)
    ),

    rules as (
        select
            coalesce(r.trainer_id, r.venue_id) as id,
            r.trainer_id is null as is_venue,
            range_agg(tstzrange(w.starts_at, w.ends_at)) filter (where w.starts_at < w.ends_at) as hours
        from availability_rules as r
        cross join lateral (select date_trunc('week', p_from at time zone r.timezone) as monday) as m
        left join lateral (
            select
                (d.day + r.start_time) at time zone r.timezone as starts_at,
                (
                    d.day + r.end_time
                    + case when r.end_time <= r.start_time then interval '1 day' else interval '0' end
                ) at time zone r.timezone as ends_at
            from generate_series(
                m.monday + (r.weekday - 8) * interval '1 day',
                least(p_until, p_from + interval '8784 hours') at time zone r.timezone,
                interval '7 days'
            ) as d (day)
        ) as w on true
        where r.trainer_id = any(p_trainer_ids) or r.venue_id = any(p_venue_ids)
        group by 1, 2
    ),

    away as (
        select
            coalesce(a.trainer_id, a.venue_id) as id,
            a.trainer_id is null as is_venue,
            range_agg(tstzrange(a.starts_at, a.ends_at)) as hours
        from absences as a
        where (
                a.trainer_id = any(p_trainer_ids)
                or a.venue_id = any(p_venue_ids)
                or (a.trainer_id is null and a.venue_id is null)
            )
            and a.ends_at > p_from
            and a.starts_at < p_until
        group by 1, 2
    )

    -- Ranges are subtracted only if there are any: each subtraction costs time.
    select
        case when not k.is_venue then k.id end,
        case when k.is_venue then k.id end,
        case
            when coalesce(a.hours, h.hours) is null then w.hours
            else w.hours - coalesce(a.hours, '{}') - coalesce(h.hours, '{}')
        end
    from asked as k
    left join rules as r on k.id = r.id and k.is_venue = r.is_venue
    left join away as a on k.id = a.id and k.is_venue = a.is_venue
    left join away as h on k.is_venue and h.id is null
    cross join lateral (
        select
            case
                when r.id is null then tstzmultirange(tstzrange(p_from, p_until))
                else coalesce(r.hours, '{}') * tstzmultirange(tstzrange(p_from, p_until))
            end as hours
    ) as w
$function$;

comment on function _open_hours(text[], text[], timestamptz, timestamptz) is
'When trainers are at work and venues open, whatever is booked. p_trainer_ids, p_venue_ids: whose hours, null:
nobody''s; p_from, p_until: the stretch asked about, of at most 366 days; what is beyond counts as closed if there are
rules. Returns a row for each: trainer_id or venue_id, and the open hours in the stretch: those of availability_rules,
all if there are none, without absences, and of a venue without holidays. Raises nothing.';

revoke all on function _open_hours(text[], text[], timestamptz, timestamptz) from public;
