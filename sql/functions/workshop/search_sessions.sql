-- requires: functions/is_on_sale, functions/lifecycle._words_to_find, views/store_sessions
-- security: what every visitor of a shop sees; it only reads. Free seats are counted over everybody's rows.
-- The workshops are found first, by one look through the names of those on sale. How many there are decides whether
-- their sessions are found one by one or by going through all in order, so the plan is made anew with each call.
-- Takes no lock: the booking call locks the session then, and may find it taken.
create or replace function search_sessions(
    p_search text,
    p_creator_id uuid default null,
    p_after uuid default null,
    p_limit integer default 20
)
returns setof store_sessions
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
set plan_cache_mode = force_custom_plan
as $function$
declare
    v_words constant text[] := lifecycle._words_to_find(p_search);
    v_after record;
    v_workshop_ids uuid[];
begin
    select s.starts_at, s.id
    into v_after
    from workshop_sessions as s
    where s.id = p_after;
    if p_after is not null and v_after.id is null then
        raise exception using
            errcode = 'PT404',
            constraint = 'session_not_found',
            message = format('p_after is not a session: %s', p_after),
            detail = e'key: session_not_found\n' || 'p_after is the session_id of the last row of the page before.',
            hint = 'Start from the first page, without p_after.';
    end if;
    v_workshop_ids := array(
        select w.id
        from workshops as w
        inner join creators as c on w.creator_id = c.id
        where is_on_sale(w.is_active, w.status, c.is_active)
            and (p_creator_id is null or w.creator_id = p_creator_id)
            and w.search_text || '|' || c.search_text like all(v_words)
    );
    return query
    select v.*
    from store_sessions as v
    where v.workshop_id = any(v_workshop_ids)
        and (v_after.id is null or (v.starts_at, v.session_id) > (v_after.starts_at, v_after.id))
    order by v.starts_at, v.session_id
    limit least(greatest(coalesce(p_limit, 20), 1), 100);
end
$function$;

comment on function search_sessions(text, uuid, uuid, integer) is
'What a shop shows of the workshops that somebody looks for by words, soonest first, a page at a time. p_search: words
or parts of words of a workshop''s name, its titles in both languages and its creator''s names, in any order, apart by
spaces or hyphens; case, accents, apostrophes and the forms of Arabic letters aside; at most 200 characters (null or
nothing: all workshops); p_creator_id: of one shop only (default all); p_after: session_id of the last row of the page
before (null: the first page); p_limit: rows (default 20, at most 100 are given). Returns rows of store_sessions, with
titles, status and badge in both languages; no rows: nothing on sale is called so. Raises PT400 search_too_long, PT404
session_not_found (p_after is no session).';

revoke all on function search_sessions(text, uuid, uuid, integer) from public;
grant execute on function search_sessions(text, uuid, uuid, integer) to sessionbook_app;
