-- A job's name in pg_cron; 1.4 cuts names at 63 bytes, so in long ones a hash stands for the database.
create function sessionbook.job_name(p_job text) returns text
language sql stable set search_path = pg_catalog, pg_temp as $function$
select case
    when octet_length(n.name) <= 63 then n.name
    else format('sessionbook:%s:~%s', p_job, left(encode(sha256(convert_to(current_database(), 'UTF8')), 'hex'), 16))
end
from (select concat('sessionbook:', p_job, ':', current_database()) as name) as n
$function$;
comment on function sessionbook.job_name is 'A job of this database in pg_cron, such as sessionbook:tick:shop.';

-- Seconds need pg_cron 1.5. For longer paces cron has minutes that divide an hour, and hours that divide a day.
create function sessionbook.pace(p_seconds double precision, p_knows_seconds boolean) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
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
comment on function sessionbook.pace is 'The schedule that comes once in so many seconds; null: cron knows none.';

-- The jobs that this database needs. Seconds that an old pg_cron does not support become every minute. run_details runs
-- where pg_cron is, and only if that is another database: records of runs that never began, or died with the server,
-- may lack both times, and their id shows how old they are.
create function sessionbook.jobs(p_cron_database text, p_knows_seconds boolean)
returns table (job text, name text, schedule text, command text, database text, warning text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
    v_set constant jsonb := (select jsonb_object_agg(s.key, s.value) from lifecycle.settings as s);
    v_seconds constant double precision := extract(epoch from nullif(v_set ->> 'tick_every', 'forever')::interval);
    v_schedule constant text := sessionbook.pace(v_seconds, p_knows_seconds);
begin
    if v_schedule is null and coalesce(v_seconds, 60) >= 60 then
        perform sessionbook.refuse(
            'usage', format('setting tick_every is %s, which is not a pace of pg_cron', v_set ->> 'tick_every'),
            'Use 1 to 59 seconds, minutes that divide an hour, or hours that divide a day.'
        );
    end if;
    return query
    select j.job, sessionbook.job_name(j.job), j.schedule,
        format('call lifecycle.run_job(%L, %L)', j.job, lifecycle.home()), current_database()::text,
        case when v_schedule is null and j.job = 'tick' then format(
            'pg_cron here cannot keep the pace %s of lifecycle.settings; job tick runs every minute',
            v_set ->> 'tick_every'
        ) end
    from (values ('tick', coalesce(v_schedule, '* * * * *')), ('housekeeping', '17 3 * * *')) as j (job, schedule)
    union all
    select 'run_details', sessionbook.job_name('run_details'), '47 3 * * *',
        format(
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
            current_database(), sessionbook.job_name('run_details'), v_set ->> 'keep_run_details'
        ),
        p_cron_database, null
    where p_cron_database <> current_database() and v_set ->> 'keep_run_details' <> 'forever';
end
$function$;
comment on function sessionbook.jobs is 'The jobs in pg_cron that this database needs.';

revoke all on all functions in schema sessionbook from public;
