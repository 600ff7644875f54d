-- requires: functions/_describe_holder
create or replace function _table_holders(p_schema_name text)
returns text
language sql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
    select string_agg(distinct format('%s is locked by %s', c.oid::regclass, _describe_holder(l.pid, l.virtualtransaction)), ', ')
    from pg_catalog.pg_locks as l
    inner join pg_catalog.pg_class as c on l.relation = c.oid
    where l.locktype = 'relation'
        and l.granted
        and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
        and c.relnamespace = to_regnamespace(quote_ident(p_schema_name))
        -- Locks that conflict with an update of the table.
        and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        and l.pid is distinct from pg_backend_pid();
$function$;

comment on function _table_holders(text) is
'Who has locked whole tables of an installation. p_schema_name: schema of the installation. Returns the tables and the
processes or prepared transactions, null if there are none. Raises nothing.';

revoke all on function _table_holders(text) from public;
