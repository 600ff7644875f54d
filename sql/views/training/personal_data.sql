create or replace view personal_data
with (security_invoker = true)
as
select
    c.relname::text as table_name,
    a.attname::text as column_name,
    format_type(a.atttypid, a.atttypmod) as data_type,
    col_description(c.oid, a.attnum) as description
from pg_class as c
inner join pg_attribute as a on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = (select s.relnamespace from pg_class as s where s.oid = 'settings'::regclass)
    and c.relkind in ('r', 'p')
    and col_description(c.oid, a.attnum) like '%Personal.';

comment on view personal_data is
'Columns of this schema''s tables with personal data: those whose comments end with "Personal.".';
comment on column personal_data.table_name is 'Table.';
comment on column personal_data.column_name is 'Column.';
comment on column personal_data.data_type is 'Its type.';
comment on column personal_data.description is 'Its comment.';

revoke all on table personal_data from public;
grant select on table personal_data to sessionbook_app, sessionbook_reader;
