-- requires: functions/_rows_of_person, functions/lifecycle._require_contact
-- security: the application has made sure that the person asks for it. Hashes of tokens are not given.
-- Locks: none.
create or replace function export_person(
    p_email text default null,
    p_phone text default null,
    p_personnel_id text default null
)
returns jsonb
language plpgsql
stable
security definer
parallel unsafe
set search_path from current
as $function$
begin
    if p_personnel_id is null then
        perform lifecycle._require_contact(p_email, p_phone);
    end if;
    return (
        with found as materialized (
            select r.table_name, r.id from _rows_of_person(p_email, p_phone, p_personnel_id) as r
        ),
        person as (
            select f.id from found as f where f.table_name = 'personnel'
        ),
        trainer as (
            select f.id from found as f where f.table_name = 'trainers'
        ),
        line (kind, at, content) as (
            select 'personnel', n.created_at, to_jsonb(n) from personnel as n where n.id in (select p.id from person as p)
            union all
            select 'session_attendees', s.start_time, to_jsonb(a) || jsonb_build_object(
                'course', c.title, 'start_time', s.start_time, 'end_time', s.end_time
            )
            from session_attendees as a
            inner join sessions as s on a.session_id = s.id
            inner join courses as c on s.course_id = c.id
            where a.personnel_id in (select p.id from person as p)
            union all
            select 'compliance_items', i.created_at, to_jsonb(i)
            from compliance_items as i
            where i.personnel_id in (select p.id from person as p)
            union all
            select 'trainers', t.created_at, to_jsonb(t) from trainers as t where t.id in (select x.id from trainer as x)
            union all
            select 'trainer_qualifications', null, to_jsonb(q)
            from trainer_qualifications as q
            where q.trainer_id in (select x.id from trainer as x)
            union all
            select 'availability_rules', null, to_jsonb(u)
            from availability_rules as u
            where u.trainer_id in (select x.id from trainer as x)
            union all
            select 'absences', b.created_at, to_jsonb(b)
            from absences as b
            where b.trainer_id in (select x.id from trainer as x)
            union all
            select 'sessions', s.start_time, to_jsonb(s) from sessions as s where s.trainer_id in (select x.id from trainer as x)
            union all
            select 'session_decisions', d.changed_at, to_jsonb(d)
            from session_decisions as d
            where array[d.details ->> 'trainer_id', d.details ->> 'from_trainer_id', d.details ->> 'to_trainer_id']
                && array(select x.id from trainer as x)
            union all
            select 'calendar_tokens', t.created_at, to_jsonb(t) - 'token_hash'
            from calendar_tokens as t
            where (t.scope, t.subject_id) in (
                select case f.table_name when 'trainers' then 'trainer' else 'person' end, f.id from found as f
            )
        )
        select coalesce(jsonb_object_agg(k.kind, k.contents), '{}')
        from (
            select l.kind, jsonb_agg(l.content order by l.at, l.content) as contents from line as l group by l.kind
        ) as k
    );
end
$function$;

comment on function export_person(text, text, text) is
'Everything that the installation holds about one person. p_email, p_phone, p_personnel_id: as for erase_person().
Returns a jsonb object: table to array of rows, the oldest first, each with all its columns; {} if nothing is known.
Raises PT400 contact_missing, PT400 text_too_long.';

revoke all on function export_person(text, text, text) from public;
grant execute on function export_person(text, text, text) to sessionbook_app;
