select c.due as sessionbook__due from pg_temp.sessionbook_copies as c where c.schema_name = @schema@ \gset
\set sessionbook__open false
\if :sessionbook__due
