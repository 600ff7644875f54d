-- requires: functions/_rows_of_person, functions/lifecycle._require_contact
-- security: the application has made sure that the person asks for it. Keys of calls and hashes are not given.
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
            select r.table_name, r.id, r.texts from _rows_of_person(p_email, p_phone) as r
        ),
        line (kind, at, content) as (
            select 'creators', c.created_at, to_jsonb(c)
            from creators as c
            where c.id in (select f.id from found as f where f.table_name = 'creators')
            union all
            select
                'orders', o.created_at,
                to_jsonb(o) - '{idempotency_key, idempotency_request}'::text[] || jsonb_build_object(
                    'items', (
                        select coalesce(jsonb_agg(i order by i.id), '[]') from order_items as i where i.order_id = o.id
                    ),
                    'payments', (
                        select coalesce(jsonb_agg(y order by y.id), '[]') from payments as y where y.order_id = o.id
                    )
                )
            from orders as o
            where o.id in (select f.id from found as f where f.table_name = 'orders')
            union all
            select
                'enrollments', e.created_at,
                to_jsonb(e) - 'idempotency_key' || jsonb_build_object(
                    'workshop', w.title, 'starts_at', s.starts_at, 'timezone', s.timezone,
                    'attendance', (
                        select coalesce(jsonb_agg(a order by a), '[]') from attendance as a where a.enrollment_id = e.id
                    ),
                    'changes', (
                        select coalesce(jsonb_agg(b order by b.id), '[]')
                        from booking_changes as b
                        where b.enrollment_id = e.id
                    )
                )
            from enrollments as e
            inner join workshops as w on e.workshop_id = w.id
            left join workshop_sessions as s on e.session_id = s.id
            where e.id in (select f.id from found as f where f.table_name = 'enrollments')
            union all
            select 'waitlist_entries', w.joined_at, to_jsonb(w)
            from waitlist_entries as w
            where w.id in (select f.id from found as f where f.table_name = 'waitlist_entries')
            union all
            select 'calendar_tokens', t.created_at, to_jsonb(t) - 'token_hash'
            from calendar_tokens as t
            where t.scope = 'student'
                and lower(t.subject_id collate "C") in (
                    select lower(btrim(p_email) collate "C")
                    union all
                    select lower(btrim(x.text) collate "C")
                    from found as f
                    cross join lateral unnest(f.texts) as x (text)
                )
            union all
            select 'status_changes', h.changed_at, to_jsonb(h)
            from status_changes as h
            where h.machine in ('workshop.order', 'workshop.enrollment', 'workshop.waitlist')
                and h.subject_id in (select f.id::text from found as f)
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
object: table to array of rows, the oldest first, each with all its columns; orders with items and payments, enrollments
with workshop, start, attendance and changes; {} if nothing is known. Raises PT400 contact_missing, PT400
text_too_long.';

revoke all on function export_person(text, text) from public;
grant execute on function export_person(text, text) to sessionbook_app;
