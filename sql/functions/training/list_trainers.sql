-- requires: functions/_check_references, functions/trainer_load
-- security: the same for every caller; it names a course and a zone, and only reads.
create or replace function list_trainers(
    p_course_id text default null,
    p_timezone text default 'UTC'
)
returns table (
    trainer_id text,
    first_name text,
    last_name text,
    type trainers.type%type, -- noqa: LT01
    company_name text,
    sessions bigint,
    minutes bigint,
    hours numeric,
    label text,
    label_ar text
)
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
begin
    perform _check_references(p_course_id, null, null);
    return query
    select
        l.trainer_id,
        l.first_name,
        l.last_name,
        t.type,
        t.company_name,
        l.sessions,
        l.minutes,
        l.hours,
        l.label,
        l.label_ar
    from trainer_load(null, p_timezone) as l
    inner join trainers as t on l.trainer_id = t.id
    where p_course_id is null
        or exists (select from trainer_qualifications as q where q.trainer_id = t.id and q.course_id = p_course_id)
    order by l.last_name, l.first_name, l.trainer_id;
end
$function$;

comment on function list_trainers(text, text) is
'Trainers to choose from, by name, with their booked hours of this week. p_course_id: those who may teach it (default:
all); p_timezone: IANA zone whose week it is (default UTC). Returns a row for each that is not soft-deleted, with the
columns of trainer_load(). Raises PT404 course_not_found, PT400 unknown_timezone.';

revoke all on function list_trainers(text, text) from public;
grant execute on function list_trainers(text, text) to sessionbook_app;
