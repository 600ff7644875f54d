-- requires: functions/_rows_of_person, functions/lifecycle._require_contact
-- security: the application has made sure that the person asks for it. Hashes of tokens are not given.
-- Locks: none.
create or replace function export_person(p_email text default null, p_phone text default null)
returns jsonb
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
begin
    perform lifecycle._require_contact(p_email, p_phone);
    return (
        with found as materialized (
            select r.table_name, r.id from _rows_of_person(p_email, p_phone) as r
        ),
        course as materialized (
            select c.id, c.created_at, to_jsonb(c) as content
            from enrolled_courses as c
            inner join found as f
                on f.table_name = 'enrolled_students' and f.id = c.student_id
                or f.table_name = 'tutors' and f.id = c.tutor_id
        ),
        line (kind, at, content) as (
            select 'enrolled_students', s.created_at, to_jsonb(s)
            from enrolled_students as s
            where s.id in (select f.id from found as f where f.table_name = 'enrolled_students')
            union all
            select 'tutors', t.created_at, to_jsonb(t)
            from tutors as t
            where t.id in (select f.id from found as f where f.table_name = 'tutors')
            union all
            select 'enrolled_courses', c.created_at, c.content from course as c
            union all
            select 'sessions', s.starts_at, to_jsonb(s)
            from sessions as s
            where s.enrolled_courses_id in (select c.id from course as c)
            union all
            select 'reminders', r.queued_at, to_jsonb(r) - '{worker, lease_until}'::text[]
            from reminders as r
            where r.student_id in (select f.id from found as f where f.table_name = 'enrolled_students')
            union all
            select 'calendar_tokens', t.created_at, to_jsonb(t) - 'token_hash'
            from calendar_tokens as t
            where (t.scope, t.subject_id) in (
                select case f.table_name when 'tutors' then 'tutor' else 'student' end, f.id::text from found as f
            )
        )
        select coalesce(jsonb_object_agg(k.kind, k.contents), '{}')
        from (
            select l.kind, jsonb_agg(l.content order by l.at, l.content) as contents from line as l group by l.kind
        ) as k
    );
end
$function$;

comment on function export_person(text, text) is
'Everything that the installation holds about one person. p_email, p_phone: as for erase_person(). Returns a jsonb
object: table to array of rows, the oldest first, each with all its columns; {} if nothing is known. Raises PT400
contact_missing, PT400 text_too_long.';

revoke all on function export_person(text, text) from public;
grant execute on function export_person(text, text) to sessionbook_app;
