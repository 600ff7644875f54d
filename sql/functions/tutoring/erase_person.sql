-- requires: functions/_erase_rows, functions/_rows_of_person, functions/lifecycle._erase_traces
-- requires: functions/lifecycle._require_contact, functions/lifecycle.now, views/personal_data
-- security: the application has made sure that the person asks for it, or that it has to be done; the arguments are
-- never executed as SQL.
-- Locks: as _erase_rows(), then as lifecycle._erase_traces().
create or replace function erase_person(p_email text default null, p_phone text default null)
returns table (table_name text, erased bigint, kept text)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
as $function$
declare
    v_now constant timestamptz := lifecycle.now();
    v_texts text[];
    v_students integer[];
    v_tutors integer[];
    v_teaching integer[];
begin
    perform lifecycle._require_contact(p_email, p_phone);
    v_texts := array[p_email, p_phone] || array(
        select x.text from _rows_of_person(p_email, p_phone) as r cross join lateral unnest(r.texts) as x (text)
    );
    select
        array_agg(r.id) filter (where r.table_name = 'enrolled_students'),
        array_agg(r.id) filter (where r.table_name = 'tutors' and not t.is_teaching),
        array_agg(r.id) filter (where r.table_name = 'tutors' and t.is_teaching)
    into v_students, v_tutors, v_teaching
    from _rows_of_person(p_email, p_phone) as r
    cross join lateral (
        select exists (
            select
            from enrolled_courses as c
            inner join sessions as s on s.enrolled_courses_id = c.id
            where c.tutor_id = r.id and s.starts_at > v_now and s.status = 'scheduled' and s.deleted_at is null
        ) as is_teaching
    ) as t;
    return query
    select
        e.table_name, e.erased,
        case e.table_name
            when 'enrolled_students' then 'courses and sessions with their dates, topics and attendance'
            when 'tutors' then case
                when v_teaching is null then 'courses and sessions'
                else 'all of it, of who teaches sessions that are still to come'
            end
            when 'reminders' then 'when it was sent, and how'
        end
    from _erase_rows(v_students, v_tutors) as e;

    delete from calendar_tokens as t
    where t.scope = 'student' and t.subject_id = any(v_students::text[])
        or t.scope = 'tutor' and t.subject_id = any(v_tutors::text[]);
    get diagnostics erased = row_count;
    table_name := 'calendar_tokens';
    return next;
    erased := lifecycle._erase_traces(current_schema(), v_texts);
    table_name := 'history';
    kept := 'what was done and when, without the actor';
    return next;
end
$function$;

comment on function erase_person(text, text) is
'Erases what identifies a person, as a student or a tutor, from all tables of the installation. Courses, sessions and
the times of messages stay; the application has to erase what it wrote into topics, locations and whiteboards. A tutor
with future sessions is not erased. p_email: e-mail address, in any case; p_phone: phone number, in any spelling. At
least one of the two; rows with an address are found by the address, others by the number. Returns one row a table: how
many rows were changed, what was kept, and why. Raises PT400 contact_missing, PT400 text_too_long.';

revoke all on function erase_person(text, text) from public;
grant execute on function erase_person(text, text) to sessionbook_app;
