-- requires: functions/_lock_open_session, functions/_refuse_too_many, functions/lifecycle.shown
-- requires: views/attendee_conflicts
-- security: the application writes no table; it names a session and people, all of whom must be there.
-- Locks: the people by id, shared, as their foreign key does, so that nobody waits for them who holds the session; then
-- the session, then new rows of its list, by person. If two add at the same time, the second counts what the first
-- one added. If somebody is added it is also written, unchanged: a transaction with an older snapshot does not see
-- them, and a lock alone would let it count, or complete the session, without them. After a write it gets 40001.
create or replace function add_attendees(p_session_id text, p_personnel_ids text[])
returns table (
    added integer,
    already_registered integer,
    attendee_count integer,
    venue_capacity integer,
    capacity_exceeded boolean,
    warning text,
    warning_ar text,
    conflicts jsonb
)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_session sessions;
    v_unknown text[];
begin
    perform _refuse_too_many('p_personnel_ids', cardinality(p_personnel_ids));
    perform
    from personnel as p
    where p.id = any(p_personnel_ids)
    order by p.id
    for key share;
    v_session := _lock_open_session(p_session_id);
    v_unknown := array(
        select distinct w.id
        from unnest(p_personnel_ids) as w (id)
        where not exists (select from personnel as p where p.id = w.id and p.deleted_at is null)
            and not exists (
                select
                from session_attendees as a
                where a.session_id = p_session_id and a.personnel_id = w.id
            )
        order by 1
    );
    if cardinality(v_unknown) > 0 then
        raise exception using
            errcode = 'PT404',
            constraint = 'personnel_not_found',
            message = format(
                'there is nobody with id %s',
                (
                    select string_agg(lifecycle.shown(u.id), ', ' order by u.place)
                    from unnest(v_unknown[:10]) with ordinality as u (id, place)
                ) || case
                    when cardinality(v_unknown) > 10 then format(' and %s more', cardinality(v_unknown) - 10) else ''
                end
            ),
            detail = e'key: personnel_not_found\n'
                || 'No row of personnel has these ids, or the people are soft-deleted; nobody was added.',
            hint = 'attendee_suggestions() lists people who can be added.';
    end if;
    insert into session_attendees (session_id, personnel_id)
    select distinct p_session_id, w.id
    from unnest(p_personnel_ids) as w (id)
    order by w.id
    on conflict do nothing;
    get diagnostics added = row_count;
    if added > 0 then
        update sessions as s
        set updated_at = v_session.updated_at
        where s.id = p_session_id;
    end if;
    already_registered := (select count(distinct w.id) from unnest(p_personnel_ids) as w (id)) - added;
    attendee_count := (select count(*) from session_attendees as a where a.session_id = p_session_id);
    venue_capacity := (select v.capacity from venues as v where v.id = v_session.venue_id);
    capacity_exceeded := coalesce(attendee_count > venue_capacity, false);
    if capacity_exceeded then
        warning := format('Venue Capacity Exceeded (%s/%s)', attendee_count, venue_capacity);
        warning_ar := format('تجاوز سعة القاعة (%s/%s)', attendee_count, venue_capacity);
    end if;
    conflicts := (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'personnel_id', c.personnel_id,
                    'session_id', c.other_session_id,
                    'course_id', c.other_course_id,
                    'status', c.other_status,
                    'start_time', c.other_start_time,
                    'end_time', c.other_end_time
                )
                order by c.personnel_id, c.other_start_time, c.other_session_id
            ), '[]'
        )
        from attendee_conflicts as c
        where c.session_id = p_session_id and c.personnel_id = any(p_personnel_ids)
    );
    return next;
end
$function$;

comment on function add_attendees(text, text[]) is
'Puts people on the class list of a session that is planned or scheduled. p_session_id: the session; p_personnel_ids:
who, at most 1000, each counted once; people already on it keep their mark. More people than the venue''s capacity cause
a warning, not an error. Returns one row: added, already_registered, attendee_count now, venue_capacity (null: no venue
yet), capacity_exceeded; warning, such as Venue Capacity Exceeded (25/20), and warning_ar, the same in Arabic, else
null; and conflicts, which of them are on the list of another session at the same time, as in attendee_conflicts: an
array of {personnel_id, session_id, course_id, status, start_time, end_time} of the other session. These are warnings
too. Raises PT404 personnel_not_found (the message names the first ten; nobody is added); PT400 too_many; PT404
session_not_found, PT409 session_deleted, PT409 session_closed.';

revoke all on function add_attendees(text, text[]) from public;
grant execute on function add_attendees(text, text[]) to sessionbook_app;
