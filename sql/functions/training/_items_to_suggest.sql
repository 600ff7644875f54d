-- People are found by name and key, because the index of those who may be invited has all that is shown of them.
-- No search_path of its own: inlined, so that each group of attendee_suggestions() reads its own index.
create or replace function _items_to_suggest(p_session_id text, p_course_id text, p_words text[])
returns table (
    personnel_id text,
    first_name text,
    last_name text,
    status compliance_items.status%type, -- noqa: LT01
    expiry_date date,
    sort_name text
)
language sql
stable
security invoker
parallel safe
begin atomic
    select c.personnel_id, p.first_name, p.last_name, c.status, c.expiry_date::date, c.sort_name
    from compliance_items as c
    inner join personnel as p on c.sort_name = p.sort_name and c.personnel_id = p.id
    where c.course_id = p_course_id -- noqa: RF02
        and translate(c.sort_name, ' ', '') like all(p_words) -- noqa: RF02
        and p.deleted_at is null
        and c.personnel_id not in (
            select a.personnel_id
            from session_attendees as a
            where a.session_id = p_session_id -- noqa: RF02, RF03
        );
end;

comment on function _items_to_suggest(text, text, text[]) is
'Compliance items for a course of those who may be invited to a session: neither registered already nor gone.
p_session_id: the session; p_course_id: its course; p_words: patterns of lifecycle._words_to_find(), all of which a name
must be like. Returns the person''s key and names, the item''s status and expiry_date, and the sort_name to order by.
Raises nothing.';

revoke all on function _items_to_suggest(text, text, text[]) from public;
