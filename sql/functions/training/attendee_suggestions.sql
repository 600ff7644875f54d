-- requires: functions/_items_to_suggest, functions/_refuse_too_many, functions/lifecycle._words_to_find
-- requires: functions/lifecycle.now, functions/lifecycle.shown, functions/lifecycle.status_in_arabic
-- security: the same for every caller; it names a session and part of a name, and only reads.
-- Each group is read from its own index in the order that it is shown in, and only as far as the limit goes. The
-- settings keep it so: a plan is made once a connection, without knowing the limit, and would else sort whole groups or
-- read all people for a handful.
-- Takes no lock: a caller that adds the people finds those that were added meanwhile.
create or replace function attendee_suggestions(
    p_session_id text,
    p_search text default null,
    p_limit integer default 50
)
returns table (
    personnel_id text,
    first_name text,
    last_name text,
    suggestion_group integer,
    status compliance_items.status%type, -- noqa: LT01
    status_ar text,
    expiry_date date
)
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_sort = off
set enable_hashjoin = off
set max_parallel_workers_per_gather = 0
set jit = off
as $function$
declare
    v_lacking constant compliance_items.status%type := 'NON_COMPLIANT'::compliance_status;
    v_lacking_ar constant text := lifecycle.status_in_arabic('training.compliance', 'NON_COMPLIANT');
    v_today constant date := (lifecycle.now() at time zone 'UTC')::date;
    v_soon constant date := v_today + 30;
    v_words text[];
    v_session record;
    v_left integer := p_limit;
    v_found integer;
begin
    if p_limit is null or p_limit < 1 then
        raise exception using
            errcode = 'PT400',
            constraint = 'limit_not_positive',
            message = format('p_limit is %s, it must be 1 or more', coalesce(p_limit::text, 'null')),
            detail = e'key: limit_not_positive\n' || 'The limit is the number of people that are suggested at most.',
            hint = 'Leave p_limit out for 50.';
    end if;
    perform _refuse_too_many('p_limit', p_limit);
    v_words := lifecycle._words_to_find(p_search);
    select s.course_id, s.deleted_at into v_session
    from sessions as s
    where s.id = p_session_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('there is no session %s', lifecycle.shown(p_session_id)),
            detail = e'key: session_not_found\n' || 'No row of sessions has this id.',
            hint = 'Look it up in sessions.';
    end if;
    if v_session.deleted_at is not null then
        raise exception using
            errcode = 'PT409',
            constraint = 'session_deleted',
            message = format('session %s is deleted', lifecycle.shown(p_session_id)),
            detail = e'key: session_deleted\n' || format('It was deleted at %s.', v_session.deleted_at),
            hint = 'Make a new draft.';
    end if;

    -- Checked before three queries: for many courses nobody has an item yet, or everybody is up to date.
    if exists (
        select
        from compliance_items as c
        where c.course_id = v_session.course_id and c.status in ('NON_COMPLIANT', 'PENDING')
    ) or exists (
        select
        from compliance_items as c
        where c.course_id = v_session.course_id and c.status = 'COMPLIANT' and c.expiry_date::date <= v_soon
    ) then
        -- Few items have expired and not lapsed yet, because the clock changes them with the next tick; offset 0 keeps
        -- their sort separate from the rest, which needs none.
        return query
        select g.personnel_id, g.first_name, g.last_name, 1, v_lacking, v_lacking_ar, g.expiry_date
        from (
            (
                select c.personnel_id, c.first_name, c.last_name, c.expiry_date, c.sort_name
                from _items_to_suggest(p_session_id, v_session.course_id, v_words) as c
                where c.status = 'NON_COMPLIANT'
                order by c.sort_name, c.personnel_id
                limit v_left
            )
            union all
            (
                select c.personnel_id, c.first_name, c.last_name, c.expiry_date, c.sort_name
                from _items_to_suggest(p_session_id, v_session.course_id, v_words) as c
                where c.status = 'COMPLIANT' and c.expiry_date < v_today
                offset 0
            )
        ) as g
        order by g.sort_name, g.personnel_id
        limit v_left;
        get diagnostics v_found = row_count;
        v_left := v_left - v_found;
        if v_left = 0 then
            return;
        end if;

        return query
        select
            c.personnel_id, c.first_name, c.last_name, 2, c.status,
            lifecycle.status_in_arabic('training.compliance', c.status::text), c.expiry_date
        from _items_to_suggest(p_session_id, v_session.course_id, v_words) as c
        where c.status = 'PENDING'
        order by c.sort_name, c.personnel_id
        limit v_left;
        get diagnostics v_found = row_count;
        v_left := v_left - v_found;
        if v_left = 0 then
            return;
        end if;

        return query
        select
            c.personnel_id, c.first_name, c.last_name, 3, c.status,
            lifecycle.status_in_arabic('training.compliance', c.status::text), c.expiry_date
        from _items_to_suggest(p_session_id, v_session.course_id, v_words) as c
        where c.status = 'COMPLIANT' and c.expiry_date between v_today and v_soon
        order by c.expiry_date, c.sort_name, c.personnel_id
        limit v_left;
        get diagnostics v_found = row_count;
        v_left := v_left - v_found;
        if v_left = 0 then
            return;
        end if;
    end if;

    -- Only few are skipped here: those shown above, and those registered.
    return query
    select
        p.id, p.first_name, p.last_name, 4, c.status,
        lifecycle.status_in_arabic('training.compliance', c.status::text), c.expiry_date
    from personnel as p
    left join (
        -- The order keeps the planner from flattening it, which would look up the item of every person separately.
        select i.personnel_id, i.sort_name, i.status, i.expiry_date::date as expiry_date
        from compliance_items as i
        where i.course_id = v_session.course_id
        order by i.sort_name, i.personnel_id
    ) as c on p.sort_name = c.sort_name and p.id = c.personnel_id
    where p.deleted_at is null
        and translate(p.sort_name, ' ', '') like all(v_words)
        and (c.status is null or (c.status = 'COMPLIANT' and (c.expiry_date is null or c.expiry_date > v_soon)))
        and p.id not in (select a.personnel_id from session_attendees as a where a.session_id = p_session_id)
    order by p.sort_name, p.id
    limit v_left;
end
$function$;

comment on function attendee_suggestions(text, text, integer) is
'People to invite to a session, those who need its course most first: group 1 is NON_COMPLIANT, including those that
have expired since the last tick; 2 PENDING; 3 COMPLIANT but expiring within 30 days (UTC), soonest first; 4 everyone
else, also without a compliance item. Within a group by last and first name. Without people who are already registered
and those who are soft-deleted. p_session_id: the session; p_search: words of a name or parts of them, in any order,
separated by spaces or hyphens; case, accents, apostrophes and the forms of Arabic letters do not matter; at most 200
characters (default: everybody); p_limit: most people (default 50, 1 to 1000). Returns personnel_id, first_name,
last_name, suggestion_group, and the item''s status, status_ar (in Arabic) and expiry_date (null: no item), in the order
to show. Raises PT400 limit_not_positive, too_many, search_too_long, PT404 session_not_found, PT409 session_deleted.';

revoke all on function attendee_suggestions(text, text, integer) from public;
grant execute on function attendee_suggestions(text, text, integer) to sessionbook_app;
