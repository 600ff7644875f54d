select
    count(*) > 0 as sessionbook__due,
    string_agg(concat(r.unit, ' in ', r.schema_name), ', ' order by r.schema_name) as sessionbook__others
from pg_temp.sessionbook_registry() as r
where not exists (
    select from pg_temp.sessionbook_copies as c where c.unit = r.unit and c.schema_name = r.schema_name
) \gset
\if :sessionbook__due
\echo 'Not in this script, and left as they are:' :sessionbook__others
\endif
select bool_or(c.due) as sessionbook__due from pg_temp.sessionbook_copies as c \gset
\if :sessionbook__due
\echo 'Everything is applied.' @jobs@
\else
\echo 'Nothing to do: everything is applied.'
\endif
select pg_advisory_unlock(hashtextextended('sessionbook', 0)) as sessionbook__ignored \gset
