-- Enters what stands in the end: of ours what the package made, changed or not, and nothing of the application's own.
insert into sessionbook.adoptions (schema_name, adopted_as, source, tables, undo)
select q.target, q.target as adopted_as, q.source,
    array(select t.table_name from adopt_table as t where t.taken order by t.oid),
    current_setting('sessionbook.undo')::text[]
from adopt_asked as q;

select sessionbook.record(q.target, (
    select jsonb_object_agg(coalesce(o.identity, i.identity), coalesce(o.definition, i.definition))
    from (select x.identity, x.definition from sessionbook.objects as x where x.schema_name = q.target) as o
    full join sessionbook.items(q.target) as i on o.identity = i.identity
    where o.identity is not null or i.identity !~ '^(schema$|owner of |trigger zz_001_fill |function fill_)'
        and coalesce(substring(i.identity from '^grant to (.*?) on '), '') not in (select sessionbook.grantees())
))
from adopt_asked as q;
