-- requires: functions/_require_trusted, functions/setting_integer
-- What constraints leave for the end of the transaction is checked after each try, while a failure can be told from
-- others; never `all`: before PostgreSQL 18 that runs what the caller has queued, with the owner's rights. Meanwhile
-- a row of clock_moves marks the transaction as the clock's, so that triggers can tell its moves from a person's.
-- Locks: its own row of clock_moves, which no other transaction touches; then, step by step, as the unit's due_rows()
-- and apply_step(); rows of failed_steps, passing over those that somebody holds.
create or replace function _pass(p_schema_name text, p_now timestamptz, p_limit integer, p_failed_ids bigint[])
returns table (step text, moved bigint, failed bigint)
language plpgsql
volatile
security invoker
parallel unsafe
set search_path from current
as $function$
declare
    v_lock_timeout constant text := pg_catalog.current_setting('lock_timeout');
    v_isolation constant text := pg_catalog.current_setting('transaction_isolation');
    v_max_attempts constant integer := setting_integer('max_attempts');
    v_due_steps constant oid := pg_catalog.to_regprocedure(format('%I.due_steps(timestamptz)', p_schema_name));
    v_check text;
    v_restore text;
    v_ids text[];
    v_moved bigint;
    v_count integer;
    v_lost integer;
    v_has_failed boolean;
begin
    perform _require_trusted(p_schema_name);
    select
        coalesce('set constraints ' || string_agg(c.name, ', ') || ' immediate', 'select'),
        coalesce('set constraints ' || string_agg(c.name, ', ') filter (where c.is_late) || ' deferred', 'select')
    into v_check, v_restore
    from (
        select format('%I.%I', p_schema_name, d.conname) as name, bool_or(d.condeferred) as is_late
        from pg_catalog.pg_constraint as d
        where d.connamespace = pg_catalog.to_regnamespace(quote_ident(p_schema_name)) and d.condeferrable
        group by d.conname
    ) as c;
    -- The owner's own pending failure is the owner's, not a row's.
    execute v_check;
    execute v_restore;
    -- null: before the first step and after the last, what is no longer due is forgotten; what became due after it failed
    -- is a step of its own. A unit without due_steps() is asked only afterwards: what was to be tried has been then.
    for step in
        execute format('select unnest($1 || %I.steps() || array[null::text])', p_schema_name)
        using case when v_due_steps is null then '{}' else array[null::text] end
    loop
        if step is null then
            execute format('select exists (select from %I.failed_steps)', p_schema_name) into v_has_failed;
            if v_has_failed then
                execute format(
                    'delete from %1$I.failed_steps as f where f.id in ('
                    'select o.id from %1$I.failed_steps as o where not exists ('
                    || case
                        when v_due_steps is null then 'select where coalesce(o.next_attempt_at > $1, true)'
                        else 'select from %1$I.due_steps($1) as d where d.step = o.step'
                            ' and d.subject_id = o.subject_id and (d.due_at <= o.failed_at or d.due_at > $1)'
                    end || ') for no key update skip locked)',
                    p_schema_name
                ) using p_now;
            end if;
            continue;
        end if;
        moved := 0;
        failed := 0;
        perform pg_catalog.set_config('lock_timeout', v_lock_timeout, true);
        execute format(
            case
                when p_failed_ids is null then 'select %I.due_rows($1, $2, $3)'
                else 'select array(select f.subject_id from %I.failed_steps as f where f.step = $1 and f.id = any($4))'
            end,
            p_schema_name
        ) into v_ids using step, p_now, p_limit, p_failed_ids;
        -- Those that failed before go apart, so that the sound ones can go all at once.
        for v_ids in
            execute format(
                'select array(select u.id from unnest($2) as u (id) where not exists ('
                'select from %1$I.failed_steps as f where f.step = $1 and f.subject_id = u.id))'
                ' union all select array(select f.subject_id from %1$I.failed_steps as f'
                ' where f.step = $1 and f.subject_id = any($2) for no key update skip locked)',
                p_schema_name
            ) using step, v_ids
        loop
            v_lost := 0;
            -- 0 is all at once; one by one only if that fails.
            for i in (cardinality(v_ids) <= 1)::integer .. cardinality(v_ids) loop
                begin
                    insert into clock_moves (xid, depth)
                    values (pg_catalog.pg_current_xact_id(), pg_catalog.pg_trigger_depth());
                    execute format('select %I.apply_step($1, $2, $3)', p_schema_name)
                    into v_moved using step, case i when 0 then v_ids else v_ids[i:i] end, p_now;
                    execute v_check;
                    execute v_restore;
                    delete from clock_moves as m
                    where m.xid = pg_catalog.pg_current_xact_id();
                    moved := moved + coalesce(v_moved, 0);
                    exit when i = 0;
                exception
                    when others then
                        -- Missing or forbidden objects, resources, operators, the system, a snapshot that the
                        -- transaction keeps: wrong for every row. That fails the pass, so that it is seen at once.
                        if left(sqlstate, 2) in ('25', '3F', '42', '53', '57', '58', 'XX')
                            or sqlstate = '40001' and v_isolation in ('repeatable read', 'serializable')
                        then
                            raise;
                        elsif i = 0 then
                            -- One by one nobody is waited for long, and not by each of thousands.
                            perform pg_catalog.set_config('lock_timeout', '100ms', true);
                            continue;
                        end if;
                        -- Next tries after 1, 4, 16 and 64 minutes; a lost race for a lock (40, 55) never counts.
                        v_count := (left(sqlstate, 2) not in ('40', '55'))::integer;
                        execute format(
                            'insert into %I.failed_steps as f (step, subject_id, sqlstate, message, attempts,'
                            ' first_failed_at, failed_at, next_attempt_at) values ($1, $2, $3, $4, $5, $6, $6,'
                            ' case when $5 < $7 then $6 + interval ''1 minute'' end)'
                            ' on conflict (step, subject_id) do update'
                            ' set sqlstate = excluded.sqlstate, message = excluded.message, attempts = f.attempts + $5,'
                            ' failed_at = $6, next_attempt_at = case when f.attempts + $5 < $7'
                            ' then $6 + least(4.0 ^ greatest(f.attempts + $5 - 1, 0), 1440) * interval ''1 minute'' end',
                            p_schema_name
                        ) using step, v_ids[i], sqlstate, left(sqlerrm, 1000), v_count, p_now, v_max_attempts;
                        failed := failed + v_count;
                        v_lost := v_lost + 1 - v_count;
                        exit when v_lost = 20;
                end;
            end loop;
        end loop;
        return next;
    end loop;
end
$function$;

comment on function _pass(text, timestamptz, integer, bigint[]) is
'Takes each of an installation''s steps() for what is due, all at once by apply_step(), or one by one if that fails.
What fails then is in failed_steps: tried again after 1, 4, 16 and 64 minutes, given up after max_attempts; after a lost
race for a lock tried again in a minute, and 20 of them end the step. p_schema_name: schema of the installation; p_now:
time to judge by; p_limit: most rows a step; p_failed_ids: only these failed steps (null: all that is due). Returns
step, moved, failed, one row a step. Raises what is no fault of a row.';

revoke all on function _pass(text, timestamptz, integer, bigint[]) from public;
