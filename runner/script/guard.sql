\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT on
\set SINGLELINE off
\set VERBOSITY verbose
\set QUIET on
\encoding UTF8

set client_min_messages = warning;
set application_name = 'sessionbook';
set standard_conforming_strings = on;
set quote_all_identifiers = off;
set intervalstyle = postgres;
set datestyle = 'ISO';
set lock_timeout = '5s';
-- Looking at the catalog is costly enough to be compiled each time, which takes longer than the look.
set jit = off;
set search_path = pg_catalog, pg_temp;

do $guard$
begin
    -- The server then notices within a second that a killed psql is gone, and frees its lock.
    perform set_config('client_connection_check_interval', '1s', false);
exception
    when invalid_parameter_value then null;
end
$guard$;

select set_config('sessionbook.block', '1', true) as sessionbook__ignored \gset
do $guard$
begin
    if current_setting('sessionbook.block', true) = '1' then
        raise exception using
            errcode = 'active_sql_transaction',
            message = 'this script opens and ends its own transactions',
            hint = 'Run it without -1 or --single-transaction, and outside begin. '
                'All or nothing: sessionbook apply --single-transaction.';
    end if;
end
$guard$;

select pg_backend_pid() as sessionbook__pid \gset
select pg_backend_pid() = :sessionbook__pid as sessionbook__same \gset
\if :sessionbook__same
\else
do $guard$
begin
    raise exception using
        errcode = 'connection_exception',
        message = 'the connection goes through a transaction pooler, where locks and settings do not hold',
        hint = 'Connect to the server itself or to a session pool.';
end
$guard$;
\endif

do $guard$
declare
    v_holder text;
begin
    if pg_try_advisory_lock(hashtextextended('sessionbook', 0)) then
        return;
    end if;
    select format(
        'pid %s, application %s, client %s',
        a.pid, coalesce(nullif(a.application_name, ''), 'unnamed'), coalesce(host(a.client_addr), 'local')
    )
    into v_holder
    from pg_locks as l
    inner join pg_stat_activity as a on l.pid = a.pid
    inner join pg_database as d on l.database = d.oid
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and d.datname = current_database()
        and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('sessionbook', 0);
    raise exception using
        errcode = 'lock_not_available',
        message = format('another deployer holds the lock: %s', coalesce(v_holder, 'already gone')),
        hint = 'Wait for it, and run this script again.';
end
$guard$;
