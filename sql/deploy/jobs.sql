-- A job's name in pg_cron; 1.4 cuts names at 63 bytes, so long ones end in a hash.
create function sessionbook.job_name(p_job text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
select case
    when octet_length(n.name) <= 63 then n.name
    else (
        select concat(
            max(left(n.name, c.length)),
            '~',
            left(encode(sha256(convert_to(current_database(), 'UTF8')), 'hex'), 8)
        )
        from generate_series(1, 54) as c (length)
        where octet_length(left(n.name, c.length)) <= 54
    )
end
from (select concat('sessionbook:', p_job, ':', current_database()) as name) as n
$function$;

comment on function sessionbook.job_name(text) is 'A job of this database in pg_cron, such as sessionbook:tick:shop.';

-- Seconds need pg_cron 1.5. Of longer paces cron knows minutes that divide an hour, and hours that divide a day.
create function sessionbook.pace(p_seconds double precision, p_knows_seconds boolean)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $function$
select case
    when p_seconds <> trunc(p_seconds) or p_seconds < 1 then null
    when p_seconds < 60 then case when p_knows_seconds then p_seconds::integer || ' seconds' end
    when p_seconds = 60 then '* * * * *'
    when p_seconds < 3600 and 3600 % p_seconds::integer = 0 and p_seconds::integer % 60 = 0
        then format('*/%s * * * *', p_seconds::integer / 60)
    when p_seconds = 3600 then '0 * * * *'
    when p_seconds = 86400 then '0 0 * * *'
    when p_seconds < 86400 and 86400 % p_seconds::integer = 0 and p_seconds::integer % 3600 = 0
        then format('0 */%s * * *', p_seconds::integer / 3600)
end
$function$;

comment on function sessionbook.pace(double precision, boolean) is
'The schedule that comes once in so many seconds; null: cron knows none.';

-- The jobs that this database is to have. run_details runs where pg_cron is, and only if that is another database:
-- records of runs that never began, or died with the server, may lack both times, and their number says how old
-- they are.
create function sessionbook.jobs(p_cron_database text, p_knows_seconds boolean)
returns table (job text, name text, schedule text, command text, database text, warning text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_kept text;
    v_seconds double precision;
begin
    select
        max(s.value) filter (where s.key = 'keep_run_details'),
        extract(epoch from max(nullif(s.value, 'forever')::interval) filter (where s.key = 'tick_every'))
    into v_kept, v_seconds
    from lifecycle.settings as s
    where s.key in ('keep_run_details', 'tick_every');
    database := current_database();
    job := 'tick';
    name := sessionbook.job_name(job);
    schedule := coalesce(sessionbook.pace(v_seconds, p_knows_seconds), '* * * * *');
    command := format('call lifecycle.run_job(%L, %L)', job, lifecycle.home());
    if sessionbook.pace(v_seconds, p_knows_seconds) is null and coalesce(v_seconds, 60) >= 60 then
        raise exception using
            errcode = 'invalid_parameter_value',
            constraint = 'sessionbook_usage',
            message = format('setting tick_every is %s, which is no pace', coalesce(v_seconds || ' s', 'forever')),
            hint = 'Take 1 to 59 seconds, minutes that divide an hour, or hours that divide a day.';
    end if;
    if sessionbook.pace(v_seconds, p_knows_seconds) is null then
        warning := format(
            'pg_cron here cannot keep the pace %s of lifecycle.settings; job tick runs every minute',
            coalesce(v_seconds || ' seconds', 'forever')
        );
    end if;
    return next;
    warning := null;
    job := 'housekeeping';
    name := sessionbook.job_name(job);
    schedule := '17 3 * * *';
    command := format('call lifecycle.run_job(%L, %L)', job, lifecycle.home());
    return next;
    if database = p_cron_database or v_kept = 'forever' then
        return;
    end if;
    job := 'run_details';
    name := sessionbook.job_name(job);
    schedule := '47 3 * * *';
    command := format(
        $sql$delete from cron.job_run_details as d
where (
    d.database = %1$L and starts_with(d.command, 'call lifecycle.run_job(')
    or d.jobid in (select j.jobid from cron.job as j where j.jobname::text = %2$L)
)
and (
    coalesce(d.end_time, d.start_time) < now() - %3$L::interval
    or coalesce(d.end_time, d.start_time) is null and d.runid < (
        select max(o.runid)
        from cron.job_run_details as o
        where coalesce(o.end_time, o.start_time) < now() - %3$L::interval
    )
)$sql$,
        database, name, v_kept
    );
    database := p_cron_database;
    return next;
end
$function$;

comment on function sessionbook.jobs(text, boolean) is
'The jobs in pg_cron that this database is to have, and what stands in the way of a pace.';

-- What role sessionbook_monitor may see, and nobody else but the owner.
create function sessionbook.grant_monitor()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
    if exists (select from pg_roles as r where r.rolname = 'sessionbook_monitor')
        and not has_function_privilege('sessionbook_monitor', 'sessionbook.holder()', 'execute')
    then
        grant usage on schema sessionbook to sessionbook_monitor;
        grant select on all tables in schema sessionbook to sessionbook_monitor;
        grant execute on function
        sessionbook.plan(jsonb), sessionbook.drift(text, jsonb), sessionbook.items(text), sessionbook.key_of(text),
        sessionbook.jobs(text, boolean), sessionbook.job_name(text), sessionbook.pace(double precision, boolean),
        sessionbook.holder() to sessionbook_monitor;
    end if;
end
$function$;

comment on function sessionbook.grant_monitor() is
'Lets role sessionbook_monitor, if there is one, ask what status and verify ask.';

revoke all on all functions in schema sessionbook from public;
