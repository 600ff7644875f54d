
-- @path@
select pg_temp.sessionbook_is_pending(@schema@, @id@) as sessionbook__due \gset
\if :sessionbook__due
\echo @title@
