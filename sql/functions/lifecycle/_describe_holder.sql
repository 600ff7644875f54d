-- requires: functions/shown
-- pid, role and application may be seen by anybody; since when, only by the role itself and pg_read_all_stats.
-- A prepared transaction has no process; of its locks, the one on its own number says which it is.
create or replace function _describe_holder(p_pid integer, p_transaction text)
returns text
language sql
stable
security invoker
parallel safe
set search_path from current
as $function$
    select
        format('process %s (role %s, application %s', a.pid, a.usename, coalesce(nullif(a.application_name, ''), '?'))
        || coalesce(format(', since %s', date_trunc('second', a.xact_start)), '') || ')'
    from pg_catalog.pg_stat_activity as a
    where a.pid = p_pid -- noqa: RF03
    union all
    select format(
        'prepared transaction %s (role %s, since %s)', shown(x.gid), x.owner, date_trunc('second', x.prepared)
    )
    from pg_catalog.pg_prepared_xacts as x
    inner join pg_catalog.pg_locks as l on x.transaction = l.transactionid
    where p_pid is null and l.pid is null and l.virtualtransaction = p_transaction; -- noqa: RF03
$function$;

comment on function _describe_holder(integer, text) is
'Who holds a lock, in words that help to find the process. p_pid, p_transaction: pid and virtualtransaction of its row
of pg_locks. Returns the number of the process, its role, application and, if it may be read, since when its transaction
is open; of a prepared transaction its identifier, role and since when; null if it is gone. Raises nothing.';

revoke all on function _describe_holder(integer, text) from public;
