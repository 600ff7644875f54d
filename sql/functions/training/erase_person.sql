-- requires: functions/_erase_rows, functions/_rows_of_person, functions/lifecycle._erase_traces
-- requires: functions/lifecycle._require_contact, functions/lifecycle.now, views/personal_data
-- security: the application has made sure that the person asks for it, or that it has to be done; the arguments are
-- never executed as SQL.
-- Locks: as _erase_rows(), then as lifecycle._erase_traces().
create or replace function erase_person(
    p_email text default null,
    p_phone text default null,
    p_personnel_id text default null
)
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
    v_people text[];
    v_trainers text[];
    v_teaching text[];
begin
    if p_personnel_id is null then
        perform lifecycle._require_contact(p_email, p_phone);
    end if;
    v_texts := array[p_email, p_phone] || array(
        select x.text
        from _rows_of_person(p_email, p_phone, p_personnel_id) as r
        cross join lateral unnest(r.texts) as x (text)
    );
    select
        array_agg(r.id) filter (where r.table_name = 'personnel'),
        array_agg(r.id) filter (where r.table_name = 'trainers' and not t.is_teaching),
        array_agg(r.id) filter (where r.table_name = 'trainers' and t.is_teaching)
    into v_people, v_trainers, v_teaching
    from _rows_of_person(p_email, p_phone, p_personnel_id) as r
    cross join lateral (
        select exists (
            select
            from sessions as s
            where s.trainer_id = r.id and s.start_time > v_now and s.status in ('DRAFT', 'SCHEDULED')
                and s.deleted_at is null
        ) as is_teaching
    ) as t;
    return query
    select
        e.table_name, e.erased,
        case e.table_name
            when 'personnel' then 'attendance and compliance'
            when 'session_attendees' then 'attendance'
            when 'trainers' then case
                when v_teaching is null then 'sessions, qualifications and company'
                else 'all of it, of who teaches sessions that are still to come'
            end
            when 'absences' then 'when'
            else 'what was decided, by key'
        end
    from _erase_rows(v_people, v_trainers) as e;

    delete from calendar_tokens as t
    where t.scope = 'person' and t.subject_id = any(v_people)
        or t.scope = 'trainer' and t.subject_id = any(v_trainers);
    get diagnostics erased = row_count;
    table_name := 'calendar_tokens';
    return next;
    erased := lifecycle._erase_traces(current_schema(), v_texts);
    table_name := 'history';
    kept := 'what was done and when, without the actor';
    return next;
end
$function$;

comment on function erase_person(text, text, text) is
'Erases what identifies a person, as a trainer or on lists, from all tables of the installation. Sessions, attendance
and compliance stay. A trainer with future sessions is not erased. p_email: address of a trainer, in any case; p_phone:
number of a trainer, in any spelling: trainers with an address are found by it, others by the number; p_personnel_id:
key of a person on lists, who has neither. At least one of the three. Returns one row a table: how many rows were
changed, what was kept, and why. Raises PT400 contact_missing, PT400 text_too_long.';

revoke all on function erase_person(text, text, text) from public;
grant execute on function erase_person(text, text, text) to sessionbook_app;
