-- What is wrong with the jobs, asked where pg_cron is. wanted: the jobs that there should be, as jsonb. ours: names of
-- this database's jobs, left over ones too. kept: how long records of runs are kept. database: the one with the package.
with wanted as materialized (
    select w.name, w.schedule, w.command, w.database, w.warning
    from jsonb_to_recordset(%(wanted)s::jsonb) as w (
        name text, schedule text, command text, database text, warning text
    )
),

job as materialized (
    select
        j.jobid, j.jobname::text as name, j.schedule, j.command, j.database, j.username as owner, j.active,
        j.jobname::text = any(%(ours)s::text[]) as is_ours
    from cron.job as j
),

run as materialized (
    select j.name, d.status, split_part(btrim(coalesce(d.return_message, 'no message'), e' \n'), e'\n', 1) as message
    from job as j
    cross join lateral (
        select r.status, r.return_message
        from cron.job_run_details as r
        where r.jobid = j.jobid and r.status in ('succeeded', 'failed')
        order by r.runid desc
        limit 1
    ) as d
    where j.is_ours
),

detail as materialized (
    select
        count(*) as total,
        count(*) filter (
            where r.database = %(database)s and starts_with(r.command, 'call lifecycle.run_job(')
                and coalesce(r.end_time, r.start_time) < now() - 2 * nullif(%(kept)s, 'forever')::interval
        ) as old
    from cron.job_run_details as r
),

finding (rank, name, level, key, message, hint) as (
    select 1, w.name, 'warning', 'tick_too_fast', w.warning, 'Upgrade pg_cron, or set tick_every to 1 minute.'
    from wanted as w
    where w.warning is not null
    union all
    -- Its application name is the one thing that everybody may see of the scheduler.
    select 2, null, 'error', 'scheduler_absent', 'the scheduler of pg_cron is not running: no job of this cluster runs',
        'Restart the server with pg_cron in shared_preload_libraries; look for a dropped job owner first.'
    where not exists (select from pg_stat_activity as a where starts_with(a.application_name, 'pg_cron '))
    union all
    select 3, j.name, 'error', 'owner_missing',
        concat('job ', coalesce(j.name, 'unnamed'), ' (number ', j.jobid, ') belongs to ', j.owner,
            ', a role that is gone: at the next restart the scheduler stops for every job'),
        concat('As a superuser: delete from cron.job where jobid = ', j.jobid, ';')
    from job as j
    where not exists (select from pg_roles as r where r.rolname = j.owner)
    union all
    -- The name tells which database it was made in, unless it was cut; a job of its own accord follows a renamed one.
    select 4, j.name, 'error', 'database_missing',
        concat('job ', j.name, ' is of a database that is gone, or has another name now'),
        concat('As ', j.owner, ': select cron.unschedule(', j.jobid, ');')
    from job as j
    where starts_with(j.name, 'sessionbook:')
        and not (
            exists (select from pg_database as d where d.datname = j.database)
            and (
                strpos(j.name, '~') > 0
                or exists (
                    select from pg_database as d
                    where j.name = concat_ws(':', 'sessionbook', split_part(j.name, ':', 2), d.datname)
                )
            )
        )
    union all
    select 5, j.name, f.level, f.key, f.message, f.hint
    from job as j
    left join wanted as w on w.name = j.name
    cross join lateral (
        select d.level, d.key, d.message, d.hint
        from (
            values
            (
                w.name is null, 'pending', 'job_left_over', concat('job ', j.name, ' is declared no more'),
                'Run: sessionbook cron sync'
            ),
            (
                j.database <> w.database, 'error', 'job_elsewhere',
                concat('job ', j.name, ' runs in database ', j.database, ', not in ', w.database),
                'Run: sessionbook cron sync'
            ),
            (
                j.command <> w.command and strpos(j.command, 'lifecycle.run_job(') > 0
                and strpos(w.command, 'lifecycle.run_job(') > 0,
                'error', 'job_not_at_home',
                concat('job ', j.name, ' was made for another database, and refuses to run here: it came with a dump'),
                concat('To run the clock here: sessionbook cron sync; otherwise: select cron.unschedule(', j.jobid,
                    ');')
            ),
            (
                (j.schedule, j.command) <> (w.schedule, w.command), 'pending', 'job_changed',
                concat('job ', j.name, ' is not what the package and the settings say'), 'Run: sessionbook cron sync'
            )
        ) as d (holds, level, key, message, hint)
        where d.holds
        limit 1
    ) as f
    where j.is_ours
    union all
    select 6, j.name, 'warning', 'job_paused', concat('job ', j.name, ' is paused'),
        concat('To go on: select cron.alter_job(', j.jobid, ', active => true);')
    from job as j
    where j.is_ours and not j.active
    union all
    select 7, w.name, 'pending', 'job_missing', concat('job ', w.name, ' is not there'), 'Run: sessionbook cron sync'
    from wanted as w
    where w.name not in (select j.name from job as j where j.is_ours)
    union all
    select 8, j.name, 'error', 'job_of_another_user',
        concat('job ', j.name, ' belongs to ', string_agg(distinct j.owner, ', '), '; this is ', current_user),
        'Deploy as one role; unschedule the other''s job as that role.'
    from job as j
    where j.is_ours
    group by j.name
    having count(distinct j.owner) > 1 or bool_and(j.owner <> current_user)
    union all
    select 9, r.name, 'error', 'job_failed', concat('the last run of job ', r.name, ' failed: ', r.message),
        case
            when strpos(r.message, 'connection') > 0
                then 'pg_hba.conf must let the job''s owner in from localhost,'
                    || ' or set cron.use_background_workers = on.'
            else 'See cron.job_run_details.'
        end
    from run as r
    where r.status = 'failed'
    union all
    select 10, null, 'warning', 'run_details_growth',
        concat('cron.job_run_details holds ', d.total, ' rows, ', d.old,
            ' of them of these jobs and twice past their retention'),
        'Is job run_details of this database running? Purge the rows of your own jobs yourself.'
    from detail as d
    where d.old > 0 or d.total > 100000
)

select f.level, f.key, f.message, f.hint
from finding as f
order by f.rank, f.name
