-- requires: functions/_apply_step, functions/_check_deferred, functions/_is_fault_of_row, functions/_require_trusted
-- requires: functions/_table_holders, functions/_try_step, functions/judged_at
-- security: called by entry points that refuse a transaction with writes of the caller. The functions that it calls by
-- name, and the tables that they write, belong to the owner of schema lifecycle; their names are quoted as identifiers.
-- A pass that finds nothing to do writes nothing and locks nothing, so that its commit costs nothing.
-- Locks: the row of clocks, passed over if somebody holds it; then what is due, passing over what somebody holds, each
-- step's rows before the next step's; then rows of failed_steps, passing over those that a retry holds. What cannot be
-- passed over is waited for two seconds, row by row a tenth of a second.
create or replace function advance(
    p_schema_name text,
    p_now timestamptz default null,
    p_limit integer default 5000
)
returns table (step text, moved bigint, failed bigint)
language plpgsql
volatile
security definer
parallel unsafe
set search_path from current
set lock_timeout = '2s'
set jit = off
as $function$
declare
    v_now constant timestamptz := case when p_now is null then lifecycle.now() else judged_at(p_now) end;
    v_is_queued constant boolean := pg_catalog.pg_current_xact_id_if_assigned() is not null;
    v_is_ours boolean;
    v_has_work_function regprocedure;
    v_xmax xid;
    v_has_work boolean;
    v_steps text[];
    v_moved bigint[] := array[]::bigint[];
    v_failed bigint[] := array[]::bigint[];
    v_ids text[];
    v_known text[];
    v_single text[];
    v_result text;
    v_lost integer;
    v_has_failed boolean;
    v_error text;
    v_error_code text;
