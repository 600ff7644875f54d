-- Enters what stands in the end: of ours what the package made, changed or not, and nothing of the application's own.
insert into sessionbook.adoptions (schema_name, adopted_as, source, tables, undo)
select q.target, q.target as adopted_as, q.source,
    array(select t.table_name from adopt_table as t where t.taken order by t.oid),
    current_setting('sessionbook.undo')::jsonb
from adopt_asked as q;

create temporary table adopt_item on commit drop as
select q.target, i.identity, i.definition
from adopt_asked as q
cross join sessionbook.items(q.target) as i;
delete from sessionbook.objects as o
using adopt_asked as q
where o.schema_name = q.target and o.identity not in (select i.identity from adopt_item as i);
insert into sessionbook.objects as o (schema_name, identity, definition)
select i.target, i.identity, i.definition
from adopt_item as i
left join sessionbook.objects as o on i.target = o.schema_name and i.identity = o.identity
where o.identity is not null
    or i.identity ~ '^(schema$|owner of |trigger zz_001_fill |function fill_)'
    or substring(i.identity from '^grant to (.*?) on ') in (select g.name from sessionbook.grantees() as g (name))
on conflict (schema_name, identity) do update set definition = excluded.definition;
