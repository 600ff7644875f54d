-- requires: functions/_check_references
-- security: the same whoever asks; it names a trainer and a venue, and only reads.
-- Takes no lock: whoever books locks then, and may find the hour taken.
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
    soft_conflicts jsonb
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
begin
    if v_missing is not null then
        raise exception using
            errcode = 'PT400',
            constraint = 'missing_field',
            message = format('the time asked for has no %s', v_missing),
            detail = e'key: missing_field\n' || 'Availability is asked for from a start to an end.',
            hint = format('Say %s.', v_missing);
    end if;
    if p_end_time <= p_start_time then
        raise exception using
            errcode = 'PT400',
            constraint = 'end_before_start',
            message = format('the time asked for ends at %s, not after its start at %s', p_end_time, p_start_time),
            detail = e'key: end_before_start\n' || 'Availability is asked for from a start to an end.',
            hint = 'Give an end_time after start_time.';
    end if;
    perform _check_references(null, p_trainer_id, p_venue_id);
    return query
    -- Compared, not as ranges: those of a draft with its times in the wrong order would raise.
    with overlapping as (
        select
            s.status <> 'DRAFT' as hard,
            coalesce(s.trainer_id = p_trainer_id, false) as by_trainer,
            coalesce(s.venue_id = p_venue_id, false) as by_venue,
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
                    when s.trainer_id = p_trainer_id and s.venue_id = p_venue_id then 'both'
                    when s.trainer_id = p_trainer_id then 'trainer'
                    else 'venue'
                end
            ) as session
        from sessions as s
        inner join courses as c on s.course_id = c.id
        where (s.trainer_id = p_trainer_id or s.venue_id = p_venue_id)
            and s.end_time > p_start_time
            and s.start_time < p_end_time
            and s.end_time > s.start_time
            and s.status <> 'CANCELLED'
            and s.deleted_at is null
            and s.id is distinct from p_exclude_session_id
    )
    select
        case when p_trainer_id is not null then count(*) filter (where o.hard and o.by_trainer) = 0 end,
        case when p_venue_id is not null then count(*) filter (where o.hard and o.by_venue) = 0 end,
        coalesce(jsonb_agg(o.session order by o.start_time, o.session ->> 'session_id') filter (where o.hard), '[]'),
        coalesce(jsonb_agg(o.session order by o.start_time, o.session ->> 'session_id') filter (where not o.hard), '[]')
    from overlapping as o;
end
$function$;

comment on function availability_check(timestamptz, timestamptz, text, text, text) is
'Whether trainer and venue are free at a time. p_start_time, p_end_time: instants, the end not included; p_trainer_id,
p_venue_id: whose calendars, null: not asked; p_exclude_session_id: session that is not in its own way. Returns one
row: trainer_available and venue_available (null: not asked), conflicts (scheduled and completed sessions) and
soft_conflicts (drafts, which are in nobody''s way yet), arrays by start of {session_id, course_id, course_title,
status, trainer_id, venue_id, start_time, end_time, resource: trainer, venue or both}. Raises PT400 missing_field,
end_before_start; PT404 trainer_not_found, venue_not_found.';

revoke all on function availability_check(timestamptz, timestamptz, text, text, text) from public;
grant execute on function availability_check(timestamptz, timestamptz, text, text, text) to sessionbook_app;
