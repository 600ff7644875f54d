-- The jobs of a database as they should be and as they are, with their last runs and what a sync has to do; asked where
-- pg_cron is. wanted: the jobs that there should be, as jsonb. database: the one with the package. Its jobs are known
-- by their names, as sessionbook.job_name() makes them, also those that are declared no more.
select
    coalesce(j.jobname::text, w.name) as name, coalesce(j.schedule, w.schedule) as schedule, j.username as owner,
    coalesce(j.active, true) as active, d.status as last_status, d.return_message as last_message,
    coalesce(d.start_time, d.end_time) as last_start, j.jobid, w.schedule as wanted, w.command, w.database,
    case
        when j.jobid is null then 'created'
        when w.name is null then 'removed'
        when (j.schedule, j.command, j.database) <> (w.schedule, w.command, w.database) then 'changed'
    end as due
from jsonb_to_recordset(%(wanted)s::jsonb) as w (name text, schedule text, command text, database text)
full join (
    select o.jobid, o.jobname, o.schedule, o.command, o.database, o.username, o.active
    from cron.job as o
    where o.jobname::text in (
        concat('sessionbook:', split_part(o.jobname::text, ':', 2), ':', %(database)s::text),
        concat('sessionbook:', split_part(o.jobname::text, ':', 2), ':~', left(
            encode(sha256(convert_to(%(database)s, 'UTF8')), 'hex'), 16
        ))
    )
) as j on j.jobname::text = w.name
left join lateral (
    select r.status, r.return_message, r.start_time, r.end_time
    from cron.job_run_details as r
    where r.jobid = j.jobid and r.status in ('succeeded', 'failed')
    order by r.runid desc
    limit 1
) as d on true
order by w.name is null, name, j.jobid