begin
    if p_limit is null or p_limit not between 1 and 1000000 then
        raise exception using
            errcode = 'PT400',
            constraint = 'invalid_limit',
            message = format('p_limit is %s, it must be from 1 to 1000000', coalesce(p_limit::text, 'null')),
            detail = e'key: invalid_limit\n' || 'The limit is the most rows that one step of one installation moves in a pass.',
            hint = 'Leave p_limit out for 5000.';
    end if;
    select c.xmax, c.last_error is not null
    into v_xmax, v_has_work
    from clocks as c
    where c.schema_name = p_schema_name and c.enabled;
    if not found then
        return;
    end if;
    -- xmax stays after its transaction has ended. The row is locked only if that transaction may still be running; most
    -- ended before every transaction of now began, which is cheaper to see.
    if v_xmax <> '0'::xid and age(v_xmax) <= age(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::xid) then
        v_has_work := v_has_work or exists (
            select from pg_catalog.pg_locks as l where l.locktype = 'transactionid' and l.transactionid = v_xmax
        );
    end if;
    v_has_work_function := pg_catalog.to_regprocedure(format('%I.has_work(timestamptz)', p_schema_name));
    begin
        -- What is called before anything is known to be due; the rest is looked at if something is.
        select count(*) = 2 + (v_has_work_function is not null)::integer
        into v_is_ours
        from (
            select n.nspowner as owner
            from pg_catalog.pg_namespace as n
            where n.nspname = p_schema_name
            union all
            select p.proowner
            from pg_catalog.pg_proc as p
            where p.oid in (
                    pg_catalog.to_regprocedure(format('%I.steps()', p_schema_name)),
                    v_has_work_function
                )
        ) as o
        where o.owner = pg_catalog.to_regrole(quote_ident(current_user));
        if not v_is_ours then
            perform _require_trusted(p_schema_name);
        end if;
        begin
            if v_has_work_function is null then
                execute format('select %I.steps()', p_schema_name) into v_steps;
                v_has_work := true;
            else
                execute format('select %1$I.steps(), $2 or %1$I.has_work($1)', p_schema_name)
                into v_steps, v_has_work using v_now, v_has_work;
            end if;
        exception
            -- Row level security that is forced on the owner, most likely: the check names the table and the remedy.
            when insufficient_privilege then
                perform _require_trusted(p_schema_name);
                raise;
        end;
    exception
        when others then
            v_error := sqlerrm;
            v_error_code := sqlstate;
    end;
    if v_error is null and not v_has_work then
        return query select u.step, 0::bigint, 0::bigint from unnest(v_steps) as u (step);
        return;
    end if;
    -- Outside of any block: the row shows the number of the transaction then, by which others find who holds it.
    perform
    from clocks as c
    where c.schema_name = p_schema_name and c.enabled
    for no key update skip locked;
    if not found then
        return;
    end if;
    if v_is_queued then
        -- The owner's own pending failure is the owner's, not a row's.
        perform _check_deferred(p_schema_name);
    end if;
    if v_error is null then
        begin
            perform _require_trusted(p_schema_name);
            for i in 1 .. cardinality(v_steps) loop
                v_moved[i] := 0;
                v_failed[i] := 0;
                execute format('select %I.due_rows($1, $2, $3)', p_schema_name)
                into v_ids using v_steps[i], v_now, p_limit;
                continue when coalesce(cardinality(v_ids), 0) = 0;
                -- Those that failed before go one by one, so that the sound ones can go all at once.
                execute format(
                    'select array(select f.subject_id from %1$I.failed_steps as f'
                    ' where f.step = $1 and f.subject_id = any($2)),'
                    ' array(select f.subject_id from %1$I.failed_steps as f'
                    ' where f.step = $1 and f.subject_id = any($2) for no key update skip locked)',
                    p_schema_name
                ) into v_known, v_single using v_steps[i], v_ids;
                if v_known <> '{}' then
                    v_ids := array(select u.id from unnest(v_ids) as u (id) where u.id <> all(v_known));
                end if;
                begin
                    if v_ids <> '{}' then
                        v_moved[i] := _apply_step(p_schema_name, v_steps[i], v_ids, v_now);
                    end if;
                exception
                    when others then
                        if not _is_fault_of_row(sqlstate) then
                            raise;
                        end if;
                        v_single := v_ids || v_single;
                end;
                -- One by one nobody is waited for long, and not by each of thousands: the rest comes with the next pass.
                perform pg_catalog.set_config('lock_timeout', '100ms', true);
                v_lost := 0;
                for j in 1 .. cardinality(v_single) loop
                    v_result := _try_step(p_schema_name, v_steps[i], v_single[j], v_now);
                    v_moved[i] := v_moved[i] + (v_result = 'moved')::integer;
                    v_failed[i] := v_failed[i] + (v_result = 'failed')::integer;
                    v_lost := v_lost + (v_result = 'lost')::integer;
                    exit when v_lost = 20;
                end loop;
                perform pg_catalog.set_config('lock_timeout', '2s', true);
            end loop;
            -- What moved otherwise, was cancelled or deleted meanwhile is no longer due, so nothing is left to try.
            execute format('select exists (select from %I.failed_steps as f)', p_schema_name) into v_has_failed;
            if v_has_failed
                and pg_catalog.to_regprocedure(format('%I.due_steps(timestamptz)', p_schema_name)) is not null
            then
                execute format(
                    'delete from %1$I.failed_steps as f where f.id in ('
                    'select o.id from %1$I.failed_steps as o where not exists ('
                    'select from %1$I.due_steps($1) as d where d.step = o.step and d.subject_id = o.subject_id)'
                    ' for no key update skip locked)',
                    p_schema_name
                ) using v_now;
            end if;
            update clocks as c
            set last_ok_at = pg_catalog.clock_timestamp(), last_error = null
            where c.schema_name = p_schema_name;
        exception
            when others then
                v_error := sqlerrm;
                v_error_code := sqlstate;
        end;
    end if;
    -- One installation's failure never stops another's: it is kept, returned, and written to the server's log.
    if v_error is not null then
        v_error := concat_ws('; ', v_error_code || ' ' || left(v_error, 1000), case v_error_code
            when '55P03' then _table_holders(p_schema_name)
        end);
        raise warning using
            errcode = v_error_code,
            message = format('Sessionbook: the clock of %s failed: %s', p_schema_name, v_error);
        update clocks as c
        set last_error = v_error
        where c.schema_name = p_schema_name;
        v_steps := array['advance'];
        v_moved := array[0];
        v_failed := array[1];
    end if;
    return query select u.step, u.moved, u.failed from unnest(v_steps, v_moved, v_failed) as u (step, moved, failed);
end
$function$;

comment on function advance(text, timestamptz, integer) is
'The engine of steps: one pass over one installation. Each of its steps() moves what due_rows() finds, all at once by
apply_step(), or one by one if that fails, so that the sound rows move and the others are in failed_steps.
p_schema_name: schema of the installation; p_now: time to judge by, for the owner only (default lifecycle.now());
p_limit: most rows a step, 1 to 1000000 (default 5000). Returns step, moved, failed, one row a step; no row if the
installation is unknown, paused or being moved by somebody else; one row named advance with failed = 1 if the pass
failed (the reason is in lifecycle.clocks.last_error and in the server''s log). Raises PT400 invalid_limit.';

revoke all on function advance(text, timestamptz, integer) from public;
