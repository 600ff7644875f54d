-- requires: functions/housekeeping, functions/is_home, functions/run_tick, functions/shown
-- No search_path of its own: a procedure with a SET clause cannot commit. Every name is written in full instead.
create or replace procedure run_job(p_job text, p_home text)
language plpgsql
security invoker
as $procedure$
begin
    if not lifecycle.is_home(p_home) then
        raise exception using
            errcode = 'PT409',
            constraint = 'job_not_at_home',
            message = format('job %s was made for another database than this %s', p_job, current_database()),
            detail = e'key: job_not_at_home\n'
                || format(
                    'It was made for %s, but this database is %s: the job came here with a dump.',
                    lifecycle.shown(p_home),
                    lifecycle.home()
                ),
            hint = 'To run the clock here run: sessionbook cron sync; otherwise remove the job with cron.unschedule().';
    end if;
    if p_job = 'tick' then
        call lifecycle.run_tick();
    elsif p_job = 'housekeeping' then
        call lifecycle.housekeeping();
    else
        raise exception using
            errcode = 'PT404',
            constraint = 'job_not_found',
            message = format('there is no job %s', lifecycle.shown(p_job)),
            detail = e'key: job_not_found\n' || 'Known are tick and housekeeping.',
            hint = 'Run sessionbook cron sync.';
    end if;
end
$procedure$;

comment on procedure run_job(text, text) is
'Called by pg_cron. p_job: tick or housekeeping; p_home: lifecycle.home() of the database that the job was made for.
Must be called outside a transaction block. Raises PT409 job_not_at_home, PT404 job_not_found, and what the job
raises.';

revoke all on procedure run_job(text, text) from public;
grant execute on procedure run_job(text, text) to sessionbook_clock;
