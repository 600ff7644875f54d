\if :sessionbook__open
\else
select pg_temp.sessionbook_opens(@schema@, @id@) as sessionbook__open \gset
\if :sessionbook__open
begin isolation level repeatable read;
\else
begin;
\endif
\endif
