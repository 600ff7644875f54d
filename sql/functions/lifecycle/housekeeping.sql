-- requires: functions/_purge_events, functions/_purge_installation, functions/now, functions/setting_interval
-- No search_path of its own: a procedure with a SET clause cannot commit. Every name is written in full instead.
-- Locks: the rows it deletes, given back by the commit after each batch.
create or replace procedure housekeeping()
language plpgsql
security invoker
as $procedure$
declare
    v_batch constant integer := 10000;
    v_now constant timestamptz := pg_catalog.now();
    v_before timestamptz;
    v_events_before timestamptz;
    v_schema text;
    v_deleted bigint;
    v_failures text[] := array[]::text[];
    -- Checked first: to_regclass() fails if this role may not use the schema; then none of its jobs can be there.
    v_details constant text := case
        when pg_catalog.has_schema_privilege(pg_catalog.to_regnamespace('cron'), 'usage')
            then pg_catalog.to_regclass('cron.job_run_details')::text
    end;
begin
    v_before := v_now - lifecycle.setting_interval('keep_ticks');
    loop
        -- The newest tick is kept at any age: it shows since when there has been none.
        delete from lifecycle.ticks as t
        where t.id in (
            select k.id
            from lifecycle.ticks as k
            where k.started_at < v_before
                and k.id < (select max(n.id) from lifecycle.ticks as n)
            order by k.started_at
            limit v_batch
        );
        get diagnostics v_deleted = row_count;
        commit;
        exit when v_deleted < v_batch;
    end loop;

    v_before := lifecycle.now() - lifecycle.setting_interval('keep_history');
    v_events_before := lifecycle.now() - lifecycle.setting_interval('keep_events');
    for v_schema in select c.schema_name from lifecycle.clocks as c order by c.schema_name loop
        loop
            begin
                v_deleted := lifecycle._purge_installation(v_schema, v_before, v_batch)
                    + lifecycle._purge_events(v_schema, v_events_before, v_batch);
            exception
                -- A failure of one installation does not stop the purge of the others; it is raised at the end.
                when assert_failure or others then
                    v_failures := v_failures || format('%s: %s %s', v_schema, sqlstate, sqlerrm);
                    v_deleted := 0;
            end;
            commit;
            exit when v_deleted = 0;
        end loop;
    end loop;

    -- If pg_cron is at home in another database, the job run_details does this there.
    if v_details is not null then
        v_before := v_now - lifecycle.setting_interval('keep_run_details');
        begin
            execute format(
                'delete from %1$s as d'
                ' where d.database = current_database() and starts_with(d.command, ''call lifecycle.run_job('')'
                ' and (coalesce(d.end_time, d.start_time) < $1'
                -- A run that never began may lack both times: its id shows how old it is.
                ' or coalesce(d.end_time, d.start_time) is null and d.runid < ('
                'select max(o.runid) from %1$s as o where coalesce(o.end_time, o.start_time) < $1))',
                v_details
            ) using v_before;
        exception
            when others then
                v_failures := v_failures || format('cron: %s %s', sqlstate, sqlerrm);
        end;
        commit;
    end if;

    if cardinality(v_failures) > 0 then
        raise exception using
            errcode = 'PT500',
            constraint = 'housekeeping_failed',
            message = format('history could not be deleted everywhere: %s', v_failures[1]),
            detail = e'key: housekeeping_failed\n' || array_to_string(v_failures, e'\n'),
            hint = 'The rest is done and committed. Remove the cause and call lifecycle.housekeeping() again.';
    end if;
end
$procedure$;

comment on procedure housekeeping() is
'Deletes what is past its retention in lifecycle.settings, in batches that are committed: ticks, each installation''s
history and events, and pg_cron''s records of runs of these jobs if pg_cron is in this database. No arguments. Must
be called outside a transaction block. Raises PT500 housekeeping_failed at the end, when everything else is done.';

revoke all on procedure housekeeping() from public;
