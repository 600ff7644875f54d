-- pid, role and application may be seen by anybody; since when, only by the role itself and pg_read_all_stats.
create or replace function _describe_backend(p_pid integer)
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
    where a.pid = p_pid; -- noqa: RF03
$function$;

comment on function _describe_backend(integer) is
'A server process as a person finds it again. p_pid: its number. Returns its number, role, application and, if it may be
read, since when its transaction is open; null if there is no such process. Raises nothing.';

revoke all on function _describe_backend(integer) from public;
