-- requires: functions/_check_references, functions/_find_closed
-- security: the same for every caller; it names a trainer and a venue, and only reads.
-- Takes no lock: the booking call locks then, and may find the hour taken.
create or replace function availability_check(
    p_start_time timestamptz,
    p_end_time timestamptz,
    p_trainer_id text default null,
    p_venue_id text default null,
    p_exclude_session_id text default null
)
returns table (
    trainer_available boolean,
    venue_available boolean,
    conflicts jsonb,
    soft_conflicts jsonb,
    trainer_absent boolean,
    venue_closed boolean
)
language plpgsql
stable
security definer
parallel safe
set search_path from current
as $function$
declare
    v_missing constant text := case
        when p_start_time is null then 'start_time'
        when p_end_time is null then 'end_time'
    end;
    v_is_finite boolean;
    v_trainer_absent boolean;
    v_venue_closed boolean;
begin
    if v_missing is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'missing_field',
            message = format('the time to check has no %s', v_missing),
            detail = e'key: missing_field\n' || 'The check needs a start and an end after it.',
            hint = format('Give %s.', v_missing);
    end if;
    if p_end_time <= p_start_time then
        raise exception using
            errcode = 'PT400',
            constraint = 'end_before_start',
            message = format('the time ends at %s, which is not after its start at %s', p_end_time, p_start_time),
            detail = e'key: end_before_start\n' || 'The check needs a start and an end after it.',
            hint = 'Give an end_time after start_time.';
    end if;
    perform _check_references(null, p_trainer_id, p_venue_id);
    -- An infinite time has no hours.
    v_is_finite := isfinite(p_start_time) and isfinite(p_end_time);
    v_trainer_absent := p_trainer_id is not null
        and v_is_finite and _find_closed(p_trainer_id, null, p_start_time, p_end_time) is not null;
    v_venue_closed := p_venue_id is not null
        and v_is_finite and _find_closed(null, p_venue_id, p_start_time, p_end_time) is not null;
    return query
    -- Compared, not as ranges: those of a draft with its times in the wrong order would raise. In UTC, where a day has
    -- 24 hours.
    with asked as (
        select
            (p_start_time at time zone 'UTC') - coalesce(t.buffer_before, '0') as trainer_starts,
            (p_end_time at time zone 'UTC') + coalesce(t.buffer_after, '0') as trainer_ends,
            (p_start_time at time zone 'UTC') - coalesce(v.buffer_before, '0') as venue_starts,
            (p_end_time at time zone 'UTC') + coalesce(v.buffer_after, '0') as venue_ends
        from (select) as one
        left join trainers as t on t.id = p_trainer_id
        left join venues as v on v.id = p_venue_id
    ),

    near as (
        select
            s.id,
            s.course_id,
            s.status,
            s.trainer_id,
            s.venue_id,
            s.start_time,
            s.end_time,
            coalesce(
                s.trainer_id = p_trainer_id
                and (s.end_time at time zone 'UTC') + s.trainer_buffer_after > a.trainer_starts
                and (s.start_time at time zone 'UTC') - s.trainer_buffer_before < a.trainer_ends,
                false
            ) as by_trainer,
            coalesce(
                s.venue_id = p_venue_id
                and (s.end_time at time zone 'UTC') + s.venue_buffer_after > a.venue_starts
                and (s.start_time at time zone 'UTC') - s.venue_buffer_before < a.venue_ends,
                false
            ) as by_venue
        from sessions as s
        cross join asked as a
        where (s.trainer_id = p_trainer_id or s.venue_id = p_venue_id)
            and s.end_time > p_start_time - interval '48 hours'
            and s.start_time < p_end_time + interval '48 hours'
            and s.end_time > s.start_time
            and s.status <> 'CANCELLED'
            and s.deleted_at is null
            and s.id is distinct from p_exclude_session_id
    ),

    overlapping as (
        select
            s.status <> 'DRAFT' as hard,
            s.by_trainer,
            s.by_venue,
            s.start_time,
            jsonb_build_object(
                'session_id', s.id,
                'course_id', s.course_id,
                'course_title', c.title,
                'status', s.status,
                'trainer_id', s.trainer_id,
                'venue_id', s.venue_id,
                'start_time', s.start_time,
                'end_time', s.end_time,
                'resource', case
                    when s.by_trainer and s.by_venue then 'both'
                    when s.by_trainer then 'trainer'
                    else 'venue'
                end
            ) as session
        from near as s
        inner join courses as c on s.course_id = c.id
        where s.by_trainer or s.by_venue
    )
    select
        case
            when p_trainer_id is not null
                then count(*) filter (where o.hard and o.by_trainer) = 0 and not v_trainer_absent
        end,
        case
            when p_venue_id is not null
                then count(*) filter (where o.hard and o.by_venue) = 0 and not v_venue_closed
        end,
        coalesce(jsonb_agg(o.session order by o.start_time, o.session ->> 'session_id') filter (where o.hard), '[]'),
        coalesce(jsonb_agg(o.session order by o.start_time, o.session ->> 'session_id') filter (where not o.hard), '[]'),
        v_trainer_absent,
        v_venue_closed
    from overlapping as o;
end
$function$;

comment on function availability_check(timestamptz, timestamptz, text, text, text) is
'Whether trainer and venue are free at a time, with the buffers around it. p_start_time, p_end_time: instants, the end
not included; p_trainer_id, p_venue_id: whose calendars, null: not checked; p_exclude_session_id: session to ignore,
such as the one that is being planned. Returns one row: trainer_available and venue_available (null: not checked),
conflicts (scheduled and completed sessions) and soft_conflicts (drafts, which block nothing yet), arrays in order of
start of {session_id, course_id, course_title, status, trainer_id, venue_id, start_time, end_time, resource: trainer,
venue or both}; trainer_absent and venue_closed: true if working hours, absences or holidays prevent it. Raises PT400
missing_field, end_before_start; PT404 trainer_not_found, venue_not_found.';

revoke all on function availability_check(timestamptz, timestamptz, text, text, text) from public;
grant execute on function availability_check(timestamptz, timestamptz, text, text, text) to sessionbook_app;
