select
    count(*) > 0 as sessionbook__due,
    string_agg(distinct d.identity, ', ' order by d.identity) as sessionbook__dropped
from pg_temp.sessionbook_dropped as d \gset
\if :sessionbook__due
\echo 'dropped:' :sessionbook__dropped
\endif
