-- Jobs of some names with their last runs, asked where pg_cron is.
select
    j.jobname::text as name, j.schedule, j.username as owner, j.active, d.status as last_status,
    d.return_message as last_message, coalesce(d.start_time, d.end_time) as last_start
from cron.job as j
left join lateral (
    select r.status, r.return_message, r.start_time, r.end_time
    from cron.job_run_details as r
    where r.jobid = j.jobid and r.status in ('succeeded', 'failed')
    order by r.runid desc
    limit 1
) as d on true
where j.jobname::text = any(%s)
order by j.jobname
